//! `crierctl why`

use crate::admin::types::{Why, WhyDelivery, WhyLink};
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl why hello.toml\n  crierctl why 01kbd8r0 --json | jq -r '.deliveries[].summary'"
)]
pub(in crate::ctl) struct Args {
    /// Id, first characters of an id, or the file's name
    #[arg(value_name = "POST")]
    post: String,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let why = ctl.client.why(&args.post).await?;
    ctl.show(&why, draw)
}

fn draw(why: &Why, page: &Page) -> String {
    let mut text = format!(
        "{}  {}/{}, due {}",
        why.post,
        why.queue,
        why.file,
        page.when_or(why.due, "at the next free slot")
    );
    for delivery in &why.deliveries {
        text += &format!("\n\n{}", draw_delivery(delivery, page));
    }
    text
}

fn draw_delivery(delivery: &WhyDelivery, page: &Page) -> String {
    let mut text = format!(
        "{}: {}",
        page.bold(&delivery.account),
        page.paint(&delivery.summary, Tone::of_phase(delivery.phase))
    );
    for link in &delivery.chain {
        text += &format!("\n  {}", draw_link(link, page));
    }
    text
}

fn draw_link(link: &WhyLink, page: &Page) -> String {
    let times = match (link.since, link.until) {
        (Some(since), Some(until)) => format!(" [{} to {}]", page.clock(since), page.when(until)),
        (Some(since), None) => format!(" [since {}]", page.when(since)),
        (None, Some(until)) => format!(" [until {}]", page.when(until)),
        (None, None) => String::new(),
    };
    let (mark, tone) = if link.done {
        ("-", Tone::Dim)
    } else {
        (">", Tone::Plain)
    };
    let mut text = page.paint(&format!("{mark} {}{times}", link.words), tone);
    if let Some(help) = &link.help {
        text += &format!("\n      {help}");
    }
    text
}
