//! `crierctl status`

use crate::admin::types::{ConfigStatus, Status};
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  crierctl status\n  crierctl status --json | jq .counts")]
pub(in crate::ctl) struct Args {}

pub(super) async fn run(_: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let status = ctl.client.status().await?;
    ctl.show(&status, draw)
}

fn draw(status: &Status, page: &Page) -> String {
    let up = status.now.0.since(status.started.0);
    let mut text = format!(
        "{}, up {up}\n\n",
        page.bold(&format!("crierd {}", status.version))
    );
    text += &page.facts(&[
        ("deliveries", deliveries(status, page)),
        (
            "ended",
            format!(
                "{} published, {} otherwise, since the start",
                status.counts.published, status.counts.failed
            ),
        ),
        (
            "next due",
            page.when_or(status.next_due, "nothing waits for a time"),
        ),
        ("preparing", super::queue::preparing(&status.preparing, page)),
        ("accounts", accounts(status, page)),
        ("frozen", frozen(status, page)),
        ("config", config(&status.config, page)),
        ("store", store(status, page)),
        ("callback", callback(status)),
        ("clock", clock(status, page)),
        ("versions", versions(status, page)),
    ]);
    if let Some(error) = &status.config.error {
        text += &format!(
            "\n\n{}\n{error}\n",
            page.paint(
                "The last reload was refused; the config before it is in use:",
                Tone::Bad
            )
        );
    }
    text
}

fn deliveries(status: &Status, page: &Page) -> String {
    let counts = &status.counts;
    let mut text = format!(
        "{} waiting, {} ready, {} calling, {} held",
        counts.waiting, counts.ready, counts.calling, counts.held
    );
    if counts.past_due > 0 {
        text += &page.paint(
            &format!(" ({} past due: `crierctl queue`)", counts.past_due),
            Tone::Bad,
        );
    }
    text
}

fn accounts(status: &Status, page: &Page) -> String {
    let accounts = &status.accounts;
    if accounts.total == 0 {
        return "none yet: declare one as [account.NAME] in the config, then `crierctl reload`".to_owned();
    }
    let mut text = format!("{} of {} usable", accounts.usable, accounts.total);
    for line in &accounts.attention {
        text += &format!("\n{}", page.paint(line, Tone::Bad));
    }
    text
}

fn frozen(status: &Status, page: &Page) -> String {
    let lines: Vec<String> = status
        .frozen
        .iter()
        .map(|freeze| {
            let since = page.relative(freeze.since);
            let line = format!("{} by {} {since}: {}", freeze.scope, freeze.by, freeze.reason);
            page.paint(&line, Tone::Warn)
        })
        .collect();
    lines.join("\n")
}

fn clock(status: &Status, page: &Page) -> String {
    let line = status.clock.as_ref().map(|line| page.paint(line, Tone::Bad));
    line.unwrap_or_default()
}

fn versions(status: &Status, page: &Page) -> String {
    let lines = status.warnings.iter().map(|line| page.paint(line, Tone::Warn));
    lines.collect::<Vec<_>>().join("\n")
}

fn config(config: &ConfigStatus, page: &Page) -> String {
    format!("{}, read {}", config.path, page.relative(config.loaded_at))
}

fn store(status: &Status, page: &Page) -> String {
    let size = status
        .store
        .bytes
        .map_or_else(String::new, |bytes| format!(", {}", mebibytes(bytes)));
    let mut text = format!("{}{size}", status.store.path);
    if let Some(error) = &status.store.error {
        text += &format!(
            "\n{}",
            page.paint(&format!("cannot be written: {error}"), Tone::Bad)
        );
    }
    text
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes / (1024 * 1024 / 10);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

fn callback(status: &Status) -> String {
    match (&status.callback.listen, &status.callback.public_url) {
        (None, _) => "off; connect accounts with `crierctl connect --paste`".to_owned(),
        (Some(listen), None) => format!("{listen}, without a public URL"),
        (Some(listen), Some(url)) => format!("{listen}, for the world {url}"),
    }
}
