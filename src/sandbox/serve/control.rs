//! The control under `/_sandbox/`: state, clock, faults, settings, accounts.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use crate::sandbox::faults::{FaultReport, FaultRule};
use crate::sandbox::models::mail::header;
use crate::sandbox::models::threads::Scopes;

/// What the control's handlers work on.
#[derive(Clone)]
struct Control {
    shared: Arc<Shared>,
    client: reqwest::Client,
}

type World = State<Control>;

pub(super) fn router(shared: Arc<Shared>, client: reqwest::Client) -> Router {
    Router::new()
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/clock", get(clock).post(set_clock))
        .route(
            "/_sandbox/faults",
            get(faults).post(add_faults).delete(clear_faults),
        )
        .route("/_sandbox/faults/{id}", delete(remove_fault))
        .route("/_sandbox/settings", get(settings).post(set_settings))
        .route("/_sandbox/accounts", post(add_account))
        .route("/_sandbox/posts", post(add_post))
        .route("/_sandbox/revoke", post(revoke))
        .with_state(Control { shared, client })
}

fn problem(text: impl Into<String>) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": text.into()}))).into_response()
}

/// Everything published, as JSON.
async fn state(State(Control { shared, .. }): World) -> Json<Value> {
    let world = shared.world();
    let mails: Vec<Value> = world
        .mail
        .messages()
        .iter()
        .map(|mail| {
            let mut value = json!(mail);
            value["subject"] = json!(header(&mail.bytes, "Subject"));
            value["size"] = json!(mail.bytes.len());
            value["raw"] = json!(String::from_utf8_lossy(
                &mail.bytes[..mail.bytes.len().min(256 * 1024)]
            ));
            value
        })
        .collect();
    let published: Vec<Value> = world
        .threads
        .published()
        .iter()
        .map(|post| {
            let mut value = json!(post);
            for (at, media) in post.media.iter().enumerate() {
                value["media"][at]["bytes"] = json!(media.bytes.len());
            }
            value
        })
        .collect();
    Json(json!({
        "now_ms": shared.clock.now_ms(),
        "threads": {
            "accounts": world.threads.usernames().collect::<Vec<_>>(),
            "published": published,
            "violations": world.threads.violations,
        },
        "mail": {"messages": mails},
        "faults_struck": world.faults.strikes(),
    }))
}

