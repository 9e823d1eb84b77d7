//! `crierctl reload`

use crate::admin::types::ReloadReport;
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl reload        as `systemctl reload crierd` does\n\nWith any mistake nothing changes: the mistakes are printed and the exit code is 78."
)]
pub(in crate::ctl) struct Args {}

pub(super) async fn run(_: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let report = ctl.ask(async |client| client.reload().await).await?;
    ctl.show(&report, draw)
}

fn draw(report: &ReloadReport, page: &Page) -> String {
    let mut lines = Vec::new();
    for (word, list, tone) in [
        ("added", &report.added, Tone::Good),
        ("removed", &report.removed, Tone::Warn),
        ("changed", &report.changed, Tone::Plain),
        ("needs a restart", &report.needs_restart, Tone::Bad),
    ] {
        lines.extend(
            list.iter()
                .map(|what| page.paint(&format!("{word}: {what}"), tone)),
        );
    }
    if lines.is_empty() {
        lines.push("Reloaded; nothing has changed.".to_owned());
    }
    if let Some(warnings) = &report.warnings {
        lines.push(format!("\n{warnings}"));
    }
    lines.join("\n")
}
