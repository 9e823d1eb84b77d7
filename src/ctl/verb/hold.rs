//! `crierctl hold`

use super::show;
use super::target::TargetArgs;
use crate::admin::types::Target;
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl hold hello.toml --reason 'the date is not sure yet'\n  crierctl release hello.toml"
)]
pub(in crate::ctl) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// Why: others will read it
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let post = ctl.client.hold(&Target::from(args.target), &args.reason).await?;
    ctl.show(&post, show::draw)
}
