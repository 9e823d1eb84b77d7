//! One look at a queue's directory: what is new, changed, gone or wrong. Runs on a blocking thread.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::preparing::{Underway, Wanted};
use crate::core::desk::{AccountSpec, House};
use crate::core::diagnose::{Diagnostic, Diagnostics, render};
use crate::core::facts::Facts;
use crate::core::intake::{self, Admission, Context, Identity, Made, Target};
use crate::domain::account::Connection;
use crate::domain::id::{AccountName, PostId};
use crate::domain::post::{Origin, Post};
use crate::domain::time::Timestamp;
use crate::engine::Shared;
use crate::engine::accounts::reach_of;
use crate::spool::fit::{Shelf, Workshop};
use crate::spool::snapshot::NoSnapshot;
use crate::spool::{Queue, Reading, SETTLE, Stamp, Still, Unread};

/// A post's record must fit the store with room to spare.
const POST_MAX: usize = 88 << 10;

/// A waiting post as the scan knows it.
pub struct Known {
    pub id: PostId,
    pub revision: u32,
    pub admitted: Timestamp,
    pub hash: String,
    pub stamp: Stamp,
    /// It is over; its file is about to move away.
    pub leaving: bool,
}

/// What becomes of an entry that was read.
enum Verdict {
    Admitted(Admission),
    Refused(Diagnostics),
    /// These must be made first.
    Wants(Vec<intake::Task>),
}

/// What a scan needs.
pub struct Task {
    pub dir: Arc<Queue>,
    pub known: BTreeMap<String, Known>,
    /// Entries whose media are being made to fit.
    pub underway: BTreeMap<String, Underway>,
    pub connections: BTreeMap<AccountName, Connection>,
}

/// A file that was refused.
pub struct Refused {
    /// Its name in the queue.
    pub name: String,
    /// The name of its note in `failed/`.
    pub note: String,
    /// The reason, drawn.
    pub why: String,
}

/// What a scan found.
#[derive(Default)]
pub struct Findings {
    /// New posts.
    pub admitted: Vec<(Box<Post>, Stamp)>,
    /// Waiting posts with a new content.
    pub edited: Vec<(Box<Post>, Stamp)>,
    /// Waiting posts whose file was written again with the same content.
    pub touched: Vec<(PostId, Stamp)>,
    /// Waiting posts whose file is gone.
    pub removed: Vec<PostId>,
    /// Files that were refused and moved to `failed/`.
    pub refused: Vec<Refused>,
    /// Entries whose media must be made to fit first.
    pub wanted: Vec<Wanted>,
    /// Entries for which that is wanted no more.
    pub abandoned: Vec<String>,
    /// Files that are not whole yet: look again then.
    pub look_again: Option<Timestamp>,
    /// The directory cannot be used.
    pub trouble: Option<String>,
    /// Names that look like posts and are none.
    pub notices: Vec<String>,
}

impl Task {
    /// Looks.
    pub fn run(mut self, shared: &Shared) -> Findings {
        let mut found = Findings::default();
        let scan = match self.dir.scan() {
            Ok(scan) => scan,
            Err(error) => {
                found.trouble = Some(format!("{} cannot be read: {error}", self.dir.path().display()));
                return found;
            }
        };
        found.notices = scan.notices;
        let house = shared.live().house.clone();
        for entry in scan.entries {
            let known = self.known.remove(&entry.name);
            let made = match self.underway.remove(&entry.name) {
                None => Made::new(),
                Some(underway) => match self.prepared(&entry.name, underway, &mut found) {
                    Some(made) => made,
                    None => continue,
                },
            };
            self.entry(shared, &house, &entry.name, known, &made, &mut found);
        }
        found.abandoned.extend(self.underway.into_keys());
        let missing = self.known.into_values().filter(|k| !k.leaving);
        found.removed.extend(missing.map(|k| k.id));
        found
    }

    /// What could not be made for an entry that is to be read; `None`: it is still being prepared.
    fn prepared(&self, name: &str, underway: Underway, found: &mut Findings) -> Option<Made> {
        let same = matches!(self.dir.still(name, &underway.stamp), Ok(Still::Same));
        if same && underway.over.is_none() {
            return None;
        }
        found.abandoned.push(name.to_owned());
        Some(underway.over.filter(|_| same).unwrap_or_default())
    }

