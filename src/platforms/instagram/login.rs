//! Both logins (instagram.md 1 to 3): which one, its scopes, who it is.

mod own;
mod page;

use serde_json::Value;

use super::way::Way;
use crate::core::call::{HttpCall, Reply};
use crate::core::facts::Facts;
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading, Options, RefreshRule};
use crate::core::platform::{Refusal, Standing};
use crate::domain::account::{Profile, USER_ID};
use crate::domain::post::{Content, Kind};
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{self, is_id, word};
use crate::platforms::kit::meta_login::before_granting;
use crate::platforms::kit::text::{id, plain, segment};

/// Of the API for personal accounts (instagram.md 1).
pub(super) const BASIC_DISPLAY: &str = "Instagram Basic Display was shut down in December 2024 and nothing replaces it for personal accounts: make the account Business or Creator in Instagram's app, then use `login = \"instagram\"` (Instagram's own login), or `login = \"facebook\"` when it is linked to a Page";
/// Of app ids of another product (instagram.md 1).
pub(super) const WRONG_APP: &str = "the app's id and secret must be those of its Instagram product (App dashboard, Instagram, API setup with Instagram login), not the Facebook app's; for the Facebook app's use `login = \"facebook\"`";
/// Of personal accounts.
pub(super) const PERSONAL: &str = "this is a personal account, and Instagram lets apps publish for professional ones only: in Instagram's app choose Settings, Account type and tools, Switch to professional account, then connect again";

/// What an account may be asked to do, and the scope for it with either login (instagram.md 2).
struct Scopes {
    basic: &'static str,
    publish: &'static str,
    comments: &'static str,
    messages: &'static [&'static str],
    insights: &'static str,
    /// `None`: not possible with this login.
    delete: Option<&'static str>,
}

fn scopes(way: Way) -> &'static Scopes {
    match way {
        Way::Instagram => &own::SCOPES,
        Way::Facebook => &page::SCOPES,
    }
}

/// The scopes that a content needs.
pub(super) fn scopes_needed(content: &Content, options: &Options) -> Vec<&'static str> {
    let s = scopes(Way::of(options));
    if content.kind == Kind::Message {
        return [s.basic].into_iter().chain(s.messages.iter().copied()).collect();
    }
    let comments = content.first_comment.as_ref().map(|_| s.comments);
    [s.basic, s.publish].into_iter().chain(comments).collect()
}

/// What this account cannot do though Instagram can.
pub(super) fn refuses(account: &Standing<'_>) -> Vec<Refusal> {
    let s = scopes(Way::of(account.options));
    let mut out = Vec::new();
    if s.delete.is_none() {
        out.push(Refusal {
            cell: "delete",
            scope: None,
            why: super::offers::NO_DELETE.to_owned(),
        });
    }
    if account.scopes.is_empty() {
        return out;
    }
    let lacks = |scope: &&str| !account.scopes.iter().any(|s| s == scope);
    let first = first(account.options).map(|first| format!("{first}, then "));
    let first = first.unwrap_or_default();
    let wanted = [
        ("photo", Some(s.publish)),
        ("video", Some(s.publish)),
        ("carousel", Some(s.publish)),
        ("reel", Some(s.publish)),
        ("story", Some(s.publish)),
        ("message", s.messages.iter().copied().find(lacks)),
        ("first_comment", Some(s.comments)),
        ("delete", s.delete),
        ("insights", Some(s.insights)),
    ];
    for (cell, scope) in wanted {
        if let Some(scope) = scope.filter(lacks) {
            out.push(Refusal {
                cell,
                scope: Some(scope),
                why: format!(
                    "the login did not grant {scope}: {first}connect the account again with `crierctl connect` and grant it"
                ),
            });
        }
    }
    out
}

/// What comes before connecting again, when a scope is missing.
fn first(options: &Options) -> Option<String> {
    match Way::of(options) {
        Way::Instagram => None,
        Way::Facebook => before_granting(options),
    }
}

/// The login.
pub(super) struct InstagramLogin;

impl Login for InstagramLogin {
    fn signs_requests(&self) -> bool {
        true
    }

    fn kind(&self, _facts: &Facts, options: &Options) -> LoginKind {
        match Way::of(options) {
            Way::Instagram => own::kind(),
            Way::Facebook => page::LOGIN.kind(options),
        }
    }

    fn scopes(&self, _facts: &Facts, options: &Options) -> Vec<String> {
        match Way::of(options) {
            Way::Instagram => own::used(),
            Way::Facebook => page::LOGIN.used(),
        }
    }

    fn before_granting(&self, options: &Options) -> Option<String> {
        first(options)
    }

