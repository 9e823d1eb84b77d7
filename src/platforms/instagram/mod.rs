//! Instagram (docs/facts/instagram.md): containers that are polled, then published; two ways to log in.

mod calls;
mod check;
mod comment;
mod container;
mod enquiries;
mod flow;
mod heard;
mod login;
mod look;
mod message;
mod offers;
mod publish;
mod reply;
mod shape;
mod state;
#[cfg(test)]
mod tests;
mod upload;
mod way;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::core::call::Reply;
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::login::Login;
use crate::core::offer::Offers;
use crate::core::platform::{Enquiries, FieldSpec, Heard, HostSpec, OptionSpec, Refusal, Standing, Vendor};
use crate::domain::post::Content;
use crate::domain::time::Timestamp;
use crate::platforms::kit;
use crate::platforms::kit::meta_login::CONFIG_ID;

/// Data and renewals with Instagram's own login.
const API: &str = "api_base";
/// Where people log in with it.
const AUTH: &str = "auth_base";
/// Where its codes become tokens.
const TOKEN: &str = "token_base";
/// Data and tokens with Facebook's login.
const FB_API: &str = "fb_api_base";
/// Where people log in with it.
const FB_AUTH: &str = "fb_auth_base";
/// Where videos are sent with it.
const FB_UPLOAD: &str = "fb_upload_base";

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

const fn host(key: &'static str, default: &'static str, help: &'static str) -> HostSpec {
    HostSpec { key, default, help }
}

static HOSTS: &[HostSpec] = &[
    host(
        API,
        "https://graph.instagram.com",
        "data calls and renewals with Instagram's own login",
    ),
    host(
        AUTH,
        "https://www.instagram.com",
        "the page where a person lets crier in with Instagram's own login",
    ),
    host(
        TOKEN,
        "https://api.instagram.com",
        "where a code becomes a token with Instagram's own login",
    ),
    host(
        FB_API,
        "https://graph.facebook.com",
        "data and token calls with Facebook's login",
    ),
    host(
        FB_AUTH,
        "https://www.facebook.com",
        "the page where a person lets crier in with Facebook's login",
    ),
    host(
        FB_UPLOAD,
        "https://rupload.facebook.com",
        "uploads of videos with Facebook's login",
    ),
];

static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: way::LOGIN,
        help: "which login: \"instagram\" (the default; no Page is needed) or \"facebook\" (through the Page that the account is linked to)",
        required: false,
    },
    OptionSpec {
        key: way::PAGE,
        help: "with `login = \"facebook\"`: which Page, by its id or name, or the Instagram user name",
        required: false,
    },
    OptionSpec {
        key: CONFIG_ID,
        help: "with `login = \"facebook\"`: the configuration of Facebook Login for Business, by its id: it stands in place of the permissions in the dialog's address",
        required: false,
    },
];

/// Instagram.
pub(crate) struct Instagram;

impl Vendor for Instagram {
    type Flow = flow::InstagramFlow;

    fn flow(&self) -> &'static flow::InstagramFlow {
        &flow::InstagramFlow
    }

    fn name(&self) -> &'static str {
        "instagram"
    }

    fn title(&self) -> &'static str {
        "Instagram"
    }

    fn offers(&self) -> &'static Offers {
        &offers::OFFERS
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
        check::FIELDS
    }

    /// For reels (instagram.md 4.2).
    fn takes_covers(&self) -> bool {
        true
    }

    fn login(&self) -> &'static dyn Login {
        &login::InstagramLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::InstagramEnquiries
    }

    fn check(&self, content: &Content, facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        check::content(content, facts)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        check::options(options)
    }

    fn charges(&self, content: &Content) -> Vec<Charge> {
        shape::charges(content)
    }

    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        login::scopes_needed(content, &BTreeMap::new())
    }

    fn scopes_needed_with(&self, content: &Content, options: &BTreeMap<String, String>) -> Vec<&'static str> {
        login::scopes_needed(content, options)
    }

    fn message_files(&self) -> usize {
        1
    }

    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        login::refuses(account)
    }

    fn fetches(&self, content: &Content, account: &Standing<'_>) -> Option<&'static str> {
        calls::fetches(content, account.options)
    }

    fn heard(&self, facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        heard::heard(facts, reply, now)
    }
}
