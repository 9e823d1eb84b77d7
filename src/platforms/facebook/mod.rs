//! Facebook Pages and Messenger (docs/facts/facebook.md, meta-common.md): pictures and videos are uploaded unseen, then
//! one call publishes; Facebook knows no key against doubles, so a lost answer is looked up.

mod auth;
mod calls;
mod check;
mod enquiries;
mod flow;
mod media;
mod offers;
mod parts;
mod publish;
mod reply;
mod rows;
mod seek;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod videos;

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
use crate::domain::post::{Content, Kind};
use crate::domain::time::Timestamp;
use crate::platforms::kit::{self, meta_login};

/// Where data and token calls go.
const API: &str = "api_base";
/// Where people log in.
const AUTH: &str = "auth_base";
/// Where reels and stories are uploaded.
const UPLOAD: &str = "upload_base";

/// The field of queue files that names a video.
const TITLE: &str = "title";

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

static HOSTS: &[HostSpec] = &[
    HostSpec {
        key: API,
        default: "https://graph.facebook.com",
        help: "data and token calls",
    },
    HostSpec {
        key: AUTH,
        default: "https://www.facebook.com",
        help: "the page where a person lets crier in",
    },
    HostSpec {
        key: UPLOAD,
        default: "https://rupload.facebook.com",
        help: "uploads of reels and stories",
    },
];

static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: meta_login::PAGE,
        help: "the Page to publish as, by id or name, when the login shows several",
        required: false,
    },
    OptionSpec {
        key: meta_login::CONFIG_ID,
        help: "the configuration of Facebook Login for Business, by its id: it stands in place of the permissions in the dialog's address",
        required: false,
    },
];

static FIELDS: &[FieldSpec] = &[FieldSpec {
    key: TITLE,
    shape: FieldShape::Words,
    help: "the title of a video or reel",
}];

/// Facebook Pages.
pub(crate) struct Facebook;

impl Vendor for Facebook {
    type Flow = flow::FacebookFlow;

    fn flow(&self) -> &'static flow::FacebookFlow {
        &flow::FacebookFlow
    }

    fn name(&self) -> &'static str {
        "facebook"
    }

    fn title(&self) -> &'static str {
        "Facebook"
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
        FIELDS
    }

    fn login(&self) -> &'static dyn Login {
        &auth::FacebookLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::FacebookEnquiries
    }

    fn check(&self, content: &Content, facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        check::content(content, facts)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        check::options(options)
    }

    fn charges(&self, content: &Content) -> Vec<Charge> {
        parts::charges(content)
    }

    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        auth::scopes_needed(content)
    }

    /// facebook.md 5: a message is text or an attachment.
    fn message_files(&self) -> usize {
        1
    }

    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        auth::refuses(account)
    }

    /// Files of messages alone (facebook.md 5).
    fn fetches(&self, content: &Content, _account: &Standing<'_>) -> Option<&'static str> {
        let file = content.files().next().filter(|_| content.kind == Kind::Message);
        file.map(|_| "files of messages")
    }

    fn heard(&self, _facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        let mut heard = kit::meta_usage::heard(reply, now);
        heard.extend(kit::retired::heard(reply));
        heard
    }
}
