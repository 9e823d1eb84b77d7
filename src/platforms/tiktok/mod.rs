//! TikTok (docs/facts/tiktok.md): a video is announced, uploaded in pieces and published by its last byte; pictures are
//! fetched by TikTok. What became of either its status tells, by the publish_id.

mod auth;
mod calls;
mod check;
mod creator;
mod enquiries;
mod flow;
mod hooks;
mod offers;
mod receipt;
mod reply;
mod seek;
mod settings;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::hook::Hooks;
use crate::core::login::{Login, Options};
use crate::core::offer::Offers;
use crate::core::platform::{Enquiries, FieldSpec, HostSpec, OptionSpec, Refusal, Standing, Vendor};
use crate::core::reach::is_named_https;
use crate::domain::media::MediaKind;
use crate::domain::post::Content;
use crate::platforms::kit;

/// Where data and token calls go.
const API: &str = "api_base";
/// Where people log in.
const AUTH: &str = "auth_base";
/// Where videos are uploaded, unless an answer names another host of TikTok's.
const UPLOAD: &str = "upload_base";

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

static HOSTS: &[HostSpec] = &[
    HostSpec {
        key: API,
        default: "https://open.tiktokapis.com",
        help: "data and token calls",
    },
    HostSpec {
        key: AUTH,
        default: "https://www.tiktok.com",
        help: "the page where a person lets crier in",
    },
    HostSpec {
        key: UPLOAD,
        default: "https://open-upload.tiktokapis.com",
        help: "uploads of videos",
    },
];

/// Once against a limit.
fn one(limit: &str) -> Charge {
    Charge {
        limit: limit.to_owned(),
        amount: 1,
    }
}

/// What the call that publishes counts against: the posts of a creator, and the accounts of an app that is not audited;
/// or the drafts that wait in the inbox (tiktok.md 6).
fn charges(options: &Options) -> Vec<Charge> {
    match settings::mode(options) {
        settings::Mode::Direct if settings::audited(options) => vec![one("posts")],
        settings::Mode::Direct => vec![one("posts"), one("users")],
        settings::Mode::Inbox => vec![one("drafts")],
    }
}

/// What announcing counts against. TikTok counts each of the three calls by itself; crier all of them together.
const INITS: &str = "inits";
/// What asking for a creator's rights counts against.
const CREATOR_INFOS: &str = "creator_infos";
/// What asking how a post stands counts against.
const STATUS_CALLS: &str = "status_calls";

/// What reading profile, list and numbers counts against.
const READS: &str = "reads";

/// TikTok.
pub(crate) struct TikTok;

impl Vendor for TikTok {
    type Flow = flow::TikTokFlow;

    fn flow(&self) -> &'static flow::TikTokFlow {
        &flow::TikTokFlow
    }

    fn name(&self) -> &'static str {
        "tiktok"
    }

    fn title(&self) -> &'static str {
        "TikTok"
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
        settings::OPTIONS
    }

    fn fields(&self) -> &'static [FieldSpec] {
        settings::FIELDS
    }

    fn login(&self) -> &'static dyn Login {
        &auth::TikTokLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::TikTokEnquiries
    }

    fn hooks(&self) -> Option<&'static dyn Hooks> {
        Some(&hooks::TikTokHooks)
    }

    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        check::content(content, facts, options)
    }

    fn warn(&self, content: &Content, _facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        check::warnings(content, options)
    }

    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        auth::refuses(account)
    }

    /// Pictures; videos are sent (tiktok.md 4.5, 4.6).
    fn fetches(&self, content: &Content, _account: &Standing<'_>) -> Option<&'static str> {
        let video = content.files().any(|m| m.facts.kind == MediaKind::Video);
        let any = content.files().next().filter(|_| !video);
        any.map(|_| "pictures")
    }

    /// tiktok.md 4.5: "URL must be https, host not an IP".
    fn cannot_fetch_from(&self, url: &str) -> Option<&'static str> {
        (!is_named_https(url)).then_some("which TikTok refuses")
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        settings::check(options)
    }

    /// As of an account that publishes directly with an app that is not audited; what is really counted is what its calls
    /// say.
    fn charges(&self, _content: &Content) -> Vec<Charge> {
        let mut all = vec![one(CREATOR_INFOS), one(INITS)];
        all.extend(charges(&Options::new()));
        all.push(one(STATUS_CALLS));
        all
    }

    /// Nothing that holds for every account: the mode decides.
    fn scopes_needed(&self, _content: &Content) -> Vec<&'static str> {
        Vec::new()
    }

    fn scopes_needed_with(
        &self,
        _content: &Content,
        options: &BTreeMap<String, String>,
    ) -> Vec<&'static str> {
        vec![auth::needed(options)]
    }
}
