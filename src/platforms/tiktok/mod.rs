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
use crate::core::platform::{Enquiries, FieldSpec, HostSpec, OptionSpec, Vendor};
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

/// What a post counts against: those of a creator, or the drafts that wait in the inbox (tiktok.md 6).
fn charges(options: &Options) -> Vec<Charge> {
    let kind = match settings::mode(options) {
        settings::Mode::Direct => "posts",
        settings::Mode::Inbox => "drafts",
    };
    [kind, "inits"]
        .map(|limit| Charge {
            limit: limit.to_owned(),
            amount: 1,
        })
        .to_vec()
}

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

    fn check(
        &self,
        content: &Content,
        facts: &Facts,
        options: Option<&BTreeMap<String, String>>,
    ) -> Vec<String> {
        check::content(content, facts, options)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        settings::check(options)
    }

    /// As of an account that publishes directly; what is really counted is what its commit says.
    fn charges(&self, _content: &Content) -> Vec<Charge> {
        charges(&Options::new())
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
