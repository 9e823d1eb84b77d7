//! `crierctl thaw`

use super::freeze;
use crate::admin::types::Scope;
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl thaw                        what was frozen with `crierctl freeze`\n  crierctl thaw account:club-threads\n\nWhat became due meanwhile follows its queue's `late` rule, paced by `spacing`."
)]
pub(in crate::ctl) struct Args {
    /// `all`, `platform:NAME`, `account:NAME` or `queue:NAME`
    #[arg(default_value = "all")]
    scope: Scope,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let freezes = ctl.client.thaw(&args.scope).await?;
    ctl.show(&freezes, freeze::draw)
}
