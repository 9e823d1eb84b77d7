//! The switches of a login with Facebook.

use serde::{Deserialize, Serialize};

/// What a call to a Graph version that is over gets (meta-common.md 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retired {
    /// It is raised to the oldest living version in silence.
    #[default]
    Raised,
    /// It is refused.
    Refused,
}

/// What exchanging a long token once more does; Meta does not say (meta-common.md 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongAgain {
    /// A token with the end of the old one.
    #[default]
    SameEnd,
    /// A token for 60 more days.
    Renewed,
}

/// The switches of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSettings {
    /// Whether the dialog agrees at once, without a person.
    pub auto_allow: bool,
    /// Whether the person refuses at once.
    pub auto_refuse: bool,
    /// Permissions that the person does not grant.
    pub declined_scopes: Vec<String>,
    /// Permissions that configurations of Facebook Login for Business name; all that there are when empty.
    pub configuration_scopes: Vec<String>,
    /// Names of Pages that the person does not tick.
    pub unticked_pages: Vec<String>,
    /// The redirect addresses that are registered; any when empty.
    pub redirect_uris: Vec<String>,
    /// How many Pages the person has at least.
    pub pages: usize,
    /// Whether the Pages sit in a business, and `/me/accounts` does not show them.
    pub pages_in_business: bool,
    /// How many Pages one page of `/me/accounts` shows at most.
    pub accounts_at_once: usize,
    /// The HTTP status of error 190: 400 or 401.
    pub token_error_status: u16,
    /// Whether token answers say `expires_in`.
    pub says_expires_in: bool,
    /// Subcode 459 or 464 for every token, until it is taken off again: the same tokens then live on.
    pub checkpoint: Option<i64>,
    /// Names of Pages on which the person has no role any more (190/492).
    pub lost_roles: Vec<String>,
    /// What exchanging a long token does.
    pub long_again: LongAgain,
    /// Whether calls need `appsecret_proof`.
    pub proof_required: bool,
    /// The newest Graph version.
    pub newest_version: u32,
    /// The oldest Graph version that lives.
    pub oldest_version: u32,
    /// What becomes of calls to older ones.
    pub retired: Retired,
    /// Seconds that a code lives.
    pub code_life_s: i64,
    /// The percentage in `X-App-Usage`; without one the header is left out.
    pub app_usage: Option<u8>,
    /// The percentage in `X-Business-Use-Case-Usage`; without one the header is left out.
    pub business_usage: Option<u8>,
    /// What `estimated_time_to_regain_access` says there, in minutes.
    pub regain_minutes: u32,
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self {
            auto_allow: false,
            auto_refuse: false,
            declined_scopes: Vec::new(),
            configuration_scopes: Vec::new(),
            unticked_pages: Vec::new(),
            redirect_uris: Vec::new(),
            pages: 0,
            pages_in_business: false,
            accounts_at_once: 25,
            token_error_status: 400,
            says_expires_in: true,
            checkpoint: None,
            lost_roles: Vec::new(),
            long_again: LongAgain::SameEnd,
            proof_required: false,
            newest_version: 26,
            oldest_version: 21,
            retired: Retired::Raised,
            code_life_s: 600,
            app_usage: None,
            business_usage: None,
            regain_minutes: 0,
        }
    }
}
