//! `crierctl retry`

use super::show;
use super::target::TargetArgs;
use crate::admin::types::Target;
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl retry hello.toml\n  crierctl retry hello.toml --account club-threads"
)]
pub(in crate::ctl) struct Args {
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let post = ctl.client.retry(&Target::from(args.target)).await?;
    ctl.show(&post, show::draw)
}
