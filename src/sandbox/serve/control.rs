//! The control under `/_sandbox/`: state, clock, faults, settings; what concerns people and posts is in `people`.

mod people;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Shared;
use crate::sandbox::faults::{FaultReport, FaultRule};
use crate::sandbox::model::WallPost;
use crate::sandbox::models::mail::{MailSettings, header};
use crate::sandbox::world;

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
        .route(
            "/_sandbox/accounts",
            get(people::accounts).post(people::add_account),
        )
        .route("/_sandbox/posts", get(people::posts).post(people::add_post))
        .route("/_sandbox/messages", post(people::add_message))
        .route("/_sandbox/secrets", get(people::secrets))
        .route("/_sandbox/violations", get(people::violations))
        .route("/_sandbox/revoke", post(people::revoke))
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
    let mut all = json!({
        "now_ms": shared.clock.now_ms(),
        "mail": {"messages": mails},
        "faults_struck": world.faults.strikes(),
    });
    for vendor in world.vendors() {
        let mut told = json!({
            "title": vendor.title(),
            "accounts": vendor.accounts(),
            "posts": vendor.posts().iter().map(post_json).collect::<Vec<_>>(),
            "violations": vendor.violations(),
        });
        for (name, value) in vendor.also() {
            told[name] = value;
        }
        all[vendor.name()] = told;
    }
    Json(all)
}

/// A post with the sizes of its files.
fn post_json(post: &WallPost) -> Value {
    let mut value = json!(post);
    for (at, media) in post.media.iter().enumerate() {
        value["media"][at]["bytes"] = json!(media.bytes.len());
    }
    value
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
    Json(all_settings(&shared.world()))
}

fn all_settings(world: &world::World) -> Value {
    let mut all = json!({"mail": world.mail.settings});
    for vendor in world.vendors() {
        all[vendor.name()] = vendor.settings();
    }
    all
}

/// `{"threads": {"text_delay_ms": 0}}`: what is named changes, the rest stays; a mistake, and nothing changes.
async fn set_settings(
    State(Control { shared, .. }): World,
    Json(change): Json<Map<String, Value>>,
) -> Response {
    let mut world = shared.world();
    let mut tried = world.clone();
    for (platform, switches) in &change {
        if let Err(error) = change_one(&mut tried, platform, switches) {
            return problem(format!("these settings do not fit: {platform}: {error}"));
        }
    }
    *world = tried;
    Json(all_settings(&world)).into_response()
}

fn change_one(world: &mut world::World, platform: &str, switches: &Value) -> Result<(), String> {
    let Value::Object(switches) = switches else {
        return Err("it must be an object".to_owned());
    };
    if platform == "mail" {
        let mut all = json!(world.mail.settings);
        for (name, value) in switches {
            all[name] = value.clone();
        }
        world.mail.settings = serde_json::from_value::<MailSettings>(all).map_err(|e| e.to_string())?;
        return Ok(());
    }
    let vendor = world.vendor_mut(platform).ok_or("there is no such platform")?;
    vendor.change_settings(switches)
}
