//! `crierctl limits`

use crate::admin::types::LimitView;
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;
use crate::domain::time::Span;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  crierctl limits\n  crierctl limits club-threads")]
pub(in crate::ctl) struct Args {
    /// Only of this account
    #[arg(value_parser = name::<AccountName>)]
    account: Option<AccountName>,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let limits = ctl.client.limits(args.account.as_ref()).await?;
    ctl.show(&limits, draw)
}

fn draw(limits: &Vec<LimitView>, page: &Page) -> String {
    if limits.is_empty() {
        return "No limits are known here.".to_owned();
    }
    let mut table = page.table(&["ACCOUNT", "LIMIT", "USED", "LEFT", "OF", "PER", "NEXT FREE", "BY"]);
    for limit in limits {
        let tone = match limit.left {
            0 => Tone::Bad,
            left if left <= limit.max / 10 => Tone::Warn,
            _enough => Tone::Plain,
        };
        table.add_row([
            page.cell(&limit.account, Tone::Plain),
            page.cell(&limit.limit, Tone::Plain),
            page.cell(limit.used, Tone::Plain),
            page.cell(limit.left, tone),
            page.cell(limit.max, Tone::Plain),
            page.cell(Span::secs(limit.window_secs), Tone::Plain),
            page.cell(page.when_or(limit.next_free, "now"), Tone::Plain),
            page.cell(&limit.source, Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}
