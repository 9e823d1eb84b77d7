//! Media made to fit, beside the scans: a scan finds what has to be made, the loop has it made, and the queue is
//! scanned again when that is done. Other files of the queue are not kept waiting by it.
//!
//! Two lanes, each with one entry at a time: pictures, and what ffmpeg is needed for, which may take minutes.
//! What is made lies on the shelf; so a restart makes nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::core::delivery::Phase;
use crate::core::desk::{Action, Output, PostRecord, Stage};
use crate::core::intake::{Made, Measured, Task};
use crate::domain::id::{PostId, QueueName};
use crate::domain::receipt::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::engine::api::PreparingView;
use crate::engine::event::Event;
use crate::engine::{Engine, Handle, Shared};
use crate::spool::fit::{Shelf, Stop, Workshop};
use crate::spool::snapshot::NoSnapshot;
use crate::spool::{SETTLE, Stamp};

/// The system's fault: tried again after this.
const PAUSE: Span = Span::secs(30);

/// An entry whose media must be made to fit before it can be admitted.
pub struct Wanted {
    /// Its name in the queue.
    pub name: String,
    /// As it was read.
    pub stamp: Stamp,
    /// What to make.
    pub tasks: Vec<Task>,
    /// The measurements of what it is made of.
    pub originals: Measured,
}

impl Wanted {
    fn files(&self) -> Vec<String> {
        let files: BTreeSet<&str> = self.tasks.iter().map(|t| t.file.as_str()).collect();
        files.into_iter().map(str::to_owned).collect()
    }

    fn is_slow(&self) -> bool {
        self.tasks.iter().any(|t| t.plan.is_slow())
    }
}

/// What a scan is told of an entry.
pub struct Underway {
    /// As it was read.
    pub stamp: Stamp,
    /// What could not be made, once it is over.
    pub over: Option<Made>,
}

/// All entries whose media are being made to fit.
#[derive(Default)]
pub struct Preparations {
    entries: BTreeMap<(QueueName, String), Entry>,
    /// Numbers of what is being made now: pictures, and what is slow. It may be wanted no more.
    lanes: [Option<u64>; 2],
    last: u64,
    /// Posts that are due, and whose file was changed and is being prepared.
    claims: BTreeSet<PostId>,
}

struct Entry {
    number: u64,
    stamp: Stamp,
    since: Timestamp,
    files: Vec<String>,
    slow: bool,
    stop: Stop,
    state: State,
}

enum State {
    InLine(Box<Wanted>),
    Running,
    Over(Made),
}

impl Preparations {
    /// What a scan of the queue must know.
    pub fn of(&self, queue: &QueueName) -> BTreeMap<String, Underway> {
        let mine = self.entries.iter().filter(|((q, _), _)| q == queue);
        let told = mine.map(|((_, name), entry)| {
            let over = match &entry.state {
                State::Over(failed) => Some(failed.clone()),
                State::InLine(_) | State::Running => None,
            };
            let stamp = entry.stamp.clone();
            (name.clone(), Underway { stamp, over })
        });
        told.collect()
    }

    /// As people see them, the oldest first.
    pub fn views(&self) -> Vec<PreparingView> {
        let mut all: Vec<(u64, PreparingView)> = Vec::new();
        for ((queue, name), entry) in &self.entries {
            let view = PreparingView {
                queue: queue.to_string(),
                file: name.clone(),
                media: entry.files.clone(),
                since: entry.since.into(),
                running: matches!(entry.state, State::Running),
            };
            all.push((entry.number, view));
        }
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, view)| view).collect()
    }

    /// Whether nothing is being made, also nothing that is wanted no more.
    pub fn are_idle(&self) -> bool {
        self.lanes.iter().all(Option::is_none)
    }

    /// Ends everything.
    pub fn stop(&mut self) {
        self.entries.values().for_each(|entry| entry.stop.stop());
        self.entries.clear();
    }

    /// Nobody wants it any more: its file was changed or removed, or its post is over.
    pub fn abandon(&mut self, queue: &QueueName, name: &str) -> Option<Stamp> {
        let entry = self.entries.remove(&(queue.clone(), name.to_owned()))?;
        entry.stop.stop();
        Some(entry.stamp)
    }

    fn holds(&self, queue: &QueueName, name: &str) -> bool {
        self.entries.contains_key(&(queue.clone(), name.to_owned()))
    }

    fn line_up(&mut self, queue: &QueueName, wanted: Wanted, now: Timestamp) {
        self.abandon(queue, &wanted.name);
        self.last += 1;
        let key = (queue.clone(), wanted.name.clone());
        let entry = Entry {
            number: self.last,
            stamp: wanted.stamp.clone(),
            since: now,
            files: wanted.files(),
            slow: wanted.is_slow(),
            stop: Stop::default(),
            state: State::InLine(Box::new(wanted)),
        };
        self.entries.insert(key, entry);
    }

    /// The next of a lane that is free.
    fn next(&mut self, slow: bool) -> Option<Job> {
        let lane = &mut self.lanes[usize::from(slow)];
        if lane.is_some() {
            return None;
        }
        let waits = |e: &Entry| e.slow == slow && matches!(e.state, State::InLine(_));
        let line = self.entries.iter_mut().filter(|(_, e)| waits(e));
        let ((queue, _), entry) = line.min_by_key(|(_, e)| e.number)?;
        match std::mem::replace(&mut entry.state, State::Running) {
            State::InLine(wanted) => {
                *lane = Some(entry.number);
                Some(Job {
                    number: entry.number,
                    queue: queue.clone(),
                    wanted: *wanted,
                    stop: entry.stop.clone(),
                })
            }
            State::Running | State::Over(_) => None,
        }
    }

    /// A job is over; gives its entry when it is still wanted.
    fn over(&mut self, number: u64) -> Option<(QueueName, String)> {
        for lane in &mut self.lanes {
            if *lane == Some(number) {
                *lane = None;
            }
        }
        let mut all = self.entries.iter();
        all.find(|(_, e)| e.number == number).map(|(key, _)| key.clone())
    }
}

