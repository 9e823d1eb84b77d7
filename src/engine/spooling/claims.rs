//! Scans and claims run beside each other. A scan that finds a waiting post's file changed lays a new media
//! snapshot in the place of the old one; from its claim on a post's media are fixed. So the claim says so
//! first, here, and the scan looks here before it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::{PostId, QueueName};

type Marked = Arc<Mutex<BTreeSet<PostId>>>;

/// Posts whose content is fixed, or may be in a moment, by queue.
#[derive(Default)]
pub struct Claims(Mutex<BTreeMap<QueueName, Marked>>);

impl Claims {
    fn of(&self, queue: &QueueName) -> Marked {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(queue.clone()).or_default().clone()
    }

    /// From now on no scan touches the post's media; waits for one that is doing so.
    pub fn begin(&self, queue: &QueueName, post: &PostId) {
        let marked = self.of(queue);
        marked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(post.clone());
    }

    /// The claim came to nothing: the post waits on.
    pub fn undo(&self, queue: &QueueName, post: &PostId) {
        let marked = self.of(queue);
        marked.lock().unwrap_or_else(PoisonError::into_inner).remove(post);
    }

    /// Does the work unless the post is claimed; no claim of this queue begins meanwhile.
    pub fn unless_claimed<T>(&self, queue: &QueueName, post: &PostId, work: impl FnOnce() -> T) -> Option<T> {
        let marked = self.of(queue);
        let held = marked.lock().unwrap_or_else(PoisonError::into_inner);
        (!held.contains(post)).then(work)
    }

    /// Forgets the others.
    pub fn keep_only(&self, queue: &QueueName, keep: impl Fn(&PostId) -> bool) {
        let marked = self.of(queue);
        marked.lock().unwrap_or_else(PoisonError::into_inner).retain(keep);
    }
}
