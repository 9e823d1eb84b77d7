//! Which of the Pages: the only one, or the one that was named. Everything else is said so that a person can act.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::graph;
use super::super::text::{id, plain};
use super::notes::{self, Notes, Shown};
use super::{APP_ID, BUSINESSES, PAGE, Page, PageLogin, page_of};
use crate::core::login::{LoginContext, LoginReading, TokenSet};
use crate::domain::account::{Profile, USER_ID};

/// Pages named in a sentence; more only make it unreadable.
const NAMED: usize = 20;
/// Pages remembered over several lists.
const REMEMBERED: usize = 500;
/// Pages of a full list.
const FULL: usize = 100;
/// Whoever has this task may do everything on a Page.
const MANAGE: &str = "MANAGE";
/// Longest cursor that is believed.
const CURSOR_MAX: usize = 500;

/// One list of `/me/accounts`.
pub(super) fn list(login: &PageLogin, ctx: &LoginContext, last: bool, json: &Value) -> LoginReading {
    let Some(here) = pages(json) else {
        return LoginReading::Later("Facebook answered without a list of Pages".to_owned());
    };
    if let Some(reading) = named(login, ctx, &here) {
        return reading;
    }
    let so_far = so_far(login, ctx, &here);
    let after = after(json, here.len());
    if after.is_some() && !last {
        return noted(login, ctx, &here, notes::pages(&so_far.shown, after.as_deref()));
    }
    let so_far = so_far.and_more(after.is_some());
    let portfolios = Notes::of(ctx).granted.iter().any(|s| s == "business_management");
    conclude(login, ctx, &so_far, &here, !portfolios)
}

/// A list of portfolios: lists of a person's Pages may lack those that lie in one (instagram.md 2), so these are read
/// before a choice is made.
pub(super) fn businesses(login: &PageLogin, ctx: &LoginContext, last: bool, json: &Value) -> LoginReading {
    let listed = json.get("data").and_then(Value::as_array);
    let here = listed.map_or(0, Vec::len);
    let ids = listed
        .into_iter()
        .flatten()
        .filter_map(|b| b.get("id").and_then(id));
    let mut all = Notes::of(ctx).businesses;
    for one in ids.filter(|b| graph::is_id(b)) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    let after = after(json, here);
    if all.is_empty() && (after.is_none() || last) {
        return no_more_businesses(login, ctx);
    }
    let beyond = all.len() > BUSINESSES || (last && after.is_some());
    all.truncate(BUSINESSES);
    let after = after.filter(|_| !beyond && !last);
    let mut notes = notes::businesses(&all, after.as_deref());
    if beyond {
        notes.extend(notes::capped());
    }
    LoginReading::Noted(notes)
}

/// There are none, or no more of them may be read.
pub(super) fn no_more_businesses(login: &PageLogin, ctx: &LoginContext) -> LoginReading {
    let before = Notes::of(ctx).businesses;
    if before.is_empty() {
        return conclude(login, ctx, &so_far(login, ctx, &[]), &[], true);
    }
    LoginReading::Noted(notes::businesses(&before, None))
}

/// A list of the Pages of a portfolio; `last`: there is no step for another.
pub(super) fn business_pages(
    login: &PageLogin,
    ctx: &LoginContext,
    last: bool,
    json: &Value,
) -> LoginReading {
    let here = pages(json).unwrap_or_default();
    if let Some(reading) = named(login, ctx, &here) {
        return reading;
    }
    next_edge(login, ctx, last, &here, after(json, here.len()))
}

/// It may not be read.
pub(super) fn no_business_pages(login: &PageLogin, ctx: &LoginContext, last: bool) -> LoginReading {
    next_edge(login, ctx, last, &[], None)
}

/// On with this edge of a portfolio, with the next one, or to the end.
fn next_edge(
    login: &PageLogin,
    ctx: &LoginContext,
    last: bool,
    here: &[Page],
    after: Option<String>,
) -> LoginReading {
    let (so_far, before) = (so_far(login, ctx, here), Notes::of(ctx));
    let over = after.is_none() && before.edge + 1 >= 2 * before.businesses.len();
    if over || last {
        return conclude(login, ctx, &so_far.and_more(!over), here, true);
    }
    let mut notes = notes::pages(&so_far.shown, None);
    match after {
        Some(after) => notes.extend(notes::pages(&so_far.shown, Some(&after))),
        None => notes.extend(notes::edge(before.edge + 1)),
    }
    if so_far.capped {
        notes.extend(notes::capped());
    }
    noted(login, ctx, here, notes)
}

/// Portfolios or their Pages could not be read now: what was seen is not all, so nothing is taken but what an id names.
pub(super) fn broken_off(login: &PageLogin, ctx: &LoginContext, why: &str) -> LoginReading {
    let seen = so_far(login, ctx, &[]).and_more(true);
    match conclude(login, ctx, &seen, &[], true) {
        LoginReading::Blocked(words) => LoginReading::Later(format!(
            "Facebook did not show all business portfolios and their Pages ({why}); of what it showed: {words}"
        )),
        other => other,
    }
}

