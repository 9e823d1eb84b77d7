//! `crierctl tokens`

use crate::admin::types::{Dependent, TokenView};
use crate::ctl::page::{Page, Tone, count};
use crate::ctl::{Ctl, Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl tokens\n  crierctl tokens --json | jq '.[] | select(.dependents | any(.in_danger))'\n\nThe calendar of tokens: what ends when, what renews it by itself, and which waiting posts depend on it."
)]
pub(in crate::ctl) struct Args {}

pub(super) async fn run(_args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let tokens = ctl.client.tokens().await?;
    ctl.show(&tokens, draw)
}

fn draw(tokens: &Vec<TokenView>, page: &Page) -> String {
    if tokens.is_empty() {
        return "No account has a token. `crierctl connect NAME` gets one.".to_owned();
    }
    let mut table = page.table(&[
        "ACCOUNT",
        "STATUS",
        "TOKEN ENDS",
        "RENEWED",
        "LOG IN AGAIN BY",
        "PROVED",
        "POSTS",
    ]);
    for token in tokens {
        table.add_row([
            page.cell(&token.account, Tone::Plain),
            page.cell(token.status.word(), Tone::of_status(token.status)),
            page.cell(page.relative_or(token.expires, "never"), Tone::Plain),
            page.cell(renewal(token, page), Tone::Plain),
            page.cell(page.relative_or(log_in_by(token), "-"), Tone::Plain),
            page.cell(page.relative_or(token.last_verified, "never"), Tone::Plain),
            page.cell(waiting(token), danger(token)),
        ]);
    }
    let mut text = page.drawn(&mut table);
    for token in tokens {
        for line in remarks(token, page) {
            text += &format!("\n{}: {line}", page.bold(&token.account));
        }
    }
    text
}

/// A token that nothing renews ends for good; one that is renewed ends with its renewal.
fn log_in_by(token: &TokenView) -> Option<crate::admin::types::Time> {
    match token.next_refresh {
        Some(_) => token.renewal_ends,
        None => token.expires,
    }
}

fn renewal(token: &TokenView, page: &Page) -> String {
    match token.next_refresh {
        Some(at) => page.relative_or(Some(at), "-"),
        None => "by a login".to_owned(),
    }
}

fn waiting(token: &TokenView) -> String {
    match token.dependents.len() {
        0 => "-".to_owned(),
        n => format!("{n} waiting"),
    }
}

fn danger(token: &TokenView) -> Tone {
    if token.dependents.iter().any(|d| d.in_danger) {
        Tone::Bad
    } else {
        Tone::Plain
    }
}

fn remarks(token: &TokenView, page: &Page) -> Vec<String> {
    let mut lines: Vec<String> = token.reason.iter().cloned().collect();
    if token.refresh_failures > 0 {
        lines.push(format!(
            "renewing failed {} in a row; the token in use stays",
            count(u64::from(token.refresh_failures), "time", "times")
        ));
    }
    if !token.missing_scopes.is_empty() {
        let help = token.missing_help.iter().map(|help| format!(": {help}"));
        lines.push(format!(
            "missing {}{}",
            token.missing_scopes.join(", "),
            help.collect::<String>()
        ));
    }
    let late: Vec<&Dependent> = token.dependents.iter().filter(|d| d.in_danger).collect();
    if let Some(first) = late.first() {
        lines.push(format!(
            "{} due after the token ends, the first is {} ({})",
            count(late.len() as u64, "post is", "posts are"),
            first.file,
            page.when(first.due)
        ));
    }
    lines
}
