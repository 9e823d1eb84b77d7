//! Logging in with Facebook, and choosing one of the Pages that the login shows (facebook.md 2, meta-common.md 5-9).
//!
//! Steps: the code, the long user token, the permissions, who it is, the Pages (up to [`PAGES`] lists), the Pages of
//! business portfolios (lists of a person's Pages may lack them), the chosen Page, and a look at its token. What is published goes with the Page's token; the
//! person's long token stays in the refresh slot, for finding Pages again and for taking the login back.

mod calls;
mod choice;
mod notes;

use secrecy::SecretString;
use serde_json::Value;

use super::graph::{self, Class, Read};
use super::text::{id, plain, seconds};
use crate::core::call::{HttpCall, Reply};
use crate::core::login::{
    LoginContext, LoginKind, LoginNext, LoginReading, OAuthLogin, Options, Pkce, TokenSet,
};
use crate::domain::account::Profile;
use crate::domain::time::Timestamp;
use notes::Notes;

/// The account's own setting that names the Page.
pub(crate) const PAGE: &str = "page";
/// The account's own setting that names a configuration of Facebook Login for Business.
pub(crate) const CONFIG_ID: &str = "config_id";
/// The key in a profile's facts for the app's id: posts tell which app made them (facebook.md 8 C).
pub(crate) const APP_ID: &str = "app_id";

/// Lists of Pages that are read, a hundred Pages each.
const PAGES: usize = 5;
/// Lists of business portfolios that are read, a hundred each.
const PORTFOLIO_LISTS: usize = 2;
/// Business portfolios that are looked through.
const BUSINESSES: usize = 40;
/// Lists of Pages of portfolios that are read: the two of each portfolio, and where they go on.
const EDGE_LISTS: usize = 100;

const CODE: usize = 0;
const LONG: usize = 1;
const PERMISSIONS: usize = 2;
const ME: usize = 3;
const LISTS: usize = 4;
const PORTFOLIOS: usize = LISTS + PAGES;
const EDGES: usize = PORTFOLIOS + PORTFOLIO_LISTS;
const CHOSEN: usize = EDGES + EDGE_LISTS;
const INSPECT: usize = CHOSEN + 1;

/// A Page as a list shows it.
pub(crate) struct Page {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its token; absent when the Page was not ticked or the role is too small.
    pub(crate) token: Option<SecretString>,
    /// What the person may do there; empty when not told.
    pub(crate) tasks: Vec<String>,
    /// All that was told.
    pub(crate) json: Value,
}

/// A platform's login with Facebook.
pub(crate) struct PageLogin {
    /// The host of data and token calls.
    pub(crate) api: &'static str,
    /// The host of the dialog.
    pub(crate) dialog: &'static str,
    /// All scopes that are asked for.
    pub(crate) scopes: &'static [&'static str],
    /// Those without which nothing works.
    pub(crate) needed: &'static [&'static str],
    /// The task on the Page without which nothing works; `MANAGE` includes it.
    pub(crate) task: &'static str,
    /// Fields of Pages beside `id`, `name`, `access_token` and `tasks`: `username,link`.
    pub(crate) fields: &'static str,
    /// The account that a Page stands for; `None`: none, it is not offered.
    pub(crate) profile: fn(&Page) -> Option<Profile>,
    /// What is said when the login shows no Page.
    pub(crate) nothing: &'static str,
    /// What is said of Pages that stand for no account.
    pub(crate) unlinked: &'static str,
}

impl PageLogin {
    /// The dialog. Permissions that were declined once are asked for again. A configuration of Facebook Login for
    /// Business names them itself (facebook.md 2: `config_id` instead of `scope`).
    pub(crate) fn kind(&self, options: &Options) -> LoginKind {
        let config = configuration(options);
        let asked = if config.is_some() { &[] } else { self.scopes };
        let mut extra = vec![("auth_type", "rerequest".to_owned())];
        extra.extend(config.map(|id| (CONFIG_ID, id.to_owned())));
        LoginKind::OAuth(OAuthLogin {
            host: self.dialog,
            // meta-common.md 1: the version may be left out here.
            path: "/dialog/oauth",
            client_id_param: "client_id",
            scopes: asked.iter().map(|s| (*s).to_owned()).collect(),
            scope_separator: ",",
            pkce: Pkce::None,
            extra,
        })
    }