    fn entry(
        &self,
        shared: &Shared,
        house: &House,
        name: &str,
        known: Option<Known>,
        made: &Made,
        found: &mut Findings,
    ) {
        if let Some(known) = &known {
            match self.dir.still(name, &known.stamp) {
                Ok(Still::Same) => return,
                Ok(Still::Changed) => {}
                Ok(Still::Gone) if known.leaving => return,
                Ok(Still::Gone) => return found.removed.push(known.id.clone()),
                Err(error) => return later(found, shared, name, &error.to_string()),
            }
        }
        // In the place of a file that is over lies another: a new post.
        let known = known.filter(|k| !k.leaving);
        let now = shared.clock.now();
        match self.dir.read(name, now) {
            Ok(reading) => self.judge(shared, house, name, known, (reading, made), found),
            Err(Unread::NotYet { until, why }) => {
                tracing::debug!("{name}: {why}");
                again(found, until);
            }
            Err(Unread::Refused(told)) => self.refuse(shared, name, known, &told, found),
            Err(Unread::Gone) => found.removed.extend(known.map(|k| k.id)),
            Err(Unread::System(error)) => later(found, shared, name, &error.to_string()),
        }
    }

    fn judge(
        &self,
        shared: &Shared,
        house: &House,
        name: &str,
        known: Option<Known>,
        (reading, made): (Reading, &Made),
        found: &mut Findings,
    ) {
        let id = known
            .as_ref()
            .map_or_else(|| new_id(shared, shared.clock.now()), |k| k.id.clone());
        let mut workshop = workshop(shared, &id);
        let ident = (id, known.as_ref());
        let verdict = self.accept(shared, house, name, ident, (&reading, made), &mut workshop);
        let post = match verdict {
            Ok(Verdict::Admitted(admission)) => admission.post,
            Ok(Verdict::Refused(told)) => return self.refuse(shared, name, known, &told, found),
            Ok(Verdict::Wants(tasks)) => return found.wanted.push(wanted(name, tasks, reading)),
            Err(NoSnapshot::Changed(_)) => return again(found, shared.clock.now() + SETTLE),
            Err(NoSnapshot::System(error)) => return later(found, shared, name, &error.to_string()),
        };
        if let Some(known) = &known
            && known.hash == post.hash
        {
            return found.touched.push((known.id.clone(), reading.stamp));
        }
        let snapshot = || {
            self.dir
                .snapshot_with(name, &post, &shared.media_dir(), workshop.derived())
        };
        match shared.claims.unless_claimed(self.dir.name(), &post.id, snapshot) {
            Some(Ok(())) => {}
            None | Some(Err(NoSnapshot::Changed(_))) => return again(found, shared.clock.now() + SETTLE),
            Some(Err(NoSnapshot::System(error))) => return later(found, shared, name, &error.to_string()),
        }
        self.forget_old_note(name);
        let list = if known.is_some() {
            &mut found.edited
        } else {
            &mut found.admitted
        };
        list.push((Box::new(post), reading.stamp));
    }

    fn accept(
        &self,
        shared: &Shared,
        house: &House,
        name: &str,
        (id, known): (PostId, Option<&Known>),
        (reading, made): (&Reading, &Made),
        workshop: &mut Workshop,
    ) -> Result<Verdict, NoSnapshot> {
        let now = shared.clock.now();
        let Some(queue) = house.queues.get(self.dir.name()) else {
            let gone = format!("queue {} is no longer in the config", self.dir.name());
            return Ok(Verdict::Refused(one(gone)));
        };
        let never = Connection::default();
        let live = shared.live();
        let accounts = queue.accounts.iter();
        let reached: Vec<(&AccountName, &AccountSpec, &Connection, Facts)> = accounts
            .filter_map(|account| {
                let spec = house.accounts.get(account)?;
                let connection = self.connections.get(account).unwrap_or(&never);
                Some((account, spec, connection, spec.facts_of(connection)))
            })
            .collect();
        let targets: Vec<Target<'_>> = reached
            .iter()
            .map(|(account, spec, connection, facts)| Target {
                account,
                platform: spec.platform,
                facts,
                connection,
                options: &spec.options,
                reach: reach_of(&live, spec),
            })
            .collect();
        let identity = Identity {
            id,
            origin: origin(shared, self.dir.name(), name),
            revision: known.map_or(1, |k| k.revision + 1),
            admitted: known.map_or(now, |k| k.admitted),
        };
        let context = Context {
            queue,
            targets: &targets,
            now,
        };
        let open = |file: &str| self.dir.media_file(name, file);
        let measured = workshop.clean(&reading.measured, open)?;
        let tasks = intake::tasks(&reading.draft, &measured, &context);
        let accept = |made: &Made| {
            let accepted = intake::accept_made(identity.clone(), &reading.draft, &measured, made, &context);
            accepted.and_then(small_enough)
        };
        let left: Vec<_> = tasks.iter().filter(|t| !made.contains_key(*t)).cloned().collect();
        if !workshop.has(&left, &reading.measured) {
            // What is wrong besides is told at once, not when all is made.
            return Ok(match accept(&intake::promised(&tasks, &measured)) {
                Ok(_) => Verdict::Wants(tasks),
                Err(told) => Verdict::Refused(told),
            });
        }
        let mut made = made.clone();
        made.extend(workshop.make(left, &reading.measured, open)?);
        Ok(match accept(&made) {
            Ok(admission) => Verdict::Admitted(admission),
            Err(told) => Verdict::Refused(told),
        })
    }