/// The Page that was chosen from an earlier list.
pub(super) fn page(login: &PageLogin, ctx: &LoginContext, json: &Value) -> LoginReading {
    match page_of(json) {
        Some(mut page) => {
            // Only lists tell the tasks.
            if let Some(tasks) = Notes::of(ctx).lacking.remove(&page.id) {
                page.tasks = tasks;
            }
            take(login, ctx, page)
        }
        None => LoginReading::Later("Facebook answered without the Page that was asked for".to_owned()),
    }
}

fn pages(json: &Value) -> Option<Vec<Page>> {
    let list = json.get("data")?.as_array()?;
    Some(list.iter().filter_map(page_of).collect())
}

/// Where the next list begins. An empty list may have a next one (meta-common.md 2).
fn after(json: &Value, here: usize) -> Option<String> {
    let paging = json.get("paging")?;
    let cursor = paging.get("cursors")?.get("after")?.as_str()?;
    // The last list has a cursor too, but no address of a next one; where lists have none at all, a full one goes on.
    let more = paging.get("next").is_some() || here >= FULL;
    (more && !cursor.is_empty() && cursor.len() <= CURSOR_MAX).then(|| cursor.to_owned())
}

/// The Page that a person named, by id or name.
fn wanted(ctx: &LoginContext) -> Option<&str> {
    ctx.options.get(PAGE).map(|p| p.trim()).filter(|p| !p.is_empty())
}

fn is_named(page: &Page, wanted: &str) -> bool {
    let username = graph::word(&page.json, "username").unwrap_or_default();
    page.id == wanted
        || page.name.to_lowercase() == wanted.to_lowercase()
        || (!username.is_empty() && username.eq_ignore_ascii_case(wanted.trim_start_matches('@')))
}

/// By the name of the account that it stands for.
fn stands_for(login: &PageLogin, page: &Page, wanted: &str) -> bool {
    (login.profile)(page).is_some_and(|profile| {
        profile.remote_id == wanted
            || (!profile.handle.is_empty()
                && profile
                    .handle
                    .eq_ignore_ascii_case(wanted.trim_start_matches('@')))
    })
}

/// The named Page, when it is in this list. Two of the same name are told apart by their ids only.
fn named(login: &PageLogin, ctx: &LoginContext, here: &[Page]) -> Option<LoginReading> {
    let wanted = wanted(ctx)?;
    let mut fitting = here
        .iter()
        .filter(|page| is_named(page, wanted) || stands_for(login, page, wanted));
    let first = fitting.next()?;
    if first.id != wanted && fitting.any(|other| other.id != first.id) {
        return Some(LoginReading::Blocked(format!(
            "more than one Page is called “{}”: name it by its id",
            plain(wanted, 80)
        )));
    }
    Some(take(login, ctx, again(first)))
}

fn again(page: &Page) -> Page {
    Page {
        id: page.id.clone(),
        name: page.name.clone(),
        token: page.token.clone(),
        tasks: page.tasks.clone(),
        json: page.json.clone(),
    }
}

/// What was seen.
struct SoFar {
    /// The Pages that stand for an account, each once.
    shown: Vec<Shown>,
    /// There is more that was not looked at.
    capped: bool,
}

impl SoFar {
    fn and_more(self, more: bool) -> SoFar {
        SoFar {
            capped: self.capped || more,
            ..self
        }
    }
}

/// What was seen before and what is seen here.
fn so_far(login: &PageLogin, ctx: &LoginContext, here: &[Page]) -> SoFar {
    let Notes { pages, capped, .. } = Notes::of(ctx);
    let (mut shown, mut capped) = (pages, capped);
    for page in here {
        let Some(profile) = (login.profile)(page) else {
            continue;
        };
        if shown.iter().any(|(id, _)| *id == page.id) {
            continue;
        }
        if shown.len() < REMEMBERED {
            shown.push((page.id.clone(), name_of(page, &profile)));
        } else {
            capped = true;
        }
    }
    SoFar { shown, capped }
}

/// A Page's name, and the account's where that is another.
fn name_of(page: &Page, profile: &Profile) -> String {
    let username = graph::word(&page.json, "username").unwrap_or_default();
    let same = [page.name.as_str(), username, ""].contains(&profile.handle.as_str());
    if same {
        page.name.clone()
    } else {
        format!("{} = @{}", page.name, profile.handle)
    }
}

/// Pages seen so far that stand for no account, by name.
fn bare(login: &PageLogin, ctx: &LoginContext, here: &[Page]) -> Vec<String> {
    let mut names = Notes::of(ctx).bare;
    let more = here.iter().filter(|page| (login.profile)(page).is_none());
    for page in more {
        if names.len() < NAMED && !names.contains(&page.name) {
            names.push(page.name.clone());
        }
    }
    names
}

/// Notes, and with them the Pages that stand for no account.
fn noted(
    login: &PageLogin,
    ctx: &LoginContext,
    here: &[Page],
    mut notes: BTreeMap<String, String>,
) -> LoginReading {
    notes.extend(notes::bare(&bare(login, ctx, here)));
    notes.extend(notes::lacking(&lacking(login, ctx, here)));
    LoginReading::Noted(notes)
}

