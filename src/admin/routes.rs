//! The table of routes, and the application that it makes.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use utoipa::IntoParams;
use utoipa::openapi::path::HttpMethod::{self, Delete, Get, Post};
use utoipa::openapi::path::ParameterIn;

use super::handle::{accounts, daemon, posts, stream, submit};
use super::route::{Context, Patience, Permission, Route, Shape, raw, reference, row};
use super::types::{Event, Problem, ProblemKind, Role, Submitted};
use super::{guard, respond};

const ANYONE: (Permission, Patience) = (Permission::Anyone, Patience::Quick);
const VIEW: (Permission, Patience) = (Permission::Role(Role::View), Patience::Quick);
const VIEW_ASKS: (Permission, Patience) = (Permission::Role(Role::View), Patience::Platform);
const VIEW_STREAM: (Permission, Patience) = (Permission::Role(Role::View), Patience::Stream);
const OPERATE: (Permission, Patience) = (Permission::Role(Role::Operate), Patience::Quick);
const OPERATE_ASKS: (Permission, Patience) = (Permission::Role(Role::Operate), Patience::Platform);
const OPERATE_UPLOAD: (Permission, Patience) = (Permission::Role(Role::Operate), Patience::Upload);
const ALL: (Permission, Patience) = (Permission::Role(Role::All), Patience::Quick);
const ALL_ASKS: (Permission, Patience) = (Permission::Role(Role::All), Patience::Platform);

/// Every route: method, path, who may and how long, what it does, by what.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    [daemon_routes(), account_routes(), post_routes()].into_iter().flatten().collect()
}

#[rustfmt::skip]
fn daemon_routes() -> Vec<Route> {
    vec![
        row(Get, "/healthz", ANYONE, "Whether the daemon is well.", daemon::health),
        raw(Get, "/metrics", VIEW, "The status for Prometheus.", text("text/plain; version=0.0.4"), stream::metrics),
        raw(Get, "/v1/openapi.json", VIEW, "This document.", text("application/json"), stream::document),
        row(Get, "/v1/status", VIEW, "The daemon in one look.", daemon::status),
        row(Get, "/v1/queues", VIEW, "All queues.", daemon::queues),
        row(Get, "/v1/queues/{name}", VIEW, "One queue.", daemon::queue),
        row(Get, "/v1/limits", VIEW, "How full each limit is.", daemon::limits),
        row(Post, "/v1/freeze", OPERATE, "Stop everything, or a platform, an account, a queue.", daemon::freeze),
        row(Post, "/v1/thaw", OPERATE, "End a freeze.", daemon::thaw),
        row(Post, "/v1/reload", ALL_ASKS, "Read the config again: all or nothing.", daemon::reload),
        row(Get, "/v1/audit", VIEW, "Who changed what, chained by hashes.", daemon::audit),
        raw(Get, "/v1/events", VIEW_STREAM, "What happens from now on, one JSON value a line; an empty line now and then.", events_shape(), stream::events),
    ]
}

#[rustfmt::skip]
fn account_routes() -> Vec<Route> {
    vec![
        row(Get, "/v1/accounts", VIEW, "All accounts.", accounts::list),
        row(Get, "/v1/tokens", VIEW, "The calendar of tokens: what ends when, what renews it, what depends on it.", accounts::tokens),
        row(Get, "/v1/accounts/{name}", VIEW, "One account.", accounts::show),
        row(Get, "/v1/accounts/{name}/capabilities", VIEW, "What it can publish and do, and why not.", accounts::capabilities),
        row(Post, "/v1/accounts/{name}/connect", ALL_ASKS, "Begin to connect it: the authorize URL.", accounts::connect),
        row(Post, "/v1/accounts/{name}/connect/complete", ALL_ASKS, "Finish with a pasted redirect.", accounts::connect_complete),
        row(Post, "/v1/accounts/{name}/refresh", OPERATE_ASKS, "Renew its token now.", accounts::refresh),
        row(Post, "/v1/accounts/{name}/validate", OPERATE_ASKS, "Prove its token.", accounts::validate),
        row(Get, "/v1/accounts/{name}/profile", VIEW_ASKS, "Who it is at its platform.", accounts::profile),
        row(Get, "/v1/accounts/{name}/history", VIEW_ASKS, "What it published, by the platform's word.", accounts::history),
        row(Get, "/v1/accounts/{name}/insights", VIEW_ASKS, "Numbers of a live post or of the account.", accounts::insights),
        row(Get, "/v1/accounts/{name}/quota", VIEW, "How full its limits are.", accounts::quota),
        row(Delete, "/v1/accounts/{name}/connection", ALL, "Forget its tokens.", accounts::disconnect),
        row(Delete, "/v1/accounts/{name}/remote/{id}", OPERATE_ASKS, "Take a live post back at its platform.", accounts::delete_remote),
    ]
}

