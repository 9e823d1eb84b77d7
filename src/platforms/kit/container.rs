//! Containers of Threads and Instagram: what is to be published waits in one that is polled until it is ready, and that
//! lives for a day (meta-common.md 10).

use serde::{Deserialize, Serialize};

use crate::core::flow::Job;
use crate::domain::time::Timestamp;

/// Seconds between two questions to a container, then [`SLOW`].
pub(crate) const POLLS: [i64; 4] = [3, 5, 10, 20];
/// Seconds between later questions.
const SLOW: i64 = 60;
/// Seconds between questions after the deadline.
const VERY_SLOW: i64 = 300;

/// Something that is out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Out {
    /// Its id; `None`: not known.
    pub(crate) id: Option<String>,
    /// Its permalink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

impl Out {
    /// What has this id.
    pub(crate) fn of(id: String) -> Out {
        Out {
            id: Some(id),
            url: None,
        }
    }
}

/// Where the polling of a container stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Poll {
    /// When the container was made.
    pub(crate) since: Timestamp,
    /// How often it was asked.
    pub(crate) polls: u16,
    /// Not asked before this.
    pub(crate) from: Timestamp,
}

impl Poll {
    /// Of a container that was just made.
    pub(crate) fn first(now: Timestamp) -> Poll {
        Poll {
            since: now,
            polls: 0,
            from: now.after_secs(POLLS[0]),
        }
    }

    /// The next question: 3, 5, 10, 20 seconds, then every minute, slower after the deadline, which is later for videos.
    pub(crate) fn later(&self, job: &Job, video: bool, now: Timestamp) -> Poll {
        let deadline = job.facts.number(if video {
            "poll_deadline_video_secs"
        } else {
            "poll_deadline_secs"
        });
        let polls = self.polls.saturating_add(1);
        let secs = if now.since(self.since).as_secs() >= deadline {
            VERY_SLOW
        } else {
            POLLS.get(usize::from(polls)).copied().unwrap_or(SLOW)
        };
        Poll {
            since: self.since,
            polls,
            from: now.after_secs(secs),
        }
    }
}

/// Whether a container has outlived its day, whatever it says.
pub(crate) fn is_over(job: &Job, made: Timestamp, now: Timestamp) -> bool {
    now.since(made).as_secs() > job.facts.number("container_life_secs")
}

/// What a container says of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    /// Processing.
    InProgress,
    /// May be published.
    Finished,
    /// Is published.
    Published,
    /// Was not published in time.
    Expired,
    /// Failed, with Meta's words for it.
    Error(String),
    /// A word that is not in the documentation.
    Other(String),
}

impl Status {
    /// Reads its word; `why` finds the words for a failure.
    pub(crate) fn of(word: Option<&str>, why: impl FnOnce() -> String) -> Status {
        match word {
            Some("IN_PROGRESS") => Status::InProgress,
            Some("FINISHED") => Status::Finished,
            Some("PUBLISHED") => Status::Published,
            Some("EXPIRED") => Status::Expired,
            Some("ERROR") => Status::Error(why()),
            other => Status::Other(super::text::plain(other.unwrap_or("nothing"), 40)),
        }
    }
}