/// Pages seen so far that may not be published to, with what may be done there.
fn lacking(login: &PageLogin, ctx: &LoginContext, here: &[Page]) -> BTreeMap<String, Vec<String>> {
    let mut all = Notes::of(ctx).lacking;
    for page in here.iter().filter(|page| lacks(login, page)) {
        if all.len() < REMEMBERED {
            all.insert(page.id.clone(), page.tasks.clone());
        }
    }
    all
}

/// Whether it is told that the person may not publish there.
fn lacks(login: &PageLogin, page: &Page) -> bool {
    !page.tasks.is_empty() && !page.tasks.iter().any(|t| t == login.task || t == MANAGE)
}

/// No Page stands for an account: whether there is none at all makes a difference to whoever has to mend it.
fn nothing(login: &PageLogin, bare: &[String]) -> String {
    if bare.is_empty() {
        return login.nothing.to_owned();
    }
    let names: Vec<String> = bare.iter().map(|name| format!("“{name}”")).collect();
    format!(
        "of the Pages of this login ({}) none can be used: {}",
        names.join(", "),
        login.unlinked
    )
}

/// All lists are read (`end`), or only portfolios are left.
fn conclude(login: &PageLogin, ctx: &LoginContext, so_far: &SoFar, here: &[Page], end: bool) -> LoginReading {
    let SoFar { shown, capped } = so_far;
    if !end {
        let mut notes = notes::pages(shown, None);
        if *capped {
            notes.extend(notes::capped());
        }
        return noted(login, ctx, here, notes);
    }
    let beyond = if *capped { BEYOND } else { "" };
    match (wanted(ctx), shown.as_slice()) {
        // It may be beyond what was looked at, and an id says enough.
        (Some(wanted), _) if *capped && graph::is_id(wanted) => {
            noted(login, ctx, here, notes::chosen(wanted))
        }
        (Some(wanted), all) => LoginReading::Blocked(format!("{}{beyond}", not_among(wanted, all))),
        (None, []) => LoginReading::Blocked(format!("{}{beyond}", nothing(login, &bare(login, ctx, here)))),
        (None, [(id, _)]) if !capped => match here.iter().find(|page| page.id == *id) {
            Some(page) => take(login, ctx, again(page)),
            None => noted(login, ctx, here, notes::chosen(id)),
        },
        (None, all) => {
            let pages = if all.len() == 1 { "Page" } else { "Pages" };
            LoginReading::Blocked(format!(
                "this login can publish as {} {pages}: {}; choose one with `crierctl connect ACCOUNT --page ID`, or with `page = \"ID\"` in the account's section of the config{beyond}",
                all.len(),
                listed(all)
            ))
        }
    }
}

/// Said where a login has, or may have, more than was seen.
const BEYOND: &str =
    "; crier has not seen all of its Pages and business portfolios, so name the Page by its id";

fn listed(all: &[Shown]) -> String {
    let mut words: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|(id, name)| format!("“{name}” ({id})"))
        .collect();
    if all.len() > NAMED {
        words.push(format!("and {} more", all.len() - NAMED));
    }
    words.join(", ")
}

fn not_among(wanted: &str, all: &[Shown]) -> String {
    let shows = if all.is_empty() {
        "no Page at all".to_owned()
    } else {
        format!("only {}", listed(all))
    };
    format!(
        "this login shows {shows}, but not “{}”: connect again and tick that Page (in the dialog: “Edit settings”); whoever logs in must have a role on it",
        plain(wanted, 80)
    )
}

/// The Page's token is the account's from here on.
fn take(login: &PageLogin, ctx: &LoginContext, page: Page) -> LoginReading {
    let label = format!("“{}” ({})", page.name, page.id);
    let Some(mut profile) = (login.profile)(&page) else {
        return LoginReading::Blocked(format!("the Page {label} cannot be used: {}", login.unlinked));
    };
    if lacks(login, &page) {
        return LoginReading::Blocked(format!(
            "whoever logged in may not publish as the Page {label}: its tasks are {}, {} is missing; an administrator of the Page gives it in the Page's settings under “Page access”, then connect again",
            page.tasks.join(", "),
            login.task
        ));
    }
    let Some(token) = page.token else {
        return LoginReading::Blocked(format!(
            "Facebook shows the Page {label} but gives no token for it: connect again and tick it (in the dialog: “Edit settings”); whoever logs in must have a role on the Page itself"
        ));
    };
    let notes = Notes::of(ctx);
    if let Some(user) = &notes.user {
        profile.facts.insert(USER_ID.to_owned(), user.clone());
    }
    profile.facts.insert(APP_ID.to_owned(), ctx.client_id.clone());
    let tokens = TokenSet {
        access: Some(token),
        scopes: notes.granted,
        user_id: notes.user,
        ..TokenSet::default()
    };
    LoginReading::Chosen(tokens, profile)
}
