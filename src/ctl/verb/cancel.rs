//! `crierctl cancel`

use super::show;
use super::target::TargetArgs;
use crate::admin::types::Target;
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl cancel hello.toml\n  crierctl cancel hello.toml --account club-threads    the others still go out\n\nWhat is out already stays out: `crierctl delete` takes it back."
)]
pub(in crate::ctl) struct Args {
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let post = ctl.client.cancel(&Target::from(args.target)).await?;
    ctl.show(&post, show::draw)
}