    /// The scopes that are used, whether the address or a configuration names them.
    pub(crate) fn used(&self) -> Vec<String> {
        self.scopes.iter().map(|s| (*s).to_owned()).collect()
    }

    /// The `n`th call.
    pub(crate) fn step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        let notes = Notes::of(ctx);
        let decided = !ctx.profile.remote_id.is_empty();
        match n {
            CODE => LoginNext::Call(calls::code(self, ctx)),
            LONG => LoginNext::Call(calls::long(self, ctx)),
            PERMISSIONS => LoginNext::Call(calls::permissions(self, ctx)),
            ME => LoginNext::Call(calls::me(self, ctx)),
            LISTS..PORTFOLIOS if !decided && !notes.listed => {
                LoginNext::Call(calls::accounts(self, ctx, notes.after.as_deref()))
            }
            PORTFOLIOS..EDGES
                if !decided && notes.chosen.is_none() && (n == PORTFOLIOS || notes.after.is_some()) =>
            {
                LoginNext::Call(calls::businesses(self, ctx, notes.after.as_deref()))
            }
            EDGES..CHOSEN if !decided && notes.chosen.is_none() => match notes.businesses.get(notes.edge / 2)
            {
                Some(business) => {
                    let after = notes.after.as_deref();
                    LoginNext::Call(calls::business_pages(
                        self,
                        ctx,
                        business,
                        edge(notes.edge),
                        after,
                    ))
                }
                None => LoginNext::Pass,
            },
            CHOSEN if !decided => match &notes.chosen {
                Some(page) => LoginNext::Call(calls::page(self, ctx, page)),
                None => LoginNext::Pass,
            },
            LISTS..=CHOSEN => LoginNext::Pass,
            INSPECT => LoginNext::Call(calls::inspect(self, &ctx.facts)),
            _ => LoginNext::Done,
        }
    }

    /// What the reply to the `n`th call means.
    pub(crate) fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match (n, see(reply)) {
            (CODE, Ok(json)) => match token(&json) {
                Some(short) => LoginReading::Tokens(TokenSet {
                    access: Some(short),
                    issued: Some(now),
                    ..TokenSet::default()
                }),
                None => LoginReading::Later("Facebook answered the code without a token".to_owned()),
            },
            (LONG, Ok(json)) => long(&json, now),
            (PERMISSIONS, Ok(json)) => self.permissions(&ctx.options, &json),
            (ME, Ok(json)) => me(&json),
            (LISTS..PORTFOLIOS, Ok(json)) => choice::list(self, ctx, n + 1 == PORTFOLIOS, &json),
            (PORTFOLIOS..EDGES, Ok(json)) => choice::businesses(self, ctx, n + 1 == EDGES, &json),
            (EDGES..CHOSEN, Ok(json)) => choice::business_pages(self, ctx, n + 1 == CHOSEN, &json),
            (CHOSEN, Ok(json)) => choice::page(self, ctx, &json),
            (_, Ok(json)) => inspected(&json),
            (CODE, Err(problem)) => not_exchanged(problem),
            (LONG..PORTFOLIOS | CHOSEN, Err(problem)) => failed(problem),
            (PORTFOLIOS..CHOSEN, Err(problem)) if problem.class == Class::Reauthorise => failed(problem),
            // Portfolios only add to what the lists showed: but what is not seen today may be the Page that is meant.
            (PORTFOLIOS..CHOSEN, Err(problem)) if problem.passes() => {
                choice::broken_off(self, ctx, &problem.why)
            }
            (PORTFOLIOS..EDGES, Err(_)) => choice::no_more_businesses(self, ctx),
            (EDGES..CHOSEN, Err(_)) => choice::no_business_pages(self, ctx, n + 1 == CHOSEN),
            // So does the look at the token.
            (_, Err(_)) => LoginReading::Skip,
        }
    }

    /// Takes the login back: all permissions of the app, with the person's own token.
    pub(crate) fn revoke(&self, ctx: &LoginContext) -> HttpCall {
        calls::revoke(self, ctx)
    }

    /// The same with the app's token: the person's ends after 60 days, while the Page's goes on (meta-common.md 9).
    pub(crate) fn revoke_by_app(&self, ctx: &LoginContext) -> Option<HttpCall> {
        calls::revoke_by_app(self, ctx)
    }

    fn permissions(&self, options: &Options, json: &Value) -> LoginReading {
        let Some(list) = json.get("data").and_then(Value::as_array) else {
            return LoginReading::Later("Facebook answered without a list of permissions".to_owned());
        };
        let granted: Vec<String> = list
            .iter()
            .filter(|entry| graph::word(entry, "status") == Some("granted"))
            .filter_map(|entry| graph::word(entry, "permission").map(|p| plain(p, 80)))
            .collect();
        let missing: Vec<&str> = self
            .needed
            .iter()
            .copied()
            .filter(|scope| !granted.iter().any(|g| g == scope))
            .collect();
        if missing.is_empty() {
            LoginReading::Noted(notes::granted(&granted))
        } else {
            let first = before_granting(options).map(|first| format!("{first}, then "));
            LoginReading::Blocked(format!(
                "{} was not granted: {}connect again and leave every permission switched on (in the dialog: “Edit settings”)",
                missing.join(", "),
                first.unwrap_or_default()
            ))
        }
    }
}

