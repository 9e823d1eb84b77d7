//! A post that comes over the socket instead of through a file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::post::PostView;
use crate::domain::id::QueueName;

/// What a submitted file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.md` with front matter.
    Md,
    /// `.txt`, all text.
    Txt,
}

impl Format {
    /// By the end of a file's name.
    pub fn of(name: &str) -> Option<Format> {
        match Path::new(name).extension()?.to_str()? {
            "toml" => Some(Format::Toml),
            "md" => Some(Format::Md),
            "txt" => Some(Format::Txt),
            _other => None,
        }
    }

    /// The end of its name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Toml => "toml",
            Format::Md => "md",
            Format::Txt => "txt",
        }
    }
}

/// A post that comes over the socket.
pub struct Submission {
    /// The queue.
    pub queue: QueueName,
    /// The name it gets in the queue's directory, without a path and with its ending; `None`: the engine
    /// chooses. Checked: no `/`, no leading dot, at most 128 bytes, no control characters.
    pub name: Option<String>,
    /// What `body` is.
    pub format: Format,
    /// The file's bytes, at most 1 MiB.
    pub body: Vec<u8>,
    /// Media that the body names, already on the spool's file system. With any, the post becomes a bundle.
    pub media: Vec<Upload>,
}

/// One media file of a submission, collected in [`super::Desk::staging`].
pub struct Upload {
    /// The name by which the body refers to it; checked as [`Submission::name`] is.
    pub name: String,
    /// Its bytes; the file is removed when this is dropped before it was taken.
    pub file: tempfile::TempPath,
}

/// An admitted post: durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// The post.
    pub post: PostView,
    /// Things to know though they are no errors.
    pub warnings: Vec<String>,
}
