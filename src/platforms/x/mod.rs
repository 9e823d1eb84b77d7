//! X (docs/facts/x.md): one call makes a post; media are uploaded before it; every call costs money.

mod auth;
mod calls;
mod check;
mod enquiries;
mod flow;
mod heard;
mod look;
mod matching;
mod message;
mod offers;
mod parts;
mod price;
mod publish;
mod reply;
mod state;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::core::call::Reply;
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::login::Login;
use crate::core::offer::Offers;
use crate::core::platform::{
    Enquiries, FieldShape, FieldSpec, Heard, HostSpec, OptionSpec, Refusal, Standing, Vendor,
};
use crate::domain::account::Profile;
use crate::domain::post::Content;
use crate::domain::time::Timestamp;
use crate::platforms::kit;

/// Where data and token calls go.
const API: &str = "api_base";
/// Where people log in.
const AUTH: &str = "auth_base";
/// Whether X labels a post as made with AI (x.md 4.1).
const MADE_WITH_AI: &str = "made_with_ai";
/// Whether X labels a post as a paid partnership (x.md 4.1).
const PAID_PARTNERSHIP: &str = "paid_partnership";

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

static HOSTS: &[HostSpec] = &[
    HostSpec {
        key: API,
        default: "https://api.x.com",
        help: "data, media and token calls",
    },
    HostSpec {
        key: AUTH,
        default: "https://x.com",
        help: "the page where a person lets crier in",
    },
];

static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: auth::MODE,
        help: "how it logs in: \"oauth2\" (a browser; the default) or \"oauth1\" (tokens from the developer console that do not expire: `access_token` and `access_token_secret`)",
        required: false,
    },
    OptionSpec {
        key: check::PREMIUM,
        help: "\"true\" for an account with Premium, which may post long texts and videos; \"false\" for one that shall not; without it what X says of the account counts",
        required: false,
    },
    OptionSpec {
        key: auth::MESSAGES,
        help: "\"true\" asks for the right to send messages when it is connected",
        required: false,
    },
    OptionSpec {
        key: check::REPLY_SETTINGS,
        help: "who may answer posts that do not say so themselves (`audience`)",
        required: false,
    },
];

static FIELDS: &[FieldSpec] = &[
    FieldSpec {
        key: MADE_WITH_AI,
        shape: FieldShape::Flag,
        help: "tells readers that it was made with AI",
    },
    FieldSpec {
        key: PAID_PARTNERSHIP,
        shape: FieldShape::Flag,
        help: "tells readers that it is a paid partnership",
    },
];

/// X.
pub(crate) struct X;

impl Vendor for X {
    type Flow = flow::XFlow;

    fn flow(&self) -> &'static flow::XFlow {
        &flow::XFlow
    }

    fn name(&self) -> &'static str {
        "x"
    }

    fn title(&self) -> &'static str {
        "X"
    }

    fn offers(&self) -> &'static Offers {
        &offers::OFFERS
    }

    fn remarks(&self) -> &'static [(&'static str, &'static str)] {
        &offers::REMARKS
    }

    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn hosts(&self) -> &'static [HostSpec] {
        HOSTS
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn fields(&self) -> &'static [FieldSpec] {
        FIELDS
    }

    fn login(&self) -> &'static dyn Login {
        &auth::XLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::XEnquiries
    }

    fn check(&self, content: &Content, facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        check::content(content, facts)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        check::options(options)
    }

    fn facts_with(&self, facts: Facts, options: &BTreeMap<String, String>) -> Facts {
        check::facts_with(facts, options)
    }

    fn facts_of(&self, facts: Facts, options: &BTreeMap<String, String>, profile: &Profile) -> Facts {
        check::facts_of(facts, options, profile)
    }

    fn warn(&self, content: &Content, facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        check::warnings(content, facts)
    }

    fn reason(&self, content: &Content, charge: &Charge, facts: &Facts) -> Option<&'static str> {
        price::reason_of(content, charge, facts)
    }

    fn charges(&self, content: &Content) -> Vec<Charge> {
        price::all(content, &FACTS)
    }

    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        auth::scopes_needed(content)
    }

    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        auth::refuses(account)
    }

    fn heard(&self, facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        heard::heard(facts, reply, now)
    }
}
