//! Profiles, tokens and posts of all vendors, and what callers did wrong.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Control, Shared, World, post_json, problem};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Message, Model, Spoil};
use crate::sandbox::world;

/// The platform that is meant: the one at the root when none is named.
fn meant<'a>(platform: Option<&'a String>, world: &world::World) -> &'a str {
    platform.map_or_else(|| world.at_root(), String::as_str)
}

fn no_vendor(platform: &str, world: &world::World) -> Response {
    let names: Vec<&str> = world.vendors().iter().map(|vendor| vendor.name()).collect();
    problem(format!(
        "there is no platform {platform:?}; there are {}",
        names.join(", ")
    ))
}

/// The profiles of every vendor.
pub(super) async fn accounts(State(Control { shared, .. }): World) -> Json<Value> {
    let world = shared.world();
    let all = world.vendors().into_iter();
    let all: Map<String, Value> = all
        .map(|vendor| (vendor.name().to_owned(), json!(vendor.accounts())))
        .collect();
    Json(Value::Object(all))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    platform: Option<String>,
    username: String,
    scopes: Option<String>,
}

/// A profile and a long token for it, without the login.
pub(super) async fn add_account(
    State(Control { shared, .. }): World,
    Json(new): Json<NewAccount>,
) -> Response {
    let scopes = new.scopes.as_deref().unwrap_or("");
    let scopes: Vec<String> = scopes
        .split([',', ' '])
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    shared.act(|world, now| {
        let platform = meant(new.platform.as_ref(), world);
        let Some(vendor) = world.vendor_mut(platform) else {
            return no_vendor(platform, world);
        };
        if let Some(name) = vendor.unknown_scope(&scopes) {
            return problem(format!("there is no permission named {name:?}"));
        }
        let token = vendor.grant(&new.username, &scopes, now);
        let id = vendor.add_account(&new.username);
        Json(json!({"id": id, "token": token})).into_response()
    })
}

fn username_fits(name: &str) -> bool {
    (1..=30).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    platform: Option<String>,
}

