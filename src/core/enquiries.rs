//! One-off requests about an account: who it is, what it published, what of its limits is used; taking a post back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::call::{Call, Reply};
use super::facts::Facts;
use super::flow::Charge;
use crate::domain::account::Profile;
use crate::domain::post::Content;
use crate::domain::time::Timestamp;

/// What the quota endpoint told.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaReport {
    /// The limit's name in the facts.
    pub limit: String,
    /// Used in the window, by everybody.
    pub used: u32,
    /// The window's maximum, when told.
    pub max: Option<u32>,
}

/// One line of an account's history at its platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RemotePost {
    /// The platform's id.
    pub id: String,
    /// The words, or a part of them.
    pub text: String,
    /// What it is, in the platform's words.
    pub kind: String,
    /// Where people see it.
    pub permalink: Option<String>,
    /// When it was published, RFC 3339 or as the vendor writes it.
    pub published: Option<String>,
}

/// One number about a post or account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Insight {
    /// Its name: `views`.
    pub name: String,
    /// Its value.
    pub value: i64,
    /// The period in the vendor's words.
    pub period: Option<String>,
}

/// An answer to a one-off request about an account (profile, history, ...).
#[derive(Clone, Debug, PartialEq)]
pub enum Told<T> {
    /// What was asked for.
    Yes(T),
    /// Not now: a limit or an outage.
    Later(String),
    /// The token is no longer good.
    Reauthorise(String),
    /// The person took the app's access away.
    Revoked(String),
    /// A permission or setting is missing.
    Blocked(String),
    /// The platform cannot do what the account is for (a personal account where only business ones can publish).
    Unsupported(String),
    /// The platform refused it.
    No(String),
}

/// Which of the one-off requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// [`Enquiries::profile`].
    Profile,
    /// [`Enquiries::quota`].
    Quota,
    /// [`Enquiries::history`], with how many entries are asked for.
    History(u32),
    /// [`Enquiries::insights`].
    Insights,
    /// [`Enquiries::delete`].
    Delete,
}

/// One-off requests about an account: pure, a call and its reading. `None`: the platform has no such call;
/// the reason is in its offers.
pub trait Enquiries: Send + Sync + 'static {
    /// A cheap call that proves the token and tells who it is.
    fn profile(&self, ctx: &Enquiry) -> Call;
    /// Its reading.
    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile>;
    /// The quota endpoint.
    fn quota(&self, ctx: &Enquiry) -> Option<Call>;
    /// Its reading.
    fn read_quota(&self, ctx: &Enquiry, reply: &Reply) -> Told<Vec<QuotaReport>>;
    /// What the account published.
    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call>;
    /// Its reading.
    fn read_history(&self, ctx: &Enquiry, reply: &Reply) -> Told<Vec<RemotePost>>;
    /// Numbers of one post, or of the account when `id` is `None`.
    fn insights(&self, ctx: &Enquiry, id: Option<&str>) -> Option<Call>;
    /// Its reading.
    fn read_insights(&self, ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>>;
    /// Takes a post back. Repeating it is harmless.
    fn delete(&self, ctx: &Enquiry, id: &str) -> Option<Call>;
    /// Its reading; gone already counts as yes.
    fn read_delete(&self, ctx: &Enquiry, reply: &Reply) -> Told<()>;
    /// What a request counts against, and what it costs: it is entered before the call leaves, and a full limit or an
    /// empty purse refuses it as it holds a post.
    fn charges(&self, _ctx: &Enquiry, _which: Which) -> Vec<Charge> {
        Vec::new()
    }
}

/// What an enquiry may know.
#[derive(Clone, Debug)]
pub struct Enquiry {
    /// Who asks; empty before the first profile.
    pub profile: Profile,
    /// Granted scopes; empty when unknown.
    pub scopes: Vec<String>,
    /// The platform's numbers.
    pub facts: Facts,
    /// The account's own settings.
    pub options: BTreeMap<String, String>,
    /// The time of asking.
    pub now: Timestamp,
    /// What lies under the id that is asked about, when crier published it and still knows.
    pub of: Option<Content>,
}