/// One entry's work.
struct Job {
    number: u64,
    queue: QueueName,
    wanted: Wanted,
    stop: Stop,
}

impl Job {
    /// What could not be made, of all that was asked for. Runs on a blocking thread.
    fn run(self, shared: &Shared) -> Result<Made, NoSnapshot> {
        let Some(dir) = shared.queue(&self.queue) else {
            return Err(NoSnapshot::Changed(self.wanted.name));
        };
        let (live, media) = (shared.live(), shared.media_dir());
        let place = media.join(format!(".{}.job", self.number));
        let mut workshop = Workshop::new(place, live.settings.media.ffmpeg.clone())
            .with_heif(live.settings.media.heif_convert.clone())
            .with_shelf(Shelf::beside(&media))
            .with_stop(self.stop);
        let Wanted {
            name,
            tasks,
            originals,
            ..
        } = self.wanted;
        let made = workshop.make(tasks, &originals, |file| dir.media_file(&name, file))?;
        Ok(made.into_iter().filter(|(_, made)| made.is_err()).collect())
    }
}

impl Engine {
    /// What a scan found of entries to be prepared. Gives the claims that need not wait any more.
    pub(super) fn line_up(&mut self, queue: &QueueName, findings: &mut Findings, now: Timestamp) -> Output {
        for name in findings.abandoned.drain(..) {
            self.preparing.abandon(queue, &name);
        }
        for wanted in findings.wanted.drain(..) {
            tracing::info!(
                crier_queue = queue.to_string(),
                "queue {queue}: {} is being prepared: {} made to fit",
                wanted.name,
                match wanted.files().as_slice() {
                    [one] => format!("{one} is"),
                    several => format!("{} are", several.join(", ")),
                }
            );
            self.preparing.line_up(queue, wanted, now);
        }
        self.make_next();
        let waits = |post: &PostId| {
            let record = self.desk.post(post);
            record.is_some_and(|r| self.waits_for_media(r))
        };
        let (wait, go): (BTreeSet<PostId>, BTreeSet<PostId>) =
            self.preparing.claims.iter().cloned().partition(waits);
        self.preparing.claims = wait;
        Output {
            actions: go.into_iter().map(Action::Claim).collect(),
            ..Output::default()
        }
    }

    fn waits_for_media(&self, record: &PostRecord) -> bool {
        record.stage == Stage::Waiting
            && self
                .preparing
                .holds(&record.post.queue, record.post.origin.name())
    }

    /// Whether a post that is due has to wait for a new revision of itself; then its claim is made when that is
    /// there.
    pub(in crate::engine) fn claim_later(&mut self, record: &PostRecord) -> bool {
        let later = self.waits_for_media(record);
        if later {
            self.preparing.claims.insert(record.post.id.clone());
        }
        later
    }

    /// A post is over: a new revision of it is wanted no more. Who cancels a post means that revision, too;
    /// otherwise it is a new post.
    pub(in crate::engine) fn end_preparing(&mut self, post: &PostId) {
        let Some(record) = self.desk.post(post) else {
            return;
        };
        let (queue, name) = (record.post.queue.clone(), record.post.origin.name().to_owned());
        let Some(stamp) = self.preparing.abandon(&queue, &name) else {
            return;
        };
        let cancelled = |phase: &Phase| match phase {
            Phase::Ended { outcome } => matches!(outcome, Outcome::Cancelled { .. }),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } | Phase::Held { .. } => false,
        };
        let all = self
            .desk
            .deliveries_of_post(post)
            .all(|look| cancelled(&look.record.phase));
        if all {
            self.seen.restamp(post, stamp);
        } else {
            self.scan(&queue);
        }
    }

    /// Gives free lanes their next work.
    fn make_next(&mut self) {
        if self.stopping {
            return;
        }
        for slow in [false, true] {
            let Some(job) = self.preparing.next(slow) else {
                continue;
            };
            let handle = Handle::new(self.shared.clone());
            tokio::task::spawn_blocking(move || {
                let number = job.number;
                let made = job.run(&handle.shared);
                handle.send_blocking(Event::Prepared(number, Box::new(made)));
            });
        }
    }

    /// Something was made, or not: the queue is looked at again.
    pub(in crate::engine) fn prepared(
        &mut self,
        number: u64,
        made: Result<Made, NoSnapshot>,
        now: Timestamp,
    ) {
        if let Some(key) = self.preparing.over(number) {
            let (queue, name) = &key;
            match made {
                Ok(failed) => {
                    if let Some(entry) = self.preparing.entries.get_mut(&key) {
                        entry.state = State::Over(failed);
                    }
                    self.scan(queue);
                }
                Err(NoSnapshot::Changed(_)) => {
                    self.preparing.abandon(queue, name);
                    self.rescan_by(queue, now + SETTLE);
                }
                Err(NoSnapshot::System(error)) => {
                    tracing::warn!("{name}: its media cannot be made to fit now, again in 30 s: {error}");
                    self.preparing.abandon(queue, name);
                    self.rescan_by(queue, now + PAUSE);
                }
            }
        }
        self.make_next();
    }

    fn rescan_by(&mut self, queue: &QueueName, at: Timestamp) {
        let at = self.rescan.get(queue).map_or(at, |before| at.min(*before));
        self.rescan.insert(queue.clone(), at);
    }
}
