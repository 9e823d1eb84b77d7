//! Profiles, tokens and posts of all vendors, and what callers did wrong.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Control, World, post_json, problem};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Message, Model, Spoil};
use crate::sandbox::models::threads::Scopes;
use crate::sandbox::world;

/// The platform that is meant when none is named.
fn threads() -> String {
    "threads".to_owned()
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
    #[serde(default = "threads")]
    platform: String,
    username: String,
    scopes: Option<String>,
}

/// A profile and a long token for it, without the login.
pub(super) async fn add_account(
    State(Control { shared, .. }): World,
    Json(new): Json<NewAccount>,
) -> Response {
    let scopes = new.scopes.as_deref().unwrap_or("");
    if new.platform == "threads"
        && let Err(name) = Scopes::parse(scopes)
    {
        return problem(format!("there is no permission named {name:?}"));
    }
    let scopes: Vec<String> = scopes
        .split([',', ' '])
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    shared.act(|world, now| {
        let Some(vendor) = world.vendor_mut(&new.platform) else {
            return no_vendor(&new.platform, world);
        };
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
    #[serde(default = "threads")]
    platform: String,
    username: String,
    text: String,
    reply_to: Option<String>,
}

/// A post of another person on Threads or X: something to answer, quote or repost.
pub(super) async fn add_post(State(Control { shared, .. }): World, Json(new): Json<NewPost>) -> Response {
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    let reply_to = new.reply_to.as_deref();
    let id = shared.act(|world, now| match (new.platform.as_str(), reply_to) {
        ("threads", _) => Some(world.threads.seed_post(&new.username, &new.text, reply_to, now)),
        ("x", None) => Some(world.x.put_post(&new.username, &new.text, now)),
        _ => None,
    });
    match id {
        Some(id) => Json(json!({ "id": id })).into_response(),
        None => problem("other people post on threads, and on x without `reply_to`"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    platform: String,
    username: String,
    from: String,
    text: String,
}

/// A person writes to a profile of Instagram or to a Page, which may answer for 24 hours.
pub(super) async fn add_message(
    State(Control { shared, .. }): World,
    Json(new): Json<NewMessage>,
) -> Response {
    let NewMessage {
        platform,
        username,
        from,
        text,
    } = &new;
    let id = shared.act(|world, now| match platform.as_str() {
        "instagram" => Some(world.instagram.person_writes(username, from, text, now)),
        "facebook" => Some(world.facebook.person_writes(username, from, text, now)),
        _ => None,
    });
    match id {
        Some(id) => Json(json!({ "id": id })).into_response(),
        None => problem("people write to profiles of instagram and to pages of facebook"),
    }
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
    #[serde(default = "threads")]
    platform: String,
    username: Option<String>,
    callback: Option<String>,
    token: Option<String>,
    subcode: Option<i64>,
}

/// The person removes the app (`username`), or one token is revoked (`token`, perhaps with `subcode`). With
/// `callback` the app is told as the vendor tells it, and what it answered is the answer here.
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
    let Some(vendor) = world.vendor_mut(&which.platform) else {
        return Err(Box::new(no_vendor(&which.platform, world)));
    };
    match (&which.username, &which.token) {
        (Some(username), None) => {
            if vendor.remove_app(username, now) {
                Ok(vendor.farewell(username, now))
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
