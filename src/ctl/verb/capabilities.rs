//! `crierctl capabilities`

use crate::admin::types::Capabilities;
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;
use crate::domain::time::Span;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl capabilities club-threads\n  crierctl capabilities club-threads --facts     every number, with where it is from"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
    /// Also every number that is used, with its source and date
    #[arg(long)]
    facts: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let capabilities = ctl.client.capabilities(&args.name).await?;
    ctl.show(&capabilities, |capabilities, page| {
        let mut text = items(capabilities, page);
        if args.facts {
            text += &format!("\n\n{}", facts(capabilities, page));
        }
        text
    })
}

fn items(capabilities: &Capabilities, page: &Page) -> String {
    let mut table = page.table(&["WHAT", "", "LIMITS, OR WHY NOT"]);
    for item in &capabilities.items {
        let (word, tone) = if item.possible {
            ("yes", Tone::Good)
        } else {
            ("no", Tone::Dim)
        };
        let words = item.reason.clone().unwrap_or_else(|| item.limits.join("; "));
        table.add_row([
            page.cell(&item.name, Tone::Plain),
            page.cell(word, tone),
            page.cell(words, Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}

fn facts(capabilities: &Capabilities, page: &Page) -> String {
    let mut table = page.table(&["FACT", "VALUE", "PER", "WHAT", "SOURCE", "READ"]);
    for fact in &capabilities.facts {
        let window = fact
            .window_secs
            .map_or_else(String::new, |secs| Span::secs(secs).to_string());
        let ends = fact.sunset.as_ref().map(|day| format!(" (ends {day})"));
        let words = format!("{}{}", fact.words, ends.unwrap_or_default());
        let row = [&fact.name, &fact.value, &window, &words, &fact.source, &fact.date];
        table.add_row(row.map(|text| page.cell(text, Tone::Plain)));
    }
    page.drawn(&mut table)
}