/// The `n`th edge of all portfolios: of each its own Pages, then those of its clients.
fn edge(n: usize) -> &'static str {
    if n.is_multiple_of(2) {
        "owned_pages"
    } else {
        "client_pages"
    }
}

fn token(json: &Value) -> Option<SecretString> {
    graph::word(json, "access_token")
        .filter(|t| !t.is_empty())
        .map(SecretString::from)
}

/// The long token is the one that finds Pages, so it is kept in the refresh slot from here on.
fn long(json: &Value, now: Timestamp) -> LoginReading {
    let Some(long) = token(json) else {
        return LoginReading::Later("Facebook answered the exchange without a token".to_owned());
    };
    let lives = seconds(json, "expires_in");
    LoginReading::Tokens(TokenSet {
        access: Some(long.clone()),
        refresh: Some(long),
        refresh_expires: lives.map(|s| now.after_secs(s)),
        issued: Some(now),
        ..TokenSet::default()
    })
}

fn me(json: &Value) -> LoginReading {
    match graph::id_of(json) {
        Some(user) => LoginReading::Noted(notes::user(&user)),
        None => LoginReading::Later("Facebook answered without the id of who logged in".to_owned()),
    }
}

/// What `debug_token` told of the Page's token (meta-common.md 7). It has no end of its own (`expires_at` 0), but the
/// access to data that it stands for has one.
fn inspected(json: &Value) -> LoginReading {
    let Some(data) = json.get("data") else {
        return LoginReading::Skip;
    };
    if data.get("is_valid").and_then(Value::as_bool) == Some(false) {
        return LoginReading::Dead(
            "Facebook says that the new token is not valid; begin the login again".to_owned(),
        );
    }
    let at = |key: &str| seconds(data, key).map(Timestamp::from_secs);
    let ends = [at("expires_at"), at("data_access_expires_at")];
    LoginReading::Inspected(TokenSet {
        expires: ends.into_iter().flatten().min(),
        issued: at("issued_at"),
        ..TokenSet::default()
    })
}

/// The configuration of Facebook Login for Business that an account names.
fn configuration(options: &Options) -> Option<&str> {
    let id = options.get(CONFIG_ID)?.trim();
    Some(id).filter(|id| !id.is_empty())
}

/// Permissions that a configuration lacks are not in the dialog either (facebook.md 2).
pub(crate) fn before_granting(options: &Options) -> Option<String> {
    let id = configuration(options)?;
    Some(format!(
        "add what is missing to the configuration {id} at Meta (app dashboard, Facebook Login for Business, Configurations)"
    ))
}

