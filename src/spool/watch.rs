//! inotify: a hint that something happened, never the truth. The scan is that.
//!
//! A directory is watched before it is scanned first, so nothing falls between. Events are collapsed: a
//! thousand files dropped at once are one hint. When the kernel's buffer overflows, or a directory is
//! taken away and made anew, the hint says to look at everything.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;

use futures_util::{FutureExt, StreamExt};
use inotify::{Event, EventMask, EventOwned, EventStream, Inotify, WatchDescriptor, WatchMask};

use super::name::unfinished;
use crate::domain::id::QueueName;

/// Bundles watched of all queues together; those beyond are seen when they settle.
const BUNDLES_MAX: usize = 4096;
/// Events taken together into one answer.
const BATCH: usize = 4096;

/// What happened in one queue since the last answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stir {
    /// Names closed after writing or moved in, as [`super::Queue::arrived`] takes them.
    pub arrived: BTreeSet<String>,
    /// The directory itself was moved or removed: open the queue again.
    pub lost: bool,
}

/// One answer of the watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stirs {
    /// Queues in which something happened: scan them.
    pub queues: std::collections::BTreeMap<QueueName, Stir>,
    /// Events were lost: scan all queues.
    pub overflow: bool,
}

#[derive(Clone, Debug)]
enum Watched {
    Home(QueueName),
    Bundle(QueueName, String),
}

/// Watches the directories of all queues.
pub struct Watch {
    stream: EventStream<Vec<u8>>,
    watched: HashMap<WatchDescriptor, Watched>,
    bundles: usize,
}

fn mask() -> WatchMask {
    WatchMask::CLOSE_WRITE
        | WatchMask::MOVED_TO
        | WatchMask::MOVED_FROM
        | WatchMask::DELETE
        | WatchMask::CREATE
        | WatchMask::DELETE_SELF
        | WatchMask::MOVE_SELF
        | WatchMask::ONLYDIR
        | WatchMask::EXCL_UNLINK
}

impl Watch {
    /// Begins with no directory. Must be called within the runtime.
    pub fn new() -> io::Result<Watch> {
        let stream = Inotify::init()?.into_event_stream(vec![0; 64 * 1024])?;
        Ok(Watch {
            stream,
            watched: HashMap::new(),
            bundles: 0,
        })
    }

    /// Watches a queue's directory. Scan it afterwards, never before.
    ///
    /// The error mostly is the limit `fs.inotify.max_user_watches`.
    pub fn queue(&mut self, name: &QueueName, path: &Path) -> io::Result<()> {
        let wd = self.stream.watches().add(path, mask())?;
        self.watched.insert(wd, Watched::Home(name.clone()));
        Ok(())
    }

    /// Watches a bundle in a queue, to see its files be written. Needless, but quicker than waiting.
    pub fn bundle(&mut self, queue: &QueueName, path: &Path, name: &str) -> io::Result<()> {
        if self.bundles >= BUNDLES_MAX {
            return Ok(());
        }
        let wd = self
            .stream
            .watches()
            .add(path.join(name), mask() | WatchMask::DONT_FOLLOW)?;
        let bundle = Watched::Bundle(queue.clone(), name.to_owned());
        if self.watched.insert(wd, bundle).is_none() {
            self.bundles += 1;
        }
        Ok(())
    }

    /// Waits until something happens, and tells all of it that has happened by then.
    ///
    /// May be dropped and called again: nothing is lost by it.
    pub async fn next(&mut self) -> io::Result<Stirs> {
        let mut stirs = Stirs::default();
        loop {
            let event = match self.stream.next().await {
                Some(event) => event?,
                None => return Err(io::Error::other("inotify ended")),
            };
            self.note(event, &mut stirs);
            for _ in 0..BATCH {
                match self.stream.next().now_or_never() {
                    Some(Some(event)) => self.note(event?, &mut stirs),
                    Some(None) | None => break,
                }
            }
            if stirs.overflow || !stirs.queues.is_empty() {
                return Ok(stirs);
            }
        }
    }

    fn note(&mut self, event: EventOwned, stirs: &mut Stirs) {
        let Event { wd, mask, name, .. } = event;
        if mask.contains(EventMask::Q_OVERFLOW) {
            stirs.overflow = true;
            return;
        }
        let Some(watched) = self.watched.get(&wd).cloned() else {
            return;
        };
        if mask.contains(EventMask::IGNORED) {
            self.watched.remove(&wd);
        }
        let gone = mask.intersects(EventMask::IGNORED | EventMask::DELETE_SELF | EventMask::MOVE_SELF);
        let whole = mask.intersects(EventMask::CLOSE_WRITE | EventMask::MOVED_TO);
        let name = name.as_ref().and_then(|n| n.to_str());
        if name.is_some_and(unfinished) {
            return;
        }
        match watched {
            // A name that is only made is told too: it may be a hard link to a file that is whole.
            Watched::Home(queue) => {
                let stir = stirs.queues.entry(queue).or_default();
                stir.lost |= gone;
                if let Some(name) = name.filter(|_| whole) {
                    stir.arrived.insert(name.to_owned());
                }
            }
            Watched::Bundle(queue, bundle) => {
                if gone {
                    self.bundle_gone(&wd, mask);
                }
                let stir = stirs.queues.entry(queue).or_default();
                if let Some(name) = name.filter(|_| whole) {
                    stir.arrived.insert(format!("{bundle}/{name}"));
                }
            }
        }
    }

    /// A bundle that was moved (claimed, say) is no more watched under its old name.
    fn bundle_gone(&mut self, wd: &WatchDescriptor, mask: EventMask) {
        if mask.contains(EventMask::IGNORED) {
            self.bundles = self.bundles.saturating_sub(1);
        } else if mask.contains(EventMask::MOVE_SELF) {
            // The answer is an IGNORED, which takes it out; that it is gone already is no error.
            let _ = self.stream.watches().remove(wd.clone());
        }
    }
}
