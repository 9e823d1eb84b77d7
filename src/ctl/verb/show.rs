//! `crierctl show`

use super::queue::{state, tone};
use crate::admin::types::{DeliveryView, PostView, Transcript};
use crate::ctl::page::{Page, Tone, count};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl show hello.toml\n  crierctl show 01kbd8r0 --transcript    every call that was made, redacted"
)]
pub(in crate::ctl) struct Args {
    /// Id, first characters of an id, or the file's name
    #[arg(value_name = "POST")]
    post: String,
    /// Every attempt instead: what was called, what came, what it was taken to mean
    #[arg(long)]
    transcript: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if args.transcript {
        let transcript = ctl.client.transcript(&args.post).await?;
        return ctl.show(&transcript, draw_transcript);
    }
    let post = ctl.client.post(&args.post).await?;
    ctl.show(&post, draw)
}

/// A post with its deliveries; verbs that change one show it so, too.
pub(super) fn draw(post: &PostView, page: &Page) -> String {
    let place = if post.place.is_empty() {
        format!("{}/{}", post.queue, post.file)
    } else {
        format!("{}/{}/{}", post.queue, post.place, post.file)
    };
    let media = if post.media > 0 {
        count(post.media.into(), "file", "files")
    } else {
        String::new()
    };
    let mut due = page.when_or(post.due, "at the next free slot");
    if let Some(written) = &post.at_text {
        due += &format!(", written as {written}");
    }
    let mut text = page.facts(&[
        ("post", post.id.clone()),
        ("file", place),
        ("words", post.excerpt.clone()),
        ("media", media),
        ("admitted", page.when(post.admitted)),
        (
            "revision",
            if post.revision > 1 {
                post.revision.to_string()
            } else {
                String::new()
            },
        ),
        ("due", due),
        ("expires", post.expires.map(|t| page.when(t)).unwrap_or_default()),
        ("note", page.paint(&post.warnings.join("\n"), Tone::Warn)),
    ]);
    for delivery in &post.deliveries {
        text += &format!("\n\n{}", draw_delivery(delivery, page));
    }
    text
}

fn draw_delivery(delivery: &DeliveryView, page: &Page) -> String {
    let mut text = format!(
        "{} ({})  {}",
        page.bold(&delivery.account),
        delivery.platform,
        page.paint(&state(delivery, page), tone(delivery))
    );
    let mut rest = Vec::new();
    if let Some(at) = delivery.outcome.as_ref().and_then(|o| o.at).or(delivery.since) {
        rest.push(format!("since {}", page.when(at)));
    }
    if let Some(step) = &delivery.step {
        rest.push(format!("next step {step}"));
    }
    rest.push(count(delivery.attempts.into(), "attempt", "attempts"));
    rest.push(format!("revision {}", delivery.revision));
    text += &format!("\n  {}", page.paint(&rest.join(", "), Tone::Dim));
    for live in &delivery.live {
        let part = live
            .part
            .as_deref()
            .map(|part| format!("{part}: "))
            .unwrap_or_default();
        let id = live.remote_id.as_deref().unwrap_or("id not known");
        let link = live
            .permalink
            .as_deref()
            .map(|link| format!("  {link}"))
            .unwrap_or_default();
        text += &format!("\n  live  {part}{id}{link}");
    }
    text
}

fn draw_transcript(transcript: &Transcript, page: &Page) -> String {
    if transcript.attempts.is_empty() {
        return "No calls were made for it yet.".to_owned();
    }
    let mut table = page.table(&[
        "#", "ACCOUNT", "SENT", "TOOK", "CALL", "STATUS", "TAKEN AS", "DETAIL",
    ]);
    for attempt in &transcript.attempts {
        let took = attempt.ended.map_or_else(
            || "open".to_owned(),
            |ended| ended.0.since(attempt.sent.0).to_string(),
        );
        let call = if attempt.commit {
            page.cell(format!("{} !", attempt.call), Tone::Warn)
        } else {
            page.cell(&attempt.call, Tone::Plain)
        };
        let status = attempt
            .status
            .map_or_else(|| "-".to_owned(), |status| status.to_string());
        table.add_row([
            page.cell(attempt.number, Tone::Dim),
            page.cell(&attempt.account, Tone::Plain),
            page.cell(page.when(attempt.sent), Tone::Plain),
            page.cell(took, Tone::Plain),
            call,
            page.cell(status, Tone::Plain),
            page.cell(&attempt.verdict, Tone::Plain),
            page.cell(attempt.detail.as_deref().unwrap_or("-"), Tone::Plain),
        ]);
    }
    format!("{}\n\n! shows the post to the world", page.drawn(&mut table))
}
