//! One row of the table: how a request is read into types, and what the document says of it. Both come from
//! the same types, so that the document cannot say anything else than what is served.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::header::{CONTENT_TYPE, IF_MATCH};
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::{HttpMethod, Parameter, ParameterIn};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use super::peer::Peer;
use super::respond;
use super::types::{Answer, Caller, Desk, Problem, ProblemKind, Role};

/// What every handler may use.
#[derive(Clone)]
pub struct Context {
    /// The engine.
    pub desk: Arc<dyn Desk>,
    /// Ends when the daemon stops: streams end with it.
    pub stopping: tokio_util::sync::CancellationToken,
    /// Most streams of events at once.
    pub streams: Arc<tokio::sync::Semaphore>,
    /// Most bytes of one upload with its media.
    pub upload_max: u64,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Whoever can connect.
    Anyone,
    /// Whoever has this role or a higher one.
    Role(Role),
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Only the engine answers.
    Quick,
    /// A platform is asked.
    Platform,
    /// Bytes come in for as long as they keep coming.
    Upload,
    /// Until the client leaves.
    Stream,
}

impl Patience {
    /// The limit; `None`: the handler has its own.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Patience::Quick => Some(Duration::from_secs(30)),
            Patience::Platform => Some(Duration::from_secs(180)),
            Patience::Upload | Patience::Stream => None,
        }
    }
}

/// Most bytes of a JSON body.
pub(super) const JSON_MAX: usize = 64 * 1024;

/// One row.
pub struct Route {
    /// `get`, `post`, `delete`.
    pub method: HttpMethod,
    /// `/v1/posts/{id}`
    pub path: &'static str,
    /// Who may.
    pub permission: Permission,
    /// How long it may take.
    pub patience: Patience,
    /// What it does, in one line.
    pub doc: &'static str,
    pub(super) shape: Shape,
    pub(super) handler: MethodRouter<Context>,
}

