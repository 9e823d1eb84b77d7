//! Login as a Page (facebook.md 2): the steps are the kit's, what is asked for and what a Page stands for is here.

use std::collections::BTreeMap;

use super::parts::{self, What};
use crate::core::call::{HttpCall, Reply};
use crate::core::facts::Facts;
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading, Options, RefreshRule};
use crate::core::platform::{Refusal, Standing};
use crate::domain::account::Profile;
use crate::domain::post::Content;
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::word;
use crate::platforms::kit::meta_login::{Page, PageLogin, before_granting};
use crate::platforms::kit::text::plain;

const LIST: &str = "pages_show_list";
const POSTS: &str = "pages_manage_posts";
/// Needed to read own posts, so to find out what a lost answer was.
const READ: &str = "pages_read_engagement";
const COMMENTS: &str = "pages_manage_engagement";
const MESSAGES: &str = "pages_messaging";
const INSIGHTS: &str = "read_insights";

static PAGES: PageLogin = PageLogin {
    api: super::API,
    dialog: super::AUTH,
    scopes: &[
        LIST,
        POSTS,
        READ,
        COMMENTS,
        "pages_read_user_content",
        INSIGHTS,
        MESSAGES,
        "business_management",
    ],
    needed: &[LIST, POSTS, READ],
    task: "CREATE_CONTENT",
    fields: "username,link",
    profile: |page| Some(profile_of_page(page)),
    nothing: "this login shows no Page: Facebook's API publishes only as a Page, never as a person or in a group. Whoever logs in needs a role on the Page; connect again and tick it (in the dialog: “Edit settings”)",
    unlinked: "none of the Pages of this login can be published to; connect again and tick the Page (in the dialog: “Edit settings”)",
};

/// The scopes that a content needs.
pub(super) fn scopes_needed(content: &Content) -> Vec<&'static str> {
    let mut scopes = match parts::what(content) {
        What::Message => vec![MESSAGES],
        What::Comment => vec![COMMENTS, READ],
        What::Words | What::Photos | What::Video | What::Reel | What::PhotoStory | What::VideoStory => {
            vec![POSTS, READ]
        }
    };
    if content.first_comment.is_some() {
        scopes.push(COMMENTS);
    }
    scopes
}

/// What this login cannot do, where it told its scopes.
pub(super) fn refuses(account: &Standing<'_>) -> Vec<Refusal> {
    if account.scopes.is_empty() {
        return Vec::new();
    }
    let first = before_granting(account.options).map(|first| format!("{first}, then "));
    let first = first.unwrap_or_default();
    let wanted = [
        ("text", POSTS),
        ("link", POSTS),
        ("photo", POSTS),
        ("carousel", POSTS),
        ("video", POSTS),
        ("reel", POSTS),
        ("story", POSTS),
        ("delete", POSTS),
        ("message", MESSAGES),
        ("reply", COMMENTS),
        ("first_comment", COMMENTS),
        ("history", READ),
        ("insights", INSIGHTS),
    ];
    wanted
        .into_iter()
        .filter(|(_, scope)| !account.scopes.iter().any(|granted| granted == scope))
        .map(|(cell, scope)| Refusal {
            cell,
            scope: Some(scope),
            why: format!(
                "its login did not grant {scope}: {first}connect the account again with `crierctl connect` and leave it switched on"
            ),
        })
        .collect()
}

fn profile_of_page(page: &Page) -> Profile {
    let username = word(&page.json, "username").filter(|u| !u.is_empty());
    let link = word(&page.json, "link").filter(|l| l.starts_with("https://") && l.len() <= 200);
    Profile {
        remote_id: page.id.clone(),
        handle: plain(username.unwrap_or(&page.name), 64),
        display_name: Some(page.name.clone()).filter(|n| !n.is_empty()),
        url: Some(link.map_or_else(
            || format!("https://www.facebook.com/{}", page.id),
            |l| plain(l, 200),
        )),
        facts: BTreeMap::new(),
    }
}

/// The login.
pub(super) struct FacebookLogin;

impl Login for FacebookLogin {
    fn signs_requests(&self) -> bool {
        true
    }

    fn kind(&self, _facts: &Facts, options: &Options) -> LoginKind {
        PAGES.kind(options)
    }

    fn scopes(&self, _facts: &Facts, _options: &Options) -> Vec<String> {
        PAGES.used()
    }

    fn before_granting(&self, options: &Options) -> Option<String> {
        before_granting(options)
    }

    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        PAGES.step(n, ctx)
    }

    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        PAGES.read(n, ctx, reply, now)
    }

    /// facebook.md 2: there is no refresh. A Page's token has no end of its own.
    fn refresh_rule(&self, _facts: &Facts, _options: &Options) -> Option<RefreshRule> {
        None
    }

    fn warn_secs(&self, facts: &Facts, _options: &Options) -> i64 {
        facts.number("login_warn_secs")
    }

    fn revoke_call(&self, ctx: &LoginContext) -> Option<HttpCall> {
        Some(PAGES.revoke(ctx))
    }

    fn revoke_otherwise(&self, ctx: &LoginContext) -> Option<HttpCall> {
        PAGES.revoke_by_app(ctx)
    }

    fn advice(&self, _ctx: &LoginContext) -> Vec<String> {
        [
            "log in as a person who has a role on the Page with the task “create content”, tick that Page in the dialog, leave those ticked that crier uses already (a Page that is unticked there loses its connection), and leave every permission switched on",
            "posts of an app in development mode are seen only by people with a role on the app: switch it to Live at developers.facebook.com",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn refresh_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        None
    }

    fn read_refresh(&self, _ctx: &LoginContext, _reply: &Reply, _now: Timestamp) -> LoginReading {
        LoginReading::Later("a login with Facebook cannot be renewed without a person".to_owned())
    }
}