    /// To `failed/` with its note; a submission's file vanishes and its sender is told instead.
    fn refuse(
        &self,
        shared: &Shared,
        name: &str,
        known: Option<Known>,
        told: &Diagnostics,
        found: &mut Findings,
    ) {
        let drawn = render(told, false);
        if shared.submissions.refused(self.dir.name(), name, &drawn) {
            self.remove_submission(name);
            return;
        }
        let note = crate::spool::refusal(name, told);
        match self.dir.refuse(name, &note) {
            Ok(finished) => {
                if let Some(stuck) = finished.stuck {
                    found.notices.push(stuck);
                }
                found.refused.push(Refused {
                    name: name.to_owned(),
                    note: finished.note,
                    why: drawn,
                });
                found.removed.extend(known.map(|k| k.id));
            }
            Err(error) => later(found, shared, name, &error.to_string()),
        }
    }

    fn remove_submission(&self, name: &str) {
        let path = self.dir.path().join(name);
        let removed = if name.ends_with(".post") {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        if let Err(error) = removed {
            tracing::warn!("a refused submission stays behind as {name}: {error}");
        }
    }

    /// A file that came back from `failed/` leaves no note of its last failure.
    fn forget_old_note(&self, name: &str) {
        if let Err(error) = self.dir.clear_why(name) {
            tracing::debug!("{name}: its old note stays: {error}");
        }
    }
}

/// A post's record must fit the store.
fn small_enough(admission: Admission) -> Result<Admission, Diagnostics> {
    // Plain data: serde_json cannot fail on it.
    let size = serde_json::to_vec(&admission.post).unwrap_or_default().len();
    if size > POST_MAX {
        return Err(one(format!(
            "the post is too large: {size} bytes with all its accounts' texts, at most {POST_MAX} fit; shorten the text or name fewer accounts"
        )));
    }
    Ok(admission)
}

/// Where positions are taken out of the post's media. A directory of that name is nobody else's. What is made to
/// fit is found on the shelf.
fn workshop(shared: &Shared, id: &PostId) -> Workshop {
    let media = shared.media_dir();
    Workshop::new(media.join(format!(".{id}.fit")), None).with_shelf(Shelf::beside(&media))
}

fn wanted(name: &str, tasks: Vec<intake::Task>, reading: Reading) -> Wanted {
    let mut originals = reading.measured;
    originals.retain(|file, _| tasks.iter().any(|t| t.file == *file));
    Wanted {
        name: name.to_owned(),
        stamp: reading.stamp,
        tasks,
        originals,
    }
}

fn one(message: String) -> Diagnostics {
    let mut told = Diagnostics::new();
    told.push(Diagnostic::general(message));
    told
}

fn new_id(shared: &Shared, now: Timestamp) -> PostId {
    let ulid = shared.ids.new_ulid(u64::try_from(now.0).unwrap_or(0));
    // A ULID is 26 letters and digits, which is all that a post id asks for.
    PostId::new(ulid).unwrap_or_else(|e| unreachable!("{e}"))
}

fn origin(shared: &Shared, queue: &crate::domain::id::QueueName, name: &str) -> Origin {
    if shared.submissions.holds(queue, name) {
        Origin::Api(name.to_owned())
    } else {
        Origin::File(name.to_owned())
    }
}

fn again(found: &mut Findings, at: Timestamp) {
    found.look_again = Some(found.look_again.map_or(at, |before| before.min(at)));
}

/// The system's fault, not the file's: it is left where it is and looked at again.
fn later(found: &mut Findings, shared: &Shared, name: &str, why: &str) {
    tracing::warn!(
        "{}: not read now, again in 30 s: {why}",
        Path::new(name).display()
    );
    again(found, shared.clock.now() + crate::domain::time::Span::secs(30));
}
