//! `crierctl accounts [NAME]`

use crate::admin::types::AccountView;
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone, count};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl accounts\n  crierctl accounts club-threads     all that is known of one\n  crierctl accounts --json | jq '.[] | select(.status != \"connected\")'"
)]
pub(in crate::ctl) struct Args {
    /// Only this one, with all that is known
    #[arg(value_parser = name::<AccountName>)]
    name: Option<AccountName>,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    match args.name {
        None => {
            let accounts = ctl.client.accounts().await?;
            ctl.show(&accounts, draw)
        }
        Some(name) => {
            let account = ctl.client.account(&name).await?;
            ctl.show(&account, one)
        }
    }
}

fn draw(accounts: &Vec<AccountView>, page: &Page) -> String {
    if accounts.is_empty() {
        return "No accounts. Declare one as [account.NAME] in the config, then `crierctl reload`."
            .to_owned();
    }
    let mut table = page.table(&[
        "ACCOUNT",
        "PLATFORM",
        "STATUS",
        "AS",
        "TOKEN ENDS",
        "VERIFIED",
        "WAITING",
    ]);
    for account in accounts {
        table.add_row([
            page.cell(&account.name, Tone::Plain),
            page.cell(&account.platform, Tone::Plain),
            page.cell(standing(account), tone(account)),
            page.cell(account.handle.as_deref().unwrap_or("-"), Tone::Plain),
            page.cell(page.relative_or(account.expires, "-"), Tone::Plain),
            page.cell(page.relative_or(account.last_verified, "never"), Tone::Plain),
            page.cell(account.waiting, Tone::Plain),
        ]);
    }
    let mut text = page.drawn(&mut table);
    let reasons: Vec<String> = accounts
        .iter()
        .filter_map(|account| {
            let reason = account.reason.as_ref()?;
            Some(format!("{}: {reason}", page.bold(&account.name)))
        })
        .collect();
    if !reasons.is_empty() {
        text += &format!("\n\n{}", reasons.join("\n"));
    }
    text
}

fn standing(account: &AccountView) -> String {
    match &account.frozen {
        None => account.status.word().to_owned(),
        Some(_) => format!("{}, frozen", account.status.word()),
    }
}

fn tone(account: &AccountView) -> Tone {
    match &account.frozen {
        None => Tone::of_status(account.status),
        Some(_) => Tone::Warn,
    }
}

/// One account with all that is known; verbs that change one show it so, too.
pub(super) fn one(account: &AccountView, page: &Page) -> String {
    page.facts(&[
        ("account", account.name.clone()),
        ("platform", account.platform.clone()),
        (
            "status",
            page.paint(account.status.word(), Tone::of_status(account.status)),
        ),
        ("why", account.reason.clone().unwrap_or_default()),
        ("frozen", account.frozen.clone().unwrap_or_default()),
        ("as", account.handle.clone().unwrap_or_default()),
        ("page", account.url.clone().unwrap_or_default()),
        (
            "connected",
            account.connected.map(|t| page.when(t)).unwrap_or_default(),
        ),
        ("token ends", page.when_or(account.expires, "not told")),
        (
            "next refresh",
            account.next_refresh.map(|t| page.when(t)).unwrap_or_default(),
        ),
        ("refresh failed", times(account.refresh_failures)),
        ("last verified", page.when_or(account.last_verified, "never")),
        ("scopes", account.scopes.join(", ")),
        (
            "missing scopes",
            page.paint(&account.missing_scopes.join(", "), Tone::Warn),
        ),
        ("waiting", count(account.waiting, "delivery", "deliveries")),
    ])
}

fn times(n: u32) -> String {
    match n {
        0 => String::new(),
        1 => "once in a row".to_owned(),
        n => format!("{n} times in a row"),
    }
}
