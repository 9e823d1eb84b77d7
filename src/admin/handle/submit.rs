//! A post over the socket: the file's bytes alone, or a form with the file and its media.

use std::io;
use std::time::Duration;

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use utoipa::IntoParams;

use crate::admin::respond;
use crate::admin::route::{Ask, bytes};
use crate::admin::types::{Answer, Format, Problem, ProblemKind, Submission, Upload};
use crate::domain::id::QueueName;

/// Most bytes of a queue file.
const FILE_MAX: usize = 1024 * 1024;
/// Most media files of one post.
const MEDIA_MAX: usize = 100;
/// The client may be silent this long.
const SILENCE: Duration = Duration::from_secs(30);

/// Where the post goes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct SubmitQuery {
    /// The queue.
    #[param(value_type = String)]
    queue: QueueName,
    /// The file's name in the queue's directory; its ending says what the body is. In a form the file's own
    /// name is used when this is absent.
    name: Option<String>,
}

pub(in crate::admin) async fn submit(ask: Ask<SubmitQuery, ()>, request: Request) -> Answer<Response> {
    let kind = content_type(&request);
    let submission = if kind == "multipart/form-data" {
        form(&ask, request).await?
    } else {
        alone(&ask, &kind, request).await?
    };
    let submitted = ask.desk().submit(&ask.who, submission).await?;
    Ok(respond::json(&submitted))
}

fn content_type(request: &Request) -> String {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

async fn alone(ask: &Ask<SubmitQuery, ()>, kind: &str, request: Request) -> Answer<Submission> {
    let name = ask.query.name.as_deref().map(checked_name).transpose()?;
    let format = match &name {
        Some(name) => format_of(name)?,
        None => match kind {
            "application/toml" => Format::Toml,
            "text/markdown" => Format::Md,
            "text/plain" => Format::Txt,
            _other => return Err(unknown_format()),
        },
    };
    let body = patient(bytes(request.into_body(), FILE_MAX)).await??;
    Ok(Submission {
        queue: ask.query.queue.clone(),
        name,
        format,
        body: body.to_vec(),
        media: Vec::new(),
    })
}

async fn form(ask: &Ask<SubmitQuery, ()>, request: Request) -> Answer<Submission> {
    let staging = ask.desk().staging(&ask.query.queue).await?;
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|e| bad_form(&e.body_text()))?;
    let mut file = None;
    let mut media: Vec<Upload> = Vec::new();
    let mut left = ask.context.upload_max;
    while let Some(mut part) = patient(parts.next_field())
        .await?
        .map_err(|e| bad_form(&e.body_text()))?
    {
        let name = part.file_name().map(checked_name).transpose()?;
        match (part.name().unwrap_or_default(), name) {
            ("post", name) if file.is_none() => file = Some((name, whole(&mut part).await?)),
            ("media", Some(name)) => {
                if media.len() == MEDIA_MAX || media.iter().any(|had| had.name == name) {
                    return Err(bad_form(&format!(
                        "at most {MEDIA_MAX} media, each under its own name; {name:?} is one too many"
                    )));
                }
                media.push(staged(&staging, name, &mut part, &mut left).await?);
            }
            (other, _) => {
                return Err(bad_form(&format!(
                    "the part {other:?} is not expected: send one `post` and any number of `media`, each with a file name"
                )));
            }
        }
    }
    let (own, body) = file.ok_or_else(|| bad_form("the part `post` is missing"))?;
    let name = match &ask.query.name {
        Some(name) => Some(checked_name(name)?),
        None => own,
    };
    let format = name.as_deref().map_or(Err(unknown_format()), format_of)?;
    Ok(Submission {
        queue: ask.query.queue.clone(),
        name,
        format,
        body,
        media,
    })
}

/// A part in memory.
async fn whole(part: &mut Field<'_>) -> Answer<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = next(part).await? {
        if body.len() + chunk.len() > FILE_MAX {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                format!("A queue file may have at most {FILE_MAX} bytes."),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A part on disk, synced. Removed again when the request fails.
async fn staged(
    directory: &std::path::Path,
    name: String,
    part: &mut Field<'_>,
    left: &mut u64,
) -> Answer<Upload> {
    let temporary = tempfile::Builder::new()
        .prefix(".upload-")
        .tempfile_in(directory)
        .map_err(|e| storage(&e))?;
    let (file, path) = temporary.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    while let Some(chunk) = next(part).await? {
        let size = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        *left = left.checked_sub(size).ok_or_else(|| {
            Problem::new(
                ProblemKind::TooLarge,
                "The media of this post are too large together.",
            )
            .help("Copy them into the queue's directory as a `NAME.post/` bundle instead.")
        })?;
        file.write_all(&chunk).await.map_err(|e| storage(&e))?;
    }
    file.sync_all().await.map_err(|e| storage(&e))?;
    Ok(Upload { name, file: path })
}

async fn next(part: &mut Field<'_>) -> Answer<Option<bytes::Bytes>> {
    patient(part.chunk()).await?.map_err(|e| bad_form(&e.body_text()))
}

/// Waits as long as bytes may be silent.
async fn patient<T>(work: impl Future<Output = T>) -> Answer<T> {
    tokio::time::timeout(SILENCE, work).await.map_err(|_| {
        Problem::new(
            ProblemKind::Timeout,
            format!(
                "Nothing came for {} seconds; nothing was posted.",
                SILENCE.as_secs()
            ),
        )
    })
}

/// A name that is safe as a file's name and is not one that the spool leaves alone.
fn checked_name(name: &str) -> Answer<String> {
    let good = !name.is_empty()
        && name.len() <= 128
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    if good {
        return Ok(name.to_owned());
    }
    Err(Problem::new(
        ProblemKind::BadRequest,
        format!("{name:?} cannot be a file's name in a queue."),
    )
    .help(
        "Names have 1 to 128 bytes, do not begin with a dot and hold neither slashes nor control characters.",
    ))
}

fn format_of(name: &str) -> Answer<Format> {
    Format::of(name).ok_or_else(unknown_format)
}

fn unknown_format() -> Problem {
    Problem::new(ProblemKind::UnsupportedType, "It does not say what kind of queue file this is.").help(
        "Give it a name that ends in .toml, .md or .txt (`?name=hello.toml`), or send Content-Type application/toml, text/markdown or text/plain.",
    )
}

fn bad_form(why: &str) -> Problem {
    Problem::new(
        ProblemKind::BadRequest,
        format!("The form cannot be read: {why}."),
    )
}

fn storage(error: &io::Error) -> Problem {
    Problem::new(
        ProblemKind::Storage,
        format!("The media cannot be stored: {error}."),
    )
    .help("Look at the space and the rights of the queue's directory.")
}
