//! The accounts are connected: through the real redirects, or by a password.

use std::time::Duration;

use http::header::LOCATION;
use serde_json::Value;
use url::Url;

use super::Told;
use super::cast::{Login, Role};
use super::desk::Desk;
use super::paint::Paint;
use crate::say::say;

/// Redirects followed at most; it takes one.
const HOPS: usize = 5;

/// Connects one account.
pub(super) async fn connect(desk: &Desk, role: &Role, paint: Paint) -> Told<()> {
    match role.login {
        Login::Redirects(profile) => redirects(desk, role, profile, paint).await?,
        // The config holds all that is needed: crierd logs in and answers.
        Login::Password => {
            say!("Connecting {} by its password, over STARTTLS", role.account);
            desk.post(&format!("accounts/{}/connect", role.account)).await?;
        }
    }
    connected(desk, role.account, paint).await
}

/// Follows the authorize URL as a browser does. The sandbox presses "Allow" because it is asked to.
async fn redirects(desk: &Desk, role: &Role, profile: &str, paint: Paint) -> Told<()> {
    let account = role.account;
    let start = desk.post(&format!("accounts/{account}/connect")).await?;
    let url = start["authorize_url"]
        .as_str()
        .ok_or_else(|| format!("{account}: connecting began with no authorize URL: {start}"))?;
    let mut url = Url::parse(url).map_err(|e| format!("{account}: the authorize URL: {e}"))?;
    url.query_pairs_mut()
        .append_pair("_sandbox_auto", "1")
        .append_pair("_sandbox_account", profile);
    say!("Connecting {account} as a browser would, at {}", role.title);
    walk(url, paint).await
}

/// Goes from page to page and shows each, without its query: that holds the code.
async fn walk(mut url: Url, paint: Paint) -> Told<()> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .map_err(|e| format!("no client: {e}"))?;
    for _ in 0..HOPS {
        let response = client
            .get(url.clone())
            .send()
            .await
            .map_err(|e| format!("{}: {}", place(&url), e.without_url()))?;
        let status = response.status();
        say!("  {} {}", paint.dim(status.as_str()), place(&url));
        let next = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
        match next {
            Some(next) if status.is_redirection() => {
                url = url
                    .join(next)
                    .map_err(|e| format!("{}: a bad redirect: {e}", place(&url)))?;
            }
            _ if status.is_success() => return Ok(()),
            _ => return Err(format!("{} answered {status}", place(&url))),
        }
    }
    Err("the login goes from redirect to redirect".to_owned())
}

fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

async fn connected(desk: &Desk, account: &str, paint: Paint) -> Told<()> {
    let view: Value = desk.get(&format!("accounts/{account}")).await?;
    let word = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
    if word("status") != "connected" {
        return Err(format!("{account} is {}: {}", word("status"), word("reason")));
    }
    say!("  {} {}", paint.good("connected"), word("handle"));
    Ok(())
}
