//! `crierctl connect`

use std::time::Duration;

use secrecy::SecretString;

use super::accounts;
use crate::admin::client::EventStream;
use crate::admin::types::{ConnectStart, Event, EventKind, Time};
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone};
use crate::ctl::{Ctl, Failure, clean};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl connect club-threads            prints an address to open, waits until it is done\n  crierctl connect club-threads --paste    for a machine without a public address: paste the\n                                           address that the browser ended at\n  crierctl connect club-threads --json     for programs: prints the address;\n  crierctl connect club-threads --complete < redirect.txt    finishes it\n  crierctl connect club-page --page 2121008874780932    one of several Pages of a login\n  crierctl connect newsletter              mail accounts: checks server and password"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
    /// Which Page, when the login has several: its id or name
    #[arg(long)]
    page: Option<String>,
    /// Read the address that the browser ended at from standard input
    #[arg(long, conflicts_with = "no_wait")]
    paste: bool,
    /// Print the address and return at once
    #[arg(long)]
    no_wait: bool,
    /// Only the second half of --paste, for a login that was begun before
    #[arg(long, conflicts_with_all = ["paste", "no_wait"])]
    complete: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if args.complete {
        return pasted(&args.name, ctl).await;
    }
    // Listening begins before the login does, so that its end cannot be missed.
    let wait = !args.paste && !args.no_wait && !ctl.json;
    let events = if wait {
        Some(ctl.client.events().await?)
    } else {
        None
    };
    let page = args.page.as_deref();
    let start = ctl
        .ask(async |client| client.connect_as(&args.name, page).await)
        .await?;
    let ConnectStart::Visit {
        authorize_url,
        state_expires,
        redirect_uri,
        note,
    } = &start
    else {
        return ctl.show(&start, draw);
    };
    if ctl.json && !args.paste {
        return ctl.print_json(&start);
    }
    let until = ctl.page().relative(*state_expires);
    ctl.note(&format!(
        "Open this address in a browser (the login ends {until}):\n"
    ));
    if !ctl.json {
        ctl.say(&format!("  {}\n", clean::text(authorize_url)));
    }
    if let Some(note) = note {
        ctl.note(&format!("\n{note}"));
    }
    match events {
        Some(events) => wait_for(&args.name, *state_expires, events, ctl).await,
        None if args.paste => {
            ctl.note(&format!(
                "\nAfterwards the browser ends at an address that begins with\n{redirect_uri} (it may show an error: that is all right).\nPaste the whole address here:"
            ));
            pasted(&args.name, ctl).await
        }
        None => Ok(()),
    }
}

fn draw(start: &ConnectStart, page: &Page) -> String {
    match start {
        ConnectStart::Connected { account, note } => {
            let words = note.as_deref().unwrap_or("it works");
            let line = page.paint(&format!("Connected: {words}."), Tone::Good);
            format!("{line}\n\n{}", accounts::one(account, page))
        }
        ConnectStart::Visit { authorize_url, .. } => authorize_url.clone(),
    }
}

/// The second half of a login without a public address: the redirect from standard input.
async fn pasted(name: &AccountName, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let line = ctl.terminal.read_line().map_err(|e| Failure::Io(e.to_string()))?;
    if line.trim().is_empty() {
        return Err(Failure::Usage(
            "Nothing was pasted. Run the same command again and paste the address that the browser ended at."
                .to_owned(),
        ));
    }
    let redirect = SecretString::from(line);
    let account = ctl
        .ask(async |client| client.connect_complete(name, &redirect).await)
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

/// Whether an event about the account ends the waiting. Whatever else becomes of the account meanwhile says nothing about
/// this login.
fn ends(kind: EventKind) -> bool {
    matches!(kind, EventKind::Connected | EventKind::LoginFailed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_login_itself_ends_the_waiting() {
        assert!(ends(EventKind::Connected) && ends(EventKind::LoginFailed));
        for other in [EventKind::Disconnected, EventKind::Expiring, EventKind::Refreshed] {
            assert!(!ends(other), "{other:?}");
        }
    }
}
