//! `crierctl connect`

use std::time::Duration;

use secrecy::SecretString;

use super::accounts;
use crate::admin::client::EventStream;
use crate::admin::types::{ConnectStart, Event, EventKind, Time};
use crate::ctl::args::name;
use crate::ctl::page::Tone;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl connect club-threads            prints an address to open, waits until it is done\n  crierctl connect club-threads --paste    for a machine without a public address: paste the\n                                           address that the browser ended at\n  crierctl connect newsletter              mail accounts: checks server and password"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
    /// Read the address that the browser ended at from standard input
    #[arg(long, conflicts_with = "no_wait")]
    paste: bool,
    /// Print the address and return at once
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    // Listening begins before the login does, so that its end cannot be missed.
    let wait = !args.paste && !args.no_wait && !ctl.json;
    let events = if wait {
        Some(ctl.client.events().await?)
    } else {
        None
    };
    let start = ctl.client.connect(&args.name).await?;
    let (url, expires, redirect, note) = match &start {
        ConnectStart::Connected { account, note } => {
            let note = note.clone();
            return ctl.show(&start, |_, page| {
                let words = note.unwrap_or_else(|| "it works".to_owned());
                format!(
                    "{}\n\n{}",
                    page.paint(&format!("Connected: {words}."), Tone::Good),
                    accounts::one(account, page)
                )
            });
        }
        ConnectStart::Visit {
            authorize_url,
            state_expires,
            redirect_uri,
            note,
        } => (
            authorize_url.clone(),
            *state_expires,
            redirect_uri.clone(),
            note.clone(),
        ),
    };
    if ctl.json && !args.paste {
        return ctl.print_json(&start);
    }
    let until = ctl.page().relative(expires);
    ctl.note(&format!(
        "Open this address in a browser (good {until}):\n\n  {url}\n"
    ));
    if let Some(note) = note {
        ctl.note(&note);
    }
    match events {
        Some(events) => wait_for(&args.name, expires, events, ctl).await,
        None if args.paste => pasted(&args.name, &redirect, ctl).await,
        None => Ok(()),
    }
}

async fn pasted(name: &AccountName, redirect: &str, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    ctl.note(&format!(
        "Afterwards the browser ends at an address that begins with {redirect} (it may show an error: that is all\nright). Paste the whole address here:"
    ));
    let line = ctl.terminal.read_line().map_err(|e| Failure::Io(e.to_string()))?;
    if line.trim().is_empty() {
        return Err(Failure::Usage(
            "Nothing was pasted. Run the same command again and paste the address that the browser ended at."
                .to_owned(),
        ));
    }
    let account = ctl
        .client
        .connect_complete(name, &SecretString::from(line))
        .await?;
    ctl.show(&account, accounts::one)
}

async fn wait_for(
    name: &AccountName,
    expires: Time,
    mut events: EventStream<Event>,
    ctl: &mut Ctl<'_>,
) -> Result<(), Failure> {
    ctl.note("Waiting until it is done (Ctrl-C stops the waiting, not the login) ...");
    let left: Duration = expires.0.since(ctl.page().now).to_std();
    let happened = tokio::time::timeout(left, async {
        while let Some(event) = events.next().await {
            let event = event?;
            if event.account.as_deref() == Some(name.as_str()) && ends(event.kind) {
                return Ok(Some(event));
            }
        }
        Ok::<_, Failure>(None)
    })
    .await;
    let again = format!("Begin again with `crierctl connect {name}`.");
    match happened {
        Err(_) => Err(Failure::Later(format!(
            "The login was not finished in time. {again}"
        ))),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(None)) => Err(Failure::Later(format!("crierd ended meanwhile. {again}"))),
        Ok(Ok(Some(event))) if event.kind == EventKind::Connected => {
            let account = ctl.client.account(name).await?;
            ctl.show(&account, accounts::one)
        }
        Ok(Ok(Some(event))) => Err(Failure::Data(format!(
            "It did not work: {}\n{again}",
            event.words
        ))),
    }
}

/// Whether an event about the account ends the waiting.
fn ends(kind: EventKind) -> bool {
    matches!(kind, EventKind::Connected | EventKind::Disconnected)
}
