//! The admin API as a client sees it: one method per request, errors with advice. URLs are made here and
//! nowhere else.

mod error;
mod send;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::types::{
    AccountView, AuditRecord, Capabilities, ConnectStart, Event, Freeze, Insight, LimitView, PostFilter,
    PostPage, PostView, ProfileView, QueueView, ReloadReport, RemotePost, Scope, Status, Submitted, Target,
    TokenView, Transcript, Verdict, Why,
};
use crate::domain::id::{AccountName, QueueName};
use crate::domain::time::Timestamp;
pub use error::ClientError;
pub use send::EventStream;
use send::{Ask, PLATFORM, QUICK};
pub use upload::Package;

/// What every method answers.
pub type Told<T> = Result<T, ClientError>;

/// A client of one admin socket. Every request has its own connection.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    seen: Mutex<Seen>,
}

/// What the last answer's headers said.
#[derive(Clone, Debug, Default)]
struct Seen {
    version: Option<String>,
    now: Option<Timestamp>,
}

impl Client {
    /// For the socket at this path; nothing is opened yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            seen: Mutex::default(),
        }
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The daemon's time of the last answer.
    pub fn now(&self) -> Option<Timestamp> {
        self.seen().now
    }

    /// The daemon's version, if it is another one than this program's.
    pub fn other_version(&self) -> Option<String> {
        self.seen()
            .version
            .filter(|version| version != super::respond::VERSION)
    }

    fn seen(&self) -> Seen {
        // A poisoned lock holds whole values all the same.
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    fn note(&self, seen: Seen) {
        *self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = seen;
    }

    /// `GET /v1/status`
    pub async fn status(&self) -> Told<Status> {
        self.send(Ask::get(&["v1", "status"])).await
    }

    /// `GET /v1/accounts`
    pub async fn accounts(&self) -> Told<Vec<AccountView>> {
        self.send(Ask::get(&["v1", "accounts"])).await
    }

    /// `GET /v1/accounts/{name}`
    pub async fn account(&self, name: &AccountName) -> Told<AccountView> {
        self.send(Ask::get(&["v1", "accounts", name.as_str()])).await
    }

    /// `GET /v1/accounts/{name}/capabilities`
    pub async fn capabilities(&self, name: &AccountName) -> Told<Capabilities> {
        self.send(Ask::get(&["v1", "accounts", name.as_str(), "capabilities"]))
            .await
    }

    /// `POST /v1/accounts/{name}/connect`
    pub async fn connect(&self, name: &AccountName) -> Told<ConnectStart> {
        self.connect_as(name, None).await
    }

    /// `POST /v1/accounts/{name}/connect?page=`
    pub async fn connect_as(&self, name: &AccountName, page: Option<&str>) -> Told<ConnectStart> {
        let ask = Ask::post(&["v1", "accounts", name.as_str(), "connect"]).within(PLATFORM);
        self.send(match page {
            Some(page) => ask.query("page", page),
            None => ask,
        })
        .await
    }

    /// `GET /v1/tokens`
    pub async fn tokens(&self) -> Told<Vec<TokenView>> {
        self.send(Ask::get(&["v1", "tokens"])).await
    }

    /// `POST /v1/accounts/{name}/connect/complete`
    pub async fn connect_complete(&self, name: &AccountName, redirect: &SecretString) -> Told<AccountView> {
        let ask = Ask::post(&["v1", "accounts", name.as_str(), "connect", "complete"])
            .json(&json!({ "redirect": redirect.expose_secret().trim() }))
            .within(PLATFORM);
        self.send(ask).await
    }

    /// `DELETE /v1/accounts/{name}/connection`
    pub async fn disconnect(&self, name: &AccountName) -> Told<AccountView> {
        self.send(Ask::delete(&["v1", "accounts", name.as_str(), "connection"]))
            .await
    }

    /// `POST /v1/accounts/{name}/refresh`
    pub async fn refresh(&self, name: &AccountName) -> Told<AccountView> {
        self.send(Ask::post(&["v1", "accounts", name.as_str(), "refresh"]).within(PLATFORM))
            .await
    }

    /// `POST /v1/accounts/{name}/validate`
    pub async fn validate(&self, name: &AccountName) -> Told<AccountView> {
        self.send(Ask::post(&["v1", "accounts", name.as_str(), "validate"]).within(PLATFORM))
            .await
    }

    /// `GET /v1/accounts/{name}/profile`
    pub async fn profile(&self, name: &AccountName, force: bool) -> Told<ProfileView> {
        let ask = Ask::get(&["v1", "accounts", name.as_str(), "profile"]).within(PLATFORM);
        self.send(if force { ask.query("force", "true") } else { ask })
            .await
    }

    /// `GET /v1/accounts/{name}/history`
    pub async fn history(&self, name: &AccountName, limit: u32) -> Told<Vec<RemotePost>> {
        let ask = Ask::get(&["v1", "accounts", name.as_str(), "history"])
            .query("limit", &limit.to_string())
            .within(PLATFORM);
        self.send(ask).await
    }

    /// `GET /v1/accounts/{name}/insights`
    pub async fn insights(&self, name: &AccountName, id: Option<&str>) -> Told<Vec<Insight>> {
        let ask = Ask::get(&["v1", "accounts", name.as_str(), "insights"])
            .maybe("id", id)
            .within(PLATFORM);
        self.send(ask).await
    }

    /// `DELETE /v1/accounts/{name}/remote/{id}`
    pub async fn delete_remote(&self, name: &AccountName, id: &str) -> Told<serde_json::Value> {
        let ask = Ask::delete(&["v1", "accounts", name.as_str(), "remote", id]).within(PLATFORM);
        self.send(ask).await
    }

    /// `GET /v1/posts`: one page.
    pub async fn posts(&self, filter: &PostFilter) -> Told<PostPage> {
        let state = serde_json::to_value(filter.state).unwrap_or_default();
        let ask = Ask::get(&["v1", "posts"])
            .maybe("queue", filter.queue.as_ref().map(QueueName::as_str))
            .maybe("account", filter.account.as_ref().map(AccountName::as_str))
            .maybe("state", state.as_str())
            .maybe("after", filter.after.as_deref())
            .maybe("limit", filter.limit.map(|n| n.to_string()).as_deref());
        self.send(ask).await
    }

    /// `POST /v1/posts`
    pub async fn submit(&self, queue: &QueueName, package: Package) -> Told<Submitted> {
        let ask = Ask::post(&["v1", "posts"])
            .query("queue", queue.as_str())
            .query("name", &package.name);
        self.send(package.into_request(ask).await?).await
    }

    /// `GET /v1/posts/{id}`
    pub async fn post(&self, id: &str) -> Told<PostView> {
        self.send(Ask::get(&["v1", "posts", id])).await
    }

    /// `GET /v1/posts/{id}/why`
    pub async fn why(&self, id: &str) -> Told<Why> {
        self.send(Ask::get(&["v1", "posts", id, "why"])).await
    }

    /// `GET /v1/posts/{id}/transcript`
    pub async fn transcript(&self, id: &str) -> Told<Transcript> {
        self.send(Ask::get(&["v1", "posts", id, "transcript"])).await
    }

    /// `DELETE /v1/posts/{id}`
    pub async fn cancel(&self, target: &Target) -> Told<PostView> {
        self.send(Ask::delete(&["v1", "posts", &target.post]).at(target))
            .await
    }

    /// `POST /v1/posts/{id}/retry`
    pub async fn retry(&self, target: &Target) -> Told<PostView> {
        self.send(Ask::post(&["v1", "posts", &target.post, "retry"]).at(target))
            .await
    }

    /// `POST /v1/posts/{id}/hold`
    pub async fn hold(&self, target: &Target, reason: &str) -> Told<PostView> {
        let ask = Ask::post(&["v1", "posts", &target.post, "hold"])
            .at(target)
            .json(&json!({ "reason": reason }));
        self.send(ask).await
    }

    /// `POST /v1/posts/{id}/release`
    pub async fn release(&self, target: &Target) -> Told<PostView> {
        self.send(Ask::post(&["v1", "posts", &target.post, "release"]).at(target))
            .await
    }

    /// `POST /v1/posts/{id}/resolve`
    pub async fn resolve(&self, target: &Target, verdict: &Verdict) -> Told<PostView> {
        let ask = Ask::post(&["v1", "posts", &target.post, "resolve"])
            .at(target)
            .json(verdict);
        self.send(ask).await
    }

    /// `GET /v1/queues`
    pub async fn queues(&self) -> Told<Vec<QueueView>> {
        self.send(Ask::get(&["v1", "queues"])).await
    }

    /// `GET /v1/queues/{name}`
    pub async fn queue(&self, name: &QueueName) -> Told<QueueView> {
        self.send(Ask::get(&["v1", "queues", name.as_str()])).await
    }

    /// `GET /v1/limits`
    pub async fn limits(&self, account: Option<&AccountName>) -> Told<Vec<LimitView>> {
        self.send(Ask::get(&["v1", "limits"]).maybe("account", account.map(AccountName::as_str)))
            .await
    }

    /// `POST /v1/freeze`
    pub async fn freeze(&self, scope: &Scope, reason: &str) -> Told<Vec<Freeze>> {
        let body = json!({ "scope": scope, "reason": reason });
        self.send(Ask::post(&["v1", "freeze"]).json(&body)).await
    }

    /// `POST /v1/thaw`
    pub async fn thaw(&self, scope: &Scope) -> Told<Vec<Freeze>> {
        self.send(Ask::post(&["v1", "thaw"]).json(&json!({ "scope": scope })))
            .await
    }

    /// `POST /v1/reload`
    pub async fn reload(&self) -> Told<ReloadReport> {
        self.send(Ask::post(&["v1", "reload"]).within(PLATFORM)).await
    }

    /// `GET /v1/audit`
    pub async fn audit(&self, after: u64, limit: u32) -> Told<Vec<AuditRecord>> {
        let ask = Ask::get(&["v1", "audit"])
            .query("after", &after.to_string())
            .query("limit", &limit.to_string())
            .within(QUICK);
        self.send(ask).await
    }

    /// `GET /v1/events`
    pub async fn events(&self) -> Told<EventStream<Event>> {
        self.open(Ask::new(Method::GET, &["v1", "events"])).await
    }
}