/// What the document says of a route.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) query: Vec<Parameter>,
    pub(super) bodies: Vec<(&'static str, Option<RefOr<Schema>>)>,
    pub(super) if_match: bool,
    pub(super) answer: Option<(&'static str, Option<RefOr<Schema>>)>,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

/// A request, read.
pub(super) struct Ask<Q, B> {
    pub(super) context: Context,
    pub(super) who: Caller,
    pub(super) query: Q,
    pub(super) body: B,
    pub(super) if_revision: Option<u64>,
    path: BTreeMap<String, String>,
}

impl<Q, B> Ask<Q, B> {
    /// The engine.
    pub(super) fn desk(&self) -> &dyn Desk {
        &*self.context.desk
    }

    /// A part of the path, parsed.
    pub(super) fn part<T>(&self, name: &str) -> Answer<T>
    where
        T: TryFrom<String>,
        T::Error: std::fmt::Display,
    {
        T::try_from(self.text(name).to_owned())
            .map_err(|e| Problem::new(ProblemKind::BadRequest, format!("{e}.")))
    }

    /// A part of the path as it stands.
    pub(super) fn text(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }
}

/// No query parameters.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct NoQuery {}

/// How a body is read.
pub(super) trait Input: Sized + Send {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Answer<Self>;
    fn describe(shape: &mut Shape);
}

/// No body; whatever comes is not looked at.
pub(super) struct NoBody;

impl Input for NoBody {
    fn read(_: Option<&str>, _: &[u8]) -> Answer<Self> {
        Ok(NoBody)
    }

    fn describe(_: &mut Shape) {}
}

impl<T: DeserializeOwned + ToSchema + Send> Input for T {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Answer<Self> {
        let json = content_type.is_some_and(|t| {
            t.split(';')
                .next()
                .is_some_and(|t| t.trim() == "application/json")
        });
        if bytes.is_empty() {
            return parse(b"{}");
        }
        if !json {
            return Err(
                Problem::new(ProblemKind::UnsupportedType, "The body must be JSON and say so.")
                    .help("Send the header `Content-Type: application/json`."),
            );
        }
        parse(bytes)
    }

    fn describe(shape: &mut Shape) {
        let schema = reference::<T>(&mut shape.schemas);
        shape.bodies.push(("application/json", Some(schema)));
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Problem::new(ProblemKind::BadRequest, format!("The body cannot be read: {e}.")))
}

/// Registers a type's schema and gives a reference to it; lists are written in place.
pub(super) fn reference<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    T::schemas(schemas);
    let name = T::name().into_owned();
    if name == "Vec" {
        return T::schema();
    }
    schemas.push((name.clone(), T::schema()));
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A row whose request and answer are JSON.
pub(super) fn row<Q, B, T, F, Fut>(
    method: HttpMethod,
    path: &'static str,
    (permission, patience): (Permission, Patience),
    doc: &'static str,
    handle: F,
) -> Route
where
    Q: DeserializeOwned + IntoParams + Send + 'static,
    B: Input + 'static,
    T: Serialize + ToSchema + 'static,
    F: Fn(Ask<Q, B>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<T>> + Send,
{
    let mut shape = Shape {
        query: Q::into_params(|| Some(ParameterIn::Query)),
        ..Shape::default()
    };
    B::describe(&mut shape);
    let answer = reference::<T>(&mut shape.schemas);
    shape.answer = Some(("application/json", Some(answer)));
    raw::<Q, _, _>(
        method,
        path,
        (permission, patience),
        doc,
        shape,
        move |ask, request| {
            let handle = handle.clone();
            async move {
                let ask = with_body::<Q, B>(ask, request).await?;
                handle(ask).await.map(|answer| respond::json(&answer))
            }
        },
    )
}

/// A row that reads its body and makes its answer itself.
pub(super) fn raw<Q, F, Fut>(
    method: HttpMethod,
    path: &'static str,
    (permission, patience): (Permission, Patience),
    doc: &'static str,
    shape: Shape,
    handle: F,
) -> Route
where
    Q: DeserializeOwned + Send + 'static,
    F: Fn(Ask<Q, ()>, Request) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Response>> + Send,
{
    let run = move |State(context): State<Context>, request: Request| {
        let handle = handle.clone();
        async move {
            let work = async {
                let (mut parts, body) = request.into_parts();
                let who = admit(&parts, permission)?;
                let ask = read::<Q>(context, who, &mut parts).await?;
                handle(ask, Request::from_parts(parts, body)).await
            };
            let answer = match patience.limit() {
                None => work.await,
                Some(limit) => tokio::time::timeout(limit, work)
                    .await
                    .unwrap_or_else(|_| too_long(limit)),
            };
            answer.unwrap_or_else(|problem| respond::problem(&problem))
        }
    };
    Route {
        method: method.clone(),
        path,
        permission,
        patience,
        doc,
        shape,
        handler: on(filter(&method), run),
    }
}

fn too_long(limit: Duration) -> Answer<Response> {
    Err(Problem::new(
        ProblemKind::Timeout,
        format!(
            "No answer within {} seconds; what was asked may still happen.",
            limit.as_secs()
        ),
    )
    .help("Look with `crierctl status` before asking again."))
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// The caller, if it may use the route.
fn admit(parts: &Parts, permission: Permission) -> Answer<Caller> {
    let Some(peer) = parts.extensions.get::<Peer>() else {
        return Err(Problem::new(
            ProblemKind::Forbidden,
            "The kernel does not say who you are.",
        ));
    };
    let needed = match permission {
        Permission::Anyone => {
            return Ok(peer.caller().unwrap_or_else(|| Caller {
                uid: peer.credentials.uid,
                gid: peer.credentials.gid,
                pid: peer.credentials.pid,
                role: Role::View,
                name: peer.name.clone(),
            }));
        }
        Permission::Role(role) => role,
    };
    match peer.caller() {
        Some(caller) if caller.role >= needed => Ok(caller),
        Some(caller) => Err(too_few(&caller, needed)),
        None => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("User {} (uid {}) has no rights here.", peer.name, peer.credentials.uid),
        )
        .help(format!(
            "Use sudo, or have `user:{}` or one of its groups added to `viewers` or `operators` under [admin] in the config; then log in again and reload.",
            peer.name
        ))),
    }
}

pub(super) fn too_few(caller: &Caller, needed: Role) -> Problem {
    let help = match needed {
        Role::View | Role::Operate => format!(
            "Use sudo, or have `user:{}` or one of its groups added to `operators` under [admin] in the config.",
            caller.name
        ),
        Role::All => "Only root and the daemon's own user may do this: use sudo.".to_owned(),
    };
    Problem::new(
        ProblemKind::Forbidden,
        format!(
            "User {} (uid {}) has the role `{}` here; this needs `{needed}`.",
            caller.name, caller.uid, caller.role
        ),
    )
    .help(help)
}

async fn read<Q: DeserializeOwned + Send>(
    context: Context,
    who: Caller,
    parts: &mut Parts,
) -> Answer<Ask<Q, ()>> {
    let bad = |what: &str, e: &dyn std::fmt::Display| {
        Problem::new(
            ProblemKind::BadRequest,
            format!("The {what} cannot be read: {e}."),
        )
    };
    let Path(path) = Path::<BTreeMap<String, String>>::from_request_parts(parts, &())
        .await
        .map_err(|e| bad("path", &e.body_text()))?;
    let Query(query) = Query::<Q>::try_from_uri(&parts.uri).map_err(|e| {
        let text = e.body_text();
        bad(
            "query",
            &text
                .rsplit_once("query string: ")
                .map_or(text.as_str(), |(_, why)| why),
        )
    })?;
    let if_revision = parts.headers.get(IF_MATCH).map(revision).transpose()?;
    Ok(Ask {
        context,
        who,
        query,
        body: (),
        if_revision,
        path,
    })
}

fn revision(value: &http::HeaderValue) -> Answer<u64> {
    value
        .to_str()
        .ok()
        .and_then(|text| text.trim().trim_matches('"').parse().ok())
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::BadRequest,
                "If-Match must be the revision of a delivery.",
            )
            .help("Send `If-Match: \"7\"` with the `revision` that the delivery had when you looked.")
        })
}

async fn with_body<Q, B: Input>(ask: Ask<Q, ()>, request: Request) -> Answer<Ask<Q, B>> {
    let (parts, body) = request.into_parts();
    let bytes = bytes(body, JSON_MAX).await?;
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    Ok(Ask {
        body: B::read(content_type, &bytes)?,
        context: ask.context,
        who: ask.who,
        query: ask.query,
        if_revision: ask.if_revision,
        path: ask.path,
    })
}

/// A whole body, at most so many bytes.
pub(super) async fn bytes(body: axum::body::Body, max: usize) -> Answer<bytes::Bytes> {
    use http_body_util::{BodyExt, LengthLimitError, Limited};
    match Limited::new(body, max).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => Err(Problem::new(
            ProblemKind::TooLarge,
            format!("The body may have at most {max} bytes."),
        )),
        Err(e) => Err(Problem::new(
            ProblemKind::BadRequest,
            format!("The body ended early: {e}."),
        )),
    }
}
