//! The life of accounts: connecting, renewing, proving, asking. Calls are made outside the loop; what they
//! change goes through it.
//!
//! A hiccup never disconnects: only what the vendor defines as final does. A token set is durable before its
//! first use and never replaced by an emptier one. One refresher per account.

mod anew;
mod connect;
mod enquire;
mod exchange;
mod half;
mod leave;
mod refresh;
mod turns;

use std::collections::BTreeMap;

use super::Shared;
use super::api::{Answer, Problem, ProblemKind};
use super::shared::Live;
use crate::core::desk::AccountSpec;
use crate::core::login::LoginContext;
use crate::core::platform::Enquiry;
use crate::core::reach::Reach;
use crate::domain::account::{Connection, MadeWith, Profile};
use crate::domain::id::{AccountName, PlatformName};

/// The key of an account's settings that names one of several identities of a login.
const PAGE: &str = "page";

pub(in crate::engine) use anew::{adopt, declared_anew, tell as tell_anew};
pub use connect::{Callback, CallbackEnd};
pub(in crate::engine) use enquire::held;
pub(in crate::engine) use exchange::resume_all;
pub(in crate::engine) use half::forget as forget_half;
pub(in crate::engine) use refresh::rule;
pub use turns::Turns;

/// The declared account, or a problem that names those that are.
pub(super) fn declared(shared: &Shared, name: &AccountName) -> Answer<AccountSpec> {
    let live = shared.live();
    live.house
        .accounts
        .get(name)
        .cloned()
        .ok_or_else(|| no_account(live.house.accounts.keys(), name))
}

fn no_account<'a>(known: impl Iterator<Item = &'a AccountName>, name: &AccountName) -> Problem {
    let names: Vec<&str> = known.map(AccountName::as_str).collect();
    let near = crate::core::diagnose::nearest(name.as_str(), names.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the config declares: {}", names.join(", ")),
    };
    Problem::new(
        ProblemKind::NotFound,
        format!("there is no account {name} in the config"),
    )
    .help(help)
}

/// What login steps may know.
pub(super) fn login_context(
    shared: &Shared,
    name: &AccountName,
    spec: &AccountSpec,
    redirect_uri: &str,
) -> LoginContext {
    let live = shared.live();
    let app = live
        .settings
        .accounts
        .get(name)
        .and_then(|a| a.app.as_ref())
        .and_then(|app| live.settings.apps.get(app));
    LoginContext {
        client_id: app.map(|a| a.client_id.clone()).unwrap_or_default(),
        redirect_uri: redirect_uri.to_owned(),
        facts: spec.facts.clone(),
        options: spec.options.clone(),
        profile: Profile::default(),
        notes: BTreeMap::new(),
    }
}

/// What an account that is connected now is connected with.
pub(super) fn declared_as(live: &Live, name: &AccountName) -> Option<MadeWith> {
    let spec = live.house.accounts.get(name)?;
    let app = spec.app.as_ref().and_then(|app| live.settings.apps.get(app));
    let page = spec.options.get(PAGE).map(|page| page.trim().to_owned());
    Some(MadeWith {
        platform: spec.platform.name().to_owned(),
        way: spec.platform.login().way(&spec.facts, &spec.options).to_owned(),
        client_id: app.map(|a| a.client_id.clone()).unwrap_or_default(),
        page: page.filter(|page| !page.is_empty()),
    })
}

/// Where an account's platform would fetch files.
pub(super) fn reach_of<'a>(live: &'a Live, spec: &AccountSpec) -> Reach<'a> {
    match PlatformName::new(spec.platform.name()) {
        Ok(name) => live.settings.reach(&name),
        Err(_) => Reach {
            public_url: None,
            vendor: true,
        },
    }
}

/// What enquiries may know.
pub(super) fn enquiry(shared: &Shared, spec: &AccountSpec, connection: &Connection) -> Enquiry {
    Enquiry {
        profile: connection.profile.clone().unwrap_or_default(),
        scopes: connection.scopes.clone(),
        facts: spec.facts.clone(),
        options: spec.options.clone(),
        now: shared.clock.now(),
        of: None,
    }
}

/// For audit records.
pub(super) fn detail(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}