/// Every vendor's posts as its readers see them, or those of one.
pub(super) async fn posts(State(Control { shared, .. }): World, Query(which): Query<Which>) -> Response {
    let world = shared.world();
    let posts = |vendor: &dyn Model| Value::from_iter(vendor.posts().iter().map(post_json));
    let Some(platform) = which.platform else {
        let all = world.vendors().into_iter();
        let all: Map<String, Value> = all.map(|v| (v.name().to_owned(), posts(v))).collect();
        return Json(Value::Object(all)).into_response();
    };
    match world.vendor(&platform) {
        Some(vendor) => Json(posts(vendor)).into_response(),
        None => no_vendor(&platform, &world),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPost {
    platform: Option<String>,
    username: String,
    text: String,
    reply_to: Option<String>,
}

/// A post of another person, where others post: something to answer, quote or repost.
pub(super) async fn add_post(State(Control { shared, .. }): World, Json(new): Json<NewPost>) -> Response {
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    let reply_to = new.reply_to.as_deref();
    let what = if reply_to.is_some() { "answer" } else { "post" };
    others(&shared, new.platform.as_ref(), what, |vendor, now| {
        vendor.somebody_posts(&new.username, &new.text, reply_to, now)
    })
}

/// Lets somebody else do something at a platform; where nobody does, says at which ones they do.
fn others(
    shared: &Shared,
    platform: Option<&String>,
    what: &str,
    deed: impl Fn(&mut dyn Model, i64) -> Option<String>,
) -> Response {
    shared.act(|world, now| {
        let platform = meant(platform, world);
        let Some(vendor) = world.vendor_mut(platform) else {
            return no_vendor(platform, world);
        };
        if let Some(id) = deed(vendor, now) {
            return Json(json!({ "id": id })).into_response();
        }
        // Tried in a copy: a model says that it can by doing it.
        let mut copy = world.clone();
        let all = copy.vendors_mut().into_iter();
        let can = all.filter_map(|vendor| deed(vendor, now).map(|_| vendor.name()));
        let can: Vec<&str> = can.collect();
        problem(format!(
            "other people do not {what} on {platform}; they do on {}",
            can.join(" and ")
        ))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    platform: String,
    username: String,
    from: String,
    text: String,
}

/// A person writes to a profile, where people do, and may be answered for some time.
pub(super) async fn add_message(
    State(Control { shared, .. }): World,
    Json(new): Json<NewMessage>,
) -> Response {
    others(&shared, Some(&new.platform), "write messages", |vendor, now| {
        vendor.somebody_writes(&new.username, &new.from, &new.text, now)
    })
}

/// Every code and token that was ever given out: what must not be found where people look.
pub(super) async fn secrets(State(Control { shared, .. }): World) -> Json<Value> {
    Json(json!({"secrets": shared.world().secrets()}))
}

/// What callers did that they must never do.
pub(super) async fn violations(State(Control { shared, .. }): World) -> Json<Value> {
    Json(json!({"violations": shared.world().violations()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    platform: Option<String>,
    username: Option<String>,
    callback: Option<String>,
    token: Option<String>,
    subcode: Option<i64>,
    late_s: Option<i64>,
}

/// The person removes the app (`username`), or one token is revoked (`token`, perhaps with `subcode`). With
/// `callback` the app is told as the vendor tells it, and what it answered is the answer here. With `late_s` nobody
/// removes anything now: the app is told once more, or late, of a removal so many seconds ago.
pub(super) async fn revoke(State(control): World, Json(which): Json<Revoke>) -> Response {
    let now = control.shared.clock.now_ms();
    let farewell = match revoked(&mut control.shared.world(), &which, now) {
        Ok(farewell) => farewell,
        Err(response) => return *response,
    };
    match (which.callback, farewell) {
        (None, _) => Json(json!({"revoked": true})).into_response(),
        (Some(_), None) => {
            problem("a callback needs the `username` of a profile, and a vendor that calls back")
        }
        (Some(callback), Some(message)) => tell(&control.client, &callback, message).await,
    }
}

/// Does it, and answers what the vendor would post to the app.
fn revoked(world: &mut world::World, which: &Revoke, now: i64) -> Result<Option<Message>, Box<Response>> {
    let refused = |words: &str| Err(Box::new(problem(words)));
    let platform = meant(which.platform.as_ref(), world);
    let Some(vendor) = world.vendor_mut(platform) else {
        return Err(Box::new(no_vendor(platform, world)));
    };
    match (&which.username, &which.token) {
        (Some(username), None) => {
            if let Some(late_s) = which.late_s {
                let removed_ms = now.saturating_sub(late_s.saturating_mul(1_000));
                return Ok(vendor.farewell(username, removed_ms, now));
            }
            if vendor.remove_app(username, now) {
                Ok(vendor.farewell(username, now, now))
            } else {
                refused(&format!("there is no profile {username:?}, or no app to remove"))
            }
        }
        (None, Some(token)) if vendor.secrets().contains(token) => {
            let bearer = SandboxRequest::new("GET", "/").with_bearer(token);
            match which.subcode {
                Some(subcode) => vendor.revoke_as(Some(subcode), &bearer, now),
                None => vendor.spoil(&Spoil::RevokeToken, &bearer, now),
            }
            Ok(None)
        }
        (None, Some(_)) => refused("there is no such token"),
        (Some(_), Some(_)) | (None, None) => refused("give `username` or `token`"),
    }
}

/// Posts it to the app's address.
async fn tell(client: &reqwest::Client, callback: &str, message: Message) -> Response {
    let mut call = client
        .post(callback)
        .body(message.body)
        .timeout(std::time::Duration::from_secs(10));
    for (name, value) in message.headers {
        call = call.header(name, value);
    }
    match call.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            Json(json!({"revoked": true, "callback": {"status": status, "body": body}})).into_response()
        }
        Err(error) => problem(format!("the callback could not be called: {error}")),
    }
}
