//! Accounts on the wire.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;
use crate::domain::account::{ConnectionStatus, Profile};

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Its name in the config.
    pub name: String,
    /// Its platform: `threads`.
    pub platform: String,
    /// How it stands.
    #[schema(value_type = String, example = "connected")]
    pub status: ConnectionStatus,
    /// Why, when it is not simply connected, and what to do.
    pub reason: Option<String>,
    /// `@name` or mail address.
    pub handle: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// When a person connected it.
    pub connected: Option<Time>,
    /// When its token ends; `None`: never, or not told.
    pub expires: Option<Time>,
    /// When the platform last proved that the token works.
    pub last_verified: Option<Time>,
    /// When the token will be renewed.
    pub next_refresh: Option<Time>,
    /// Refreshes that failed in a row.
    pub refresh_failures: u32,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Scopes that crier asks for and has not got.
    pub missing_scopes: Vec<String>,
    /// Deliveries that wait for it.
    pub waiting: u64,
    /// Why it is frozen, when it is.
    pub frozen: Option<String>,
}

/// One account's token in the calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: String,
    /// How it stands.
    #[schema(value_type = String, example = "connected")]
    pub status: ConnectionStatus,
    /// Why, when it is not simply connected, and what to do.
    pub reason: Option<String>,
    /// When the token ends; `None`: never, or not told.
    pub expires: Option<Time>,
    /// When even renewing ends, so that a person must log in again by then; `None`: never, or not told.
    pub renewal_ends: Option<Time>,
    /// When it is renewed next; `None`: nothing renews it by itself.
    pub next_refresh: Option<Time>,
    /// How often it was renewed.
    pub refreshes: u32,
    /// Renewals that failed in a row.
    pub refresh_failures: u32,
    /// When the platform last proved that it works.
    pub last_verified: Option<Time>,
    /// Scopes that crier asks for and has not got.
    pub missing_scopes: Vec<String>,
    /// What to do about these; `None`: none is missing.
    #[serde(default)]
    pub missing_help: Option<String>,
    /// Posts that wait for this account, the earliest first.
    pub dependents: Vec<Dependent>,
}

/// A post that needs a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dependent {
    /// Its id.
    pub post: String,
    /// Its file.
    pub file: String,
    /// When it is due.
    pub due: Time,
    /// Whether the token ends before that and nothing renews it.
    pub in_danger: bool,
}

/// Who an account is at its platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProfileView {
    /// The account's name in the config.
    pub account: String,
    /// The vendor's id.
    pub remote_id: String,
    /// `@name` or mail address.
    pub handle: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// Anything else that was told.
    pub facts: BTreeMap<String, String>,
    /// When the platform said so.
    pub as_of: Option<Time>,
}

impl ProfileView {
    /// From the record.
    pub fn new(account: &str, profile: &Profile, as_of: Option<Time>) -> Self {
        Self {
            account: account.to_owned(),
            remote_id: profile.remote_id.clone(),
            handle: profile.handle.clone(),
            display_name: profile.display_name.clone(),
            url: profile.url.clone(),
            facts: profile.facts.clone(),
            as_of,
        }
    }
}

/// How connecting begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ConnectStart {
    /// A person opens this URL in a browser.
    Visit {
        /// The platform's page; holds a single-use state, no secret.
        authorize_url: String,
        /// Until when the state is good.
        state_expires: Time,
        /// Where the platform sends the browser afterwards; must be registered at the vendor.
        redirect_uri: String,
        /// Anything to know first (no public URL: paste; which user to log in as).
        note: Option<String>,
    },
    /// Nothing to visit: the config held all that was needed, and it works.
    Connected {
        /// The account.
        account: Box<AccountView>,
        /// What was checked.
        note: Option<String>,
    },
}

/// A redirect's URL (or its query) as a person pasted it. Holds the code: a secret.
pub struct PastedRedirect(pub SecretString);
