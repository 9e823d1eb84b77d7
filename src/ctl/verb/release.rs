//! `crierctl release`

use super::show;
use super::target::TargetArgs;
use crate::admin::types::Target;
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl release hello.toml        also: publish a post that is held as too late or as a duplicate"
)]
pub(in crate::ctl) struct Args {
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let post = ctl.client.release(&Target::from(args.target)).await?;
    ctl.show(&post, show::draw)
}
