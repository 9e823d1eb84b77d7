//! `crierctl audit`

use serde_json::json;

use crate::admin::types::AuditRecord;
use crate::core::audit::{Head, verify};
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl audit\n  crierctl audit --after 120\n  crierctl audit --verify      read the whole chain and check every hash\n\nA chain that verifies was not altered in the middle. That nothing was cut off its end shows when a\nhash that was noted before is still in it: crierctl audit --verify --head HASH"
)]
pub(in crate::ctl) struct Args {
    /// Only records with a higher number
    #[arg(long, value_name = "N", default_value = "0")]
    after: u64,
    /// At most so many
    #[arg(long, value_name = "N", default_value = "100")]
    limit: u32,
    /// Read all and check the chain
    #[arg(long, conflicts_with_all = ["after", "limit"])]
    verify: bool,
    /// With --verify: this hash, noted earlier, must be in the chain
    #[arg(long, value_name = "HASH", requires = "verify")]
    head: Option<String>,
}

/// Records that are asked for at once.
const PAGE: u32 = 1000;

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if args.verify {
        return check(args.head.as_deref(), ctl).await;
    }
    let records = ctl.client.audit(args.after, args.limit).await?;
    ctl.show(&records, draw)
}

async fn check(noted: Option<&str>, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let mut met = noted.is_none();
    let mut head = Head::default();
    loop {
        let records = ctl.client.audit(head.seq, PAGE).await?;
        if records.is_empty() {
            break;
        }
        met |= records.iter().any(|record| Some(record.hash.as_str()) == noted);
        head = verify(&head, &records).map_err(|broken| {
            Failure::Data(format!(
                "{broken}\nThe chain is sound up to record {}. Compare with a backup and with `journalctl -u crierd`.",
                broken.seq.saturating_sub(1)
            ))
        })?;
    }
    if !met {
        return Err(Failure::Data(format!(
            "The chain is sound in itself ({} records) but does not hold the hash that was noted: its end was cut off, or all of it was written anew.\nCompare with a backup and with `journalctl -u crierd`.",
            head.seq
        )));
    }
    let report = json!({ "records": head.seq, "head": head.hash, "sound": true });
    ctl.show(&report, |_, page| {
        format!(
            "{}\nlast hash {}",
            page.paint(&format!("{} records, the chain is sound.", head.seq), Tone::Good),
            head.hash
        )
    })
}

fn draw(records: &Vec<AuditRecord>, page: &Page) -> String {
    if records.is_empty() {
        return "No records.".to_owned();
    }
    let mut table = page.table(&["#", "WHEN", "WHO", "ROLE", "WHAT", "TARGET", "DETAIL"]);
    for record in records {
        let detail: Vec<String> = record.detail.iter().map(|(k, v)| format!("{k}={v}")).collect();
        table.add_row([
            page.cell(record.seq, Tone::Dim),
            page.cell(page.clock(record.at.into()), Tone::Plain),
            page.cell(
                format!("{} ({}, pid {})", record.who.name, record.who.uid, record.who.pid),
                Tone::Plain,
            ),
            page.cell(record.who.role, Tone::Plain),
            page.cell(&record.what, Tone::Plain),
            page.cell(&record.target, Tone::Plain),
            page.cell(detail.join(" "), Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}
