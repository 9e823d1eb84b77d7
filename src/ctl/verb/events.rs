//! `crierctl events`

use crate::admin::types::{Event, EventKind};
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone, short_id};
use crate::ctl::{Ctl, Failure, clean};
use crate::domain::id::{AccountName, QueueName};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl events -f                       until Ctrl-C, over restarts of crierd\n  crierctl events --account club-threads\n  crierctl events --count 1 --json         the next event, one JSON value a line"
)]
pub(in crate::ctl) struct Args {
    /// Go on when crierd restarts
    #[arg(long, short)]
    follow: bool,
    /// Only about this account
    #[arg(long, short, value_name = "NAME", value_parser = name::<AccountName>)]
    account: Option<AccountName>,
    /// Only about this queue
    #[arg(long, short, value_name = "NAME", value_parser = name::<QueueName>)]
    queue: Option<QueueName>,
    /// End after so many
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
}

/// How long to wait before looking whether crierd is there again, in seconds.
const AGAIN: u64 = 2;

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let mut left = args.count;
    // The first connection must work; only a stream that has been there is waited for again.
    let mut stream = ctl.client.events().await?;
    loop {
        while left != Some(0) {
            let event = match stream.next().await {
                None => break,
                Some(Ok(event)) => event,
                Some(Err(error)) if args.follow => {
                    ctl.note(&error.to_string());
                    break;
                }
                Some(Err(error)) => return Err(error.into()),
            };
            if wanted(&args, &event) {
                print(&event, ctl)?;
                left = left.map(|n| n.saturating_sub(1));
            }
        }
        if !args.follow || left == Some(0) {
            return Ok(());
        }
        ctl.note("crierd has ended; waiting for it to come back ...");
        stream = loop {
            tokio::time::sleep(std::time::Duration::from_secs(AGAIN)).await;
            if let Ok(stream) = ctl.client.events().await {
                break stream;
            }
        };
    }
}

fn wanted(args: &Args, event: &Event) -> bool {
    let account = args
        .account
        .as_ref()
        .is_none_or(|name| event.account.as_deref() == Some(name.as_str()));
    let queue = args
        .queue
        .as_ref()
        .is_none_or(|name| event.queue.as_deref() == Some(name.as_str()));
    (account && queue) || event.kind == EventKind::Missed
}

fn print(event: &Event, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if ctl.json {
        let line = serde_json::to_string(event).map_err(|e| Failure::Software(e.to_string()))?;
        ctl.say(&line);
        return Ok(());
    }
    let event = clean::cleaned(event)?;
    let line = draw(&event, &ctl.page());
    ctl.say(&line);
    Ok(())
}

fn draw(event: &Event, page: &Page) -> String {
    let time = event.at.0.to_jiff().to_zoned(page.look.zone.clone());
    let about = match (&event.file, &event.post, &event.queue) {
        (Some(file), _, _) => file.as_str(),
        (None, Some(post), _) => short_id(post),
        (None, None, Some(queue)) => queue.as_str(),
        (None, None, None) => "",
    };
    let account = event.account.as_deref().unwrap_or_default();
    let place = match (about, account) {
        ("", account) => account.to_owned(),
        (about, "") => about.to_owned(),
        (about, account) => format!("{about} > {account}"),
    };
    let link = event
        .permalink
        .as_deref()
        .map(|link| format!("  {link}"))
        .unwrap_or_default();
    format!(
        "{}  {}  {place}: {}{link}",
        page.paint(&time.strftime("%H:%M:%S").to_string(), Tone::Dim),
        page.paint(&format!("{:12}", event.kind.word()), tone(event.kind)),
        event.words
    )
}

fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::Published | EventKind::Connected | EventKind::Resolved => Tone::Good,
        EventKind::Refused
        | EventKind::Failed
        | EventKind::Unknown
        | EventKind::Late
        | EventKind::Disconnected
        | EventKind::ReloadFailed
        | EventKind::Missed => Tone::Bad,
        EventKind::Held
        | EventKind::Skipped
        | EventKind::Cancelled
        | EventKind::Expiring
        | EventKind::LoginFailed
        | EventKind::Frozen
        | EventKind::Deleted => Tone::Warn,
        EventKind::Step => Tone::Dim,
        EventKind::Admitted
        | EventKind::Edited
        | EventKind::Started
        | EventKind::Released
        | EventKind::Retried
        | EventKind::Refreshed
        | EventKind::Thawed
        | EventKind::Reloaded => Tone::Plain,
    }
}
