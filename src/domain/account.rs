//! Accounts as crier knows them: their connection and what their server told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How an account stands with its platform (contract 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionStatus {
    /// Works.
    Connected,
    /// Works, but a person must act soon.
    Expiring,
    /// Its token has ended.
    Expired,
    /// The vendor said that access was taken away.
    Revoked,
    /// Something a person must mend (a permission, a certificate, a restriction).
    Error,
    /// The platform cannot do what the account is declared for.
    Unsupported,
    /// Not yet connected.
    #[default]
    Never,
}

impl ConnectionStatus {
    /// What a sentence says about an account: `is expired`, `is not connected`.
    pub fn predicate(self) -> String {
        match self {
            ConnectionStatus::Never => "is not connected".to_owned(),
            ConnectionStatus::Error => "has an error".to_owned(),
            ConnectionStatus::Connected
            | ConnectionStatus::Expiring
            | ConnectionStatus::Expired
            | ConnectionStatus::Revoked
            | ConnectionStatus::Unsupported => format!("is {}", self.word()),
        }
    }

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            ConnectionStatus::Connected => "connected",
            ConnectionStatus::Expiring => "expiring",
            ConnectionStatus::Expired => "expired",
            ConnectionStatus::Revoked => "revoked",
            ConnectionStatus::Error => "error",
            ConnectionStatus::Unsupported => "unsupported",
            ConnectionStatus::Never => "never",
        }
    }

    /// Whether it has a login that is kept: renewed, and proved each day, until a person or the vendor ends it.
    pub fn has_login(self) -> bool {
        match self {
            ConnectionStatus::Connected
            | ConnectionStatus::Expiring
            | ConnectionStatus::Error
            | ConnectionStatus::Unsupported => true,
            ConnectionStatus::Expired | ConnectionStatus::Revoked | ConnectionStatus::Never => false,
        }
    }

    /// Whether calls may be made with it.
    pub fn usable(self) -> bool {
        match self {
            ConnectionStatus::Connected | ConnectionStatus::Expiring => true,
            ConnectionStatus::Expired
            | ConnectionStatus::Revoked
            | ConnectionStatus::Error
            | ConnectionStatus::Unsupported
            | ConnectionStatus::Never => false,
        }
    }
}

/// The key in [`Profile::facts`] for the id of the person who logged in, where that is not the account itself.
pub const USER_ID: &str = "user_id";

/// Who the account is at its vendor. Never holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The vendor's id of the user.
    pub remote_id: String,
    /// The name in addresses (`@name`), or the mail address.
    pub handle: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// Anything else the server told that capabilities depend on.
    pub facts: BTreeMap<String, String>,
}

/// What an account was connected with: with another platform, way of logging in or app its tokens are somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeWith {
    /// The platform's name.
    pub platform: String,
    /// Which of its ways of logging in; empty where there is one.
    pub way: String,
    /// The app's client id; empty where there is no app.
    pub client_id: String,
    /// Which of several identities was named for the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl MadeWith {
    /// Whether tokens of the one are tokens of the other: all but which identity was named.
    pub fn fits(&self, other: &MadeWith) -> bool {
        (&self.platform, &self.way, &self.client_id) == (&other.platform, &other.way, &other.client_id)
    }
}

/// An account's durable record beside its sealed tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// How it stands.
    pub status: ConnectionStatus,
    /// Why, in words, when it is not simply connected.
    pub reason: Option<String>,
    /// Who it is.
    pub profile: Option<Profile>,
    /// The scopes that were granted; empty when the platform has none or does not tell.
    pub scopes: Vec<String>,
    /// When the token set in use was issued.
    pub issued: Option<Timestamp>,
    /// When the access token ends; `None`: unknown or never.
    pub expires: Option<Timestamp>,
    /// When a refresh last worked.
    pub refreshed: Option<Timestamp>,
    /// How many refreshes have worked.
    pub refreshes: u32,
    /// When a refresh last failed, how often in a row.
    pub refresh_failures: u32,
    /// Not before this is another refresh tried.
    pub refresh_after: Option<Timestamp>,
    /// When renewing ends too, so that a person must log in again by then; `None`: unknown or never.
    #[serde(default)]
    pub renewal_ends: Option<Timestamp>,
    /// The vendor's final word: nothing but a new login gives another token. The access token may still work.
    #[serde(default)]
    pub renewal_over: bool,
    /// When the vendor refused the access token in use, which is renewed before anybody is asked; `None`: it did not.
    #[serde(default)]
    pub refused: Option<Timestamp>,
    /// When a renewal was last asked for because of that.
    #[serde(default)]
    pub forced: Option<Timestamp>,
    /// When the platform last proved that the token works.
    pub last_verified: Option<Timestamp>,
    /// When it was connected by a person.
    pub connected: Option<Timestamp>,
    /// What it was connected with; `None`: by a version that did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<MadeWith>,
    /// What it was before the config declared it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<Box<Connection>>,
}