/// What is wrong with a `config_id`.
pub(crate) fn bad_config(options: &Options) -> Option<(String, String)> {
    let id = options.get(CONFIG_ID)?;
    let good = graph::is_id(id.trim());
    (!good).then(|| {
        let why = format!("{id:?} is no id: it is a number, which stands beside the configuration's name in the app dashboard (Facebook Login for Business, Configurations)");
        (CONFIG_ID.to_owned(), why)
    })
}

/// A failed step of a login.
struct Problem {
    class: Class,
    why: String,
    haystack: String,
    /// Not JSON, or the server's own failure: nothing was said about this login.
    silent: bool,
}

impl Problem {
    /// Whether asking later may bring another answer; else it may not be read at all, and the rest counts.
    fn passes(&self) -> bool {
        match self.class {
            Class::RetryLater
            | Class::NewContainer
            | Class::NotReady
            | Class::Fetch
            | Class::Limited(_)
            | Class::Suspected(_)
            | Class::Duplicate => true,
            // What nobody knows counts only where nothing was said.
            Class::Unknown => self.silent,
            Class::Reauthorise | Class::Gone | Class::NoSuchField | Class::Person | Class::Reject => false,
        }
    }
}

fn see(reply: &Reply) -> Result<Value, Problem> {
    let Reply::Http(http) = reply else {
        return Err(Problem {
            class: Class::Unknown,
            why: "an SMTP reply came to an HTTP call".to_owned(),
            haystack: String::new(),
            silent: true,
        });
    };
    match graph::read(http) {
        Read::Good(json) => Ok(json),
        Read::Bad(error) => {
            let row = graph::classify(&error);
            let advice = if row.advice.is_empty() {
                String::new()
            } else {
                format!("; {}", row.advice)
            };
            Err(Problem {
                class: row.class,
                why: format!("Facebook says {}{advice}", error.describe()),
                silent: http.status >= 500,
                haystack: error.haystack,
            })
        }
        Read::NotJson => Err(Problem {
            class: Class::Unknown,
            why: format!(
                "Facebook answered HTTP {} with something that is not its JSON",
                http.status
            ),
            haystack: String::new(),
            silent: true,
        }),
    }
}

/// A code works once: most failures end this login, not the account.
fn not_exchanged(p: Problem) -> LoginReading {
    if p.haystack.contains("client secret") || p.haystack.contains("client_secret") {
        return LoginReading::Blocked(format!("{}; look at `client_secret` of the app", p.why));
    }
    if p.haystack.contains("redirect_uri") || p.haystack.contains("redirect uri") {
        return LoginReading::Blocked(format!(
            "{}; the redirect URI must stand among the app's Valid OAuth Redirect URIs exactly as crier sends it",
            p.why
        ));
    }
    match p.class {
        Class::Person => LoginReading::Blocked(p.why),
        Class::Limited(_)
        | Class::Suspected(_)
        | Class::RetryLater
        | Class::NewContainer
        | Class::NotReady => LoginReading::Later(p.why),
        Class::Unknown if p.silent => LoginReading::Later(p.why),
        Class::Unknown
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Reject => LoginReading::Dead(format!("{}; begin the login again", p.why)),
    }
}

fn failed(p: Problem) -> LoginReading {
    match p.class {
        Class::Reauthorise => LoginReading::Dead(p.why),
        Class::Person => LoginReading::Blocked(p.why),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reject
        | Class::Unknown => LoginReading::Later(p.why),
    }
}

/// The Page that an entry of a list is; `None`: it has no usable id.
fn page_of(json: &Value) -> Option<Page> {
    let tasks = json
        .get("tasks")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    Some(Page {
        id: json.get("id").and_then(id).filter(|i| graph::is_id(i))?,
        name: plain(graph::word(json, "name").unwrap_or_default(), 100),
        token: token(json),
        tasks,
        json: json.clone(),
    })
}
