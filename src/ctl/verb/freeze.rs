//! `crierctl freeze`

use crate::admin::types::{Freeze, Scope};
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl freeze --reason 'wrong list imported'        everything\n  crierctl freeze account:club-threads\n  crierctl freeze platform:threads\n  crierctl freeze queue:news\n\nA call that is under way ends; no other begins. `crierctl thaw SCOPE` ends it."
)]
pub(in crate::ctl) struct Args {
    /// `all`, `platform:NAME`, `account:NAME` or `queue:NAME`
    #[arg(default_value = "all")]
    scope: Scope,
    /// Why: others will read it
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let freezes = ctl.client.freeze(&args.scope, &args.reason).await?;
    ctl.show(&freezes, draw)
}

/// What is frozen now.
pub(super) fn draw(freezes: &Vec<Freeze>, page: &Page) -> String {
    if freezes.is_empty() {
        return "Nothing is frozen.".to_owned();
    }
    let mut table = page.table(&["FROZEN", "SINCE", "BY", "REASON"]);
    for freeze in freezes {
        table.add_row([
            page.cell(&freeze.scope, Tone::Warn),
            page.cell(page.when(freeze.since), Tone::Plain),
            page.cell(&freeze.by, Tone::Plain),
            page.cell(&freeze.reason, Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}