#[rustfmt::skip]
fn post_routes() -> Vec<Route> {
    vec![
        row(Get, "/v1/posts", VIEW, "Posts, oldest first, a page at a time.", posts::list),
        raw(Post, "/v1/posts", OPERATE_UPLOAD, "Submit a post: a queue file alone, or a form with `post` and `media`.", submit_shape(), submit::submit),
        row(Get, "/v1/posts/{id}", VIEW, "One post with its deliveries.", posts::show),
        row(Delete, "/v1/posts/{id}", OPERATE, "Cancel what has not gone out of it.", posts::cancel).matching(),
        row(Get, "/v1/posts/{id}/why", VIEW, "Why it has not gone out, and when it will.", posts::why),
        row(Get, "/v1/posts/{id}/transcript", VIEW, "Every attempt, redacted.", posts::transcript),
        row(Post, "/v1/posts/{id}/retry", OPERATE, "Try again what failed or waits.", posts::retry).matching(),
        row(Post, "/v1/posts/{id}/hold", OPERATE, "Hold it.", posts::hold).matching(),
        row(Post, "/v1/posts/{id}/release", OPERATE, "End a hold.", posts::release).matching(),
        row(Post, "/v1/posts/{id}/resolve", OPERATE, "Settle an unknown outcome.", posts::resolve).matching(),
    ]
}

fn text(content_type: &'static str) -> Shape {
    Shape {
        answer: Some((content_type, None)),
        ..Shape::default()
    }
}

fn events_shape() -> Shape {
    let mut shape = Shape::default();
    shape.answer = Some((stream::LINES, Some(reference::<Event>(&mut shape.schemas))));
    shape
}

fn submit_shape() -> Shape {
    let mut shape = Shape {
        query: submit::SubmitQuery::into_params(|| Some(ParameterIn::Query)),
        bodies: [
            "application/toml",
            "text/markdown",
            "text/plain",
            "multipart/form-data",
        ]
        .map(|kind| (kind, None))
        .to_vec(),
        ..Shape::default()
    };
    shape.answer = Some((
        "application/json",
        Some(reference::<Submitted>(&mut shape.schemas)),
    ));
    shape
}

/// The application: the table behind the guard.
pub fn app(context: Context) -> Router {
    let router = routes().into_iter().fold(Router::new(), |router, route| {
        router.route(route.path, route.handler)
    });
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(context.clone(), outside))
        .with_state(context)
}

/// The outermost layer: the guard before, version and time after.
async fn outside(State(context): State<Context>, request: Request, next: Next) -> Response {
    let response = match guard::check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => respond::problem(&problem),
    };
    respond::stamp(response, context.desk.now())
}

async fn nowhere(request: Request) -> Response {
    respond::problem(
        &Problem::new(
            ProblemKind::NotFound,
            format!("There is nothing at {:?}.", request.uri().path()),
        )
        .help("GET /v1/openapi.json lists everything that there is."),
    )
}

async fn not_so(request: Request) -> Response {
    let path = request.uri().path();
    respond::problem(
        &Problem::new(
            ProblemKind::MethodNotAllowed,
            format!("{path:?} does not know the method {}.", request.method()),
        )
        .help("GET /v1/openapi.json lists every path with its methods."),
    )
}

impl Route {
    /// Takes `If-Match`.
    fn matching(mut self) -> Route {
        self.shape.if_match = true;
        self
    }

    /// `GET`
    pub fn method_name(&self) -> String {
        let method: &HttpMethod = &self.method;
        super::openapi::method_word(method).to_ascii_uppercase()
    }
}
