//! `crierctl insights`

use crate::admin::types::Insight;
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl insights club-threads                      of the account\n  crierctl insights club-threads 18012345678901234    of one post"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    account: AccountName,
    /// The platform's id of a post; absent: the account's own numbers
    id: Option<String>,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let insights = ctl
        .ask(async |client| client.insights(&args.account, args.id.as_deref()).await)
        .await?;
    ctl.show(&insights, draw)
}

fn draw(insights: &Vec<Insight>, page: &Page) -> String {
    if insights.is_empty() {
        return "The platform tells no numbers.".to_owned();
    }
    let mut table = page.table(&["WHAT", "VALUE", "PERIOD"]);
    for insight in insights {
        table.add_row([
            page.cell(&insight.name, Tone::Plain),
            page.cell(insight.value, Tone::Plain),
            page.cell(insight.period.as_deref().unwrap_or("-"), Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}
