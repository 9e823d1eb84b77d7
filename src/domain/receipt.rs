//! How a delivery ended: the proof, or the reason.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// One thing that is live: a post has one, a thread one for each segment, a mail one for each recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The platform's id (for mail: the server's acceptance line); `None`: it is out, its id is not known.
    pub remote_id: Option<String>,
    /// Where people see it.
    pub permalink: Option<String>,
    /// What it is, when there are several: `2 of 3`, or the recipient.
    pub part: Option<String>,
}

/// The end of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is out, once.
    Published {
        /// What is live.
        live: Vec<Live>,
        /// Anything a person should know about it.
        note: Option<String>,
    },
    /// The platform refused it for good; nothing of it is out.
    Refused {
        /// Why and what to do.
        why: String,
    },
    /// Tried as often as the table says; nothing of it is out.
    GaveUp {
        /// The last failure.
        why: String,
    },
    /// A person or a removed file cancelled it; nothing of it is out.
    Cancelled {
        /// By whom.
        by: String,
    },
    /// Too late by the queue's rule, or expired; nothing of it is out.
    Skipped {
        /// Which rule.
        why: String,
    },
    /// Some of it went out and the rest will not: a person's decision.
    Partial {
        /// What is live.
        live: Vec<Live>,
        /// What is not, and why.
        why: String,
    },
}

/// One attempt of one step, redacted, for the transcript and the receipt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number in the delivery, from 1.
    pub number: u32,
    /// What was called, without host, query or secrets: `POST /{user}/threads_publish`.
    pub call: String,
    /// Whether it was a commit step.
    pub commit: bool,
    /// When it was sent.
    pub sent: Timestamp,
    /// When the answer came or was given up; `None`: still open.
    pub ended: Option<Timestamp>,
    /// HTTP status or SMTP reply code, when there was an answer.
    pub status: Option<u16>,
    /// The vendor's error code, subcode, enhanced status, trace id, in words.
    pub detail: Option<String>,
    /// What it was taken to mean: `advance`, `lost`, `refused`, ...
    pub verdict: String,
}