    fn way(&self, _facts: &Facts, options: &Options) -> &'static str {
        match Way::of(options) {
            Way::Instagram => "instagram",
            Way::Facebook => "facebook",
        }
    }

    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        match Way::of(&ctx.options) {
            Way::Instagram => own::step(n, ctx),
            Way::Facebook => page::LOGIN.step(n, ctx),
        }
    }

    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match Way::of(&ctx.options) {
            Way::Instagram => own::read(n, ctx, reply, now),
            Way::Facebook => page::LOGIN.read(n, ctx, reply, now),
        }
    }

    /// A Page's token does not end and cannot be renewed without a person (meta-common.md 9).
    fn refresh_rule(&self, facts: &Facts, options: &Options) -> Option<RefreshRule> {
        match Way::of(options) {
            Way::Instagram => Some(RefreshRule {
                min_age_secs: facts.number("refresh_min_age_secs"),
                margin_secs: facts.number("refresh_margin_secs"),
                third: false,
                warn_secs: facts.number("refresh_warn_secs"),
                rotating: false,
            }),
            Way::Facebook => None,
        }
    }

    fn warn_secs(&self, facts: &Facts, options: &Options) -> i64 {
        match Way::of(options) {
            Way::Instagram => facts.number("refresh_warn_secs"),
            Way::Facebook => facts.number("login_warn_secs"),
        }
    }

    fn revoke_call(&self, ctx: &LoginContext) -> Option<HttpCall> {
        match Way::of(&ctx.options) {
            Way::Instagram => None,
            Way::Facebook => Some(page::LOGIN.revoke(ctx)),
        }
    }

    fn revoke_otherwise(&self, ctx: &LoginContext) -> Option<HttpCall> {
        match Way::of(&ctx.options) {
            Way::Instagram => None,
            Way::Facebook => page::LOGIN.revoke_by_app(ctx),
        }
    }

    fn advice(&self, ctx: &LoginContext) -> Vec<String> {
        let advice: &[&str] = match Way::of(&ctx.options) {
            Way::Instagram => own::ADVICE,
            Way::Facebook => page::ADVICE,
        };
        advice.iter().map(|s| (*s).to_owned()).collect()
    }

    fn refresh_call(&self, ctx: &LoginContext) -> Option<HttpCall> {
        match Way::of(&ctx.options) {
            Way::Instagram => Some(own::refresh()),
            Way::Facebook => None,
        }
    }

    fn read_refresh(&self, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match Way::of(&ctx.options) {
            Way::Instagram => own::read_refresh(ctx, reply, now),
            Way::Facebook => LoginReading::Later("a login with Facebook is not renewed by itself".to_owned()),
        }
    }
}

/// An answer as it is, or out of the `{"data":[...]}` that the documentation wraps it in (instagram.md 9).
fn unwrapped(json: &Value) -> &Value {
    json.get("data")
        .and_then(|data| data.as_array().map_or(Some(data), |list| list.first()))
        .unwrap_or(json)
}

/// A profile of either login, over what was known before (the Page that it is reached through).
pub(super) fn profile_of(json: &Value, before: &Profile) -> Option<Profile> {
    let json = unwrapped(json);
    let own = json.get("user_id").and_then(id).filter(|i| is_id(i));
    let plain_id = graph::id_of(json);
    let mut facts = before.facts.clone();
    // Beside `user_id`, `id` is the app-scoped one, which signed requests carry (instagram.md 3).
    if let (Some(_), Some(scoped)) = (&own, &plain_id) {
        facts.insert(USER_ID.to_owned(), scoped.clone());
    }
    if let Some(kind) = word(json, "account_type") {
        facts.insert(ACCOUNT_TYPE.to_owned(), plain(kind, 40));
    }
    let handle = word(json, "username").map(|u| plain(u, 64)).unwrap_or_default();
    Some(Profile {
        remote_id: own.or(plain_id)?,
        url: (!handle.is_empty()).then(|| format!("https://www.instagram.com/{}/", segment(&handle))),
        display_name: word(json, "name")
            .filter(|n| !n.is_empty())
            .map(|n| plain(n, 100)),
        handle,
        facts,
    })
}

const ACCOUNT_TYPE: &str = "account_type";
const PAGE_ID: &str = "page_id";

/// Whether the account is said to be personal; the vendor's own word, which may be missing.
pub(super) fn is_personal(profile: &Profile) -> bool {
    profile
        .facts
        .get(ACCOUNT_TYPE)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("personal"))
}

/// The Page that an account is reached through.
pub(super) fn page_of(profile: &Profile) -> Option<&str> {
    profile.facts.get(PAGE_ID).map(String::as_str)
}