async fn clock(State(Control { shared, .. }): World) -> Json<Value> {
    Json(json!({"now_ms": shared.clock.now_ms()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ClockChange {
    AdvanceMs(i64),
    SetMs(i64),
}

/// `{"advance_ms": 86400000}` or `{"set_ms": 1764000000000}`.
async fn set_clock(State(Control { shared, .. }): World, Json(change): Json<ClockChange>) -> Json<Value> {
    let now = match change {
        ClockChange::AdvanceMs(by) => shared.clock.advance_ms(by),
        ClockChange::SetMs(to) => shared.clock.set_ms(to),
    };
    Json(json!({"now_ms": now}))
}

async fn faults(State(Control { shared, .. }): World) -> Json<Value> {
    let world = shared.world();
    let rules: Vec<FaultReport<'_>> = world.faults.list().collect();
    Json(json!({"faults": rules, "struck": world.faults.strikes()}))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<FaultRule>),
    One(FaultRule),
}

/// One rule or a list of them; none is added when one of them is wrong.
async fn add_faults(State(Control { shared, .. }): World, Json(body): Json<Value>) -> Response {
    let rules = match OneOrMany::deserialize(&body) {
        Ok(OneOrMany::Many(rules)) => rules,
        Ok(OneOrMany::One(rule)) => vec![rule],
        // The untagged error says nothing; that of a single rule does.
        Err(_) => match FaultRule::deserialize(&body) {
            Ok(rule) => vec![rule],
            Err(error) => return problem(format!("this is no fault rule: {error}")),
        },
    };
    if let Some(error) = rules.iter().find_map(|rule| rule.check().err()) {
        return problem(error);
    }
    let mut world = shared.world();
    let ids: Vec<u64> = rules.into_iter().map(|rule| world.faults.add(rule)).collect();
    Json(json!({ "ids": ids })).into_response()
}

async fn clear_faults(State(Control { shared, .. }): World) -> Json<Value> {
    shared.world().faults.clear();
    Json(json!({"faults": []}))
}

async fn remove_fault(State(Control { shared, .. }): World, Path(id): Path<u64>) -> Response {
    if shared.world().faults.remove(id) {
        return Json(json!({"removed": id})).into_response();
    }
    (
        StatusCode::NOT_FOUND,
        Json(json!({"error": format!("there is no fault {id}")})),
    )
        .into_response()
}

async fn settings(State(Control { shared, .. }): World) -> Json<Value> {
    let world = shared.world();
    Json(json!({"threads": world.threads.settings, "mail": world.mail.settings}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    #[serde(default)]
    threads: serde_json::Map<String, Value>,
    #[serde(default)]
    mail: serde_json::Map<String, Value>,
}

/// `{"threads": {"text_delay_ms": 0}}`: what is named changes, the rest stays.
async fn set_settings(State(Control { shared, .. }): World, Json(change): Json<SettingsChange>) -> Response {
    let mut world = shared.world();
    let threads = merged(&world.threads.settings, change.threads);
    let mail = merged(&world.mail.settings, change.mail);
    match (threads, mail) {
        (Ok(threads), Ok(mail)) => {
            (world.threads.settings, world.mail.settings) = (threads, mail);
            Json(json!({"threads": world.threads.settings, "mail": world.mail.settings})).into_response()
        }
        (Err(error), _) | (_, Err(error)) => problem(format!("these settings do not fit: {error}")),
    }
}

fn merged<T: Serialize + DeserializeOwned>(
    old: &T,
    change: serde_json::Map<String, Value>,
) -> serde_json::Result<T> {
    let mut value = serde_json::to_value(old)?;
    for (name, new) in change {
        value[name] = new;
    }
    serde_json::from_value(value)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    username: String,
    scopes: Option<String>,
}

/// A profile and a long token for it, without the login.
async fn add_account(State(Control { shared, .. }): World, Json(new): Json<NewAccount>) -> Response {
    let scopes = match new.scopes.as_deref().map(Scopes::parse) {
        None => Scopes::all(),
        Some(Ok(scopes)) => scopes,
        Some(Err(name)) => return problem(format!("there is no permission named {name:?}")),
    };
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    let (id, token) = shared.act(|world, now| {
        let token = world.threads.with_scopes(&new.username, scopes, now);
        (world.threads.add_account(&new.username), token)
    });
    Json(json!({"id": id, "token": token})).into_response()
}

fn username_fits(name: &str) -> bool {
    (1..=30).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPost {
    username: String,
    text: String,
    reply_to: Option<String>,
}

/// A post of another person: something to answer, quote or repost.
async fn add_post(State(Control { shared, .. }): World, Json(new): Json<NewPost>) -> Response {
    if !username_fits(&new.username) {
        return problem("a username has 1 to 30 letters, digits, dots and underscores");
    }
    let id = shared.act(|world, now| {
        world
            .threads
            .seed_post(&new.username, &new.text, new.reply_to.as_deref(), now)
    });
    Json(json!({ "id": id })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    username: Option<String>,
    callback: Option<String>,
    token: Option<String>,
    subcode: Option<i64>,
}

/// The person removes the app (`username`), or one token is revoked (`token`, perhaps with `subcode`). With
/// `callback` the app is told as Meta tells it, and what it answered is the answer here.
async fn revoke(State(control): World, Json(which): Json<Revoke>) -> Response {
    let now = control.shared.clock.now_ms();
    let signed = {
        let mut world = control.shared.world();
        match (&which.username, &which.token) {
            (Some(username), None) => {
                world.threads.remove_app(username);
                world.threads.signed_request(username, now)
            }
            (None, Some(token)) if world.threads.revoke_token(token, which.subcode) => None,
            (None, Some(_)) => return problem("there is no such token"),
            (Some(_), Some(_)) | (None, None) => return problem("give `username` or `token`"),
        }
    };
    match (which.callback, signed) {
        (None, _) => Json(json!({"revoked": true})).into_response(),
        (Some(_), None) => problem("a callback needs the `username` of a profile"),
        (Some(callback), Some(signed)) => tell(&control.client, &callback, &signed).await,
    }
}

/// Posts the form with its one field (meta-common.md 8).
async fn tell(client: &reqwest::Client, callback: &str, signed: &str) -> Response {
    let form = client
        .post(callback)
        .form(&[("signed_request", signed)])
        .timeout(std::time::Duration::from_secs(10));
    match form.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            Json(json!({"revoked": true, "callback": {"status": status, "body": body}})).into_response()
        }
        Err(error) => problem(format!("the callback could not be called: {error}")),
    }
}
