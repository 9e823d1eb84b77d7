//! Pictures: uploaded one by one, unseen (facebook.md 4.2). Always in this form, for one picture too: uploading may be
//! repeated, and only one call publishes.

use super::calls;
use super::flow::{impossible, quiet};
use super::parts::{self, What};
use super::reply::{self, On, Seen};
use super::state::{State, Step};
use crate::core::flow::{Job, Next, Verdict};
use crate::domain::media::Media;
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph;

/// The media of the post.
pub(super) fn all(job: &Job) -> &[Media] {
    job.content.segments.first().map_or(&[], |s| s.media.as_slice())
}

pub(super) fn next_photo(job: &Job, photos: &[String]) -> Next<State> {
    match all(job).get(photos.len()) {
        Some(media) => quiet(calls::photo(job, media)),
        None => impossible("a picture that the post does not have"),
    }
}

pub(super) fn on_photo(
    job: &Job,
    so_far: impl FnOnce(Step) -> State,
    mut photos: Vec<String>,
    made: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return reply::quiet(p, On::Page),
    };
    let Some(id) = graph::id_of(&json) else {
        return reply::unreadable("the photo's id", &json);
    };
    let made = if photos.is_empty() { now } else { made };
    photos.push(id);
    if photos.len() < all(job).len() {
        return Verdict::Advance(so_far(Step::Photo { photos, made }));
    }
    let step = match (parts::what(&job.content), photos.as_slice()) {
        (What::PhotoStory, [photo, ..]) => Step::Story {
            photo: photo.clone(),
            made,
        },
        (_, _) => Step::Feed {
            photos,
            made,
            from: now,
        },
    };
    Verdict::Advance(so_far(step))
}

/// Whether what was uploaded at `made` may be gone by now (facebook.md 4.2).
pub(super) fn is_old(job: &Job, made: Timestamp, now: Timestamp) -> bool {
    now >= made.after_secs(job.facts.number("upload_life_secs"))
}
