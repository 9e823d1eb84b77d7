//! Claims and ends of files. Runs on blocking threads.

use super::{FileRecord, paper};
use crate::core::desk::{ClaimResult, Desk, PostRecord};
use crate::domain::id::{DeliveryId, PostId};
use crate::domain::receipt::Attempt;
use crate::engine::{Shared, records};
use crate::spool::{Claim, snapshot};
use crate::store::Store;

/// A claim's result, and the name it got in `sending/`.
pub struct Claimed {
    /// For the desk.
    pub result: ClaimResult,
    /// For the file's record.
    pub taken: Option<String>,
}

/// Moves a post's file into `sending/`; from before that on its media are fixed.
pub fn claim(shared: &Shared, record: &PostRecord, file: Option<&FileRecord>) -> Claimed {
    let (queue, id) = (&record.post.queue, &record.post.id);
    shared.claims.begin(queue, id);
    let claimed = move_in(shared, record, file);
    if claimed.result != ClaimResult::Ours {
        shared.claims.undo(queue, id);
    }
    claimed
}

fn move_in(shared: &Shared, record: &PostRecord, file: Option<&FileRecord>) -> Claimed {
    let failed = |why: String| Claimed {
        result: ClaimResult::Failed(why),
        taken: None,
    };
    let Some(dir) = shared.queue(&record.post.queue) else {
        return failed("its queue is not in the config".to_owned());
    };
    let Some(file) = file else {
        return failed("nothing is known of its file".to_owned());
    };
    match dir.claim(record.post.origin.name(), &file.stamp) {
        Ok(Claim::Moved(taken)) => Claimed {
            result: ClaimResult::Ours,
            taken: Some(taken),
        },
        Ok(Claim::Changed) => Claimed {
            result: ClaimResult::Changed,
            taken: None,
        },
        Ok(Claim::Gone) => gone_or_ours(&dir, record, file),
        Err(error) => failed(error.to_string()),
    }
}

/// A crash between the rename and its commit leaves the file in `sending/` already: then it is ours.
fn gone_or_ours(dir: &crate::spool::Queue, record: &PostRecord, file: &FileRecord) -> Claimed {
    match dir.claimed_as(record.post.origin.name(), &file.stamp) {
        Ok(Some(taken)) => Claimed {
            result: ClaimResult::Ours,
            taken: Some(taken),
        },
        Ok(None) => Claimed {
            result: ClaimResult::Gone,
            taken: None,
        },
        Err(error) => Claimed {
            result: ClaimResult::Failed(error.to_string()),
            taken: None,
        },
    }
}

/// A post whose deliveries have all ended.
pub struct Ended {
    record: PostRecord,
    file: Option<FileRecord>,
    all_published: bool,
    /// Each delivery with its end and attempts.
    pub(super) deliveries: Vec<EndedDelivery>,
}

/// One of its deliveries.
pub struct EndedDelivery {
    pub(super) id: DeliveryId,
    pub(super) record: crate::core::desk::DeliveryRecord,
    pub(super) attempts: Vec<Attempt>,
}

impl Ended {
    /// Gathers what the receipt needs.
    pub fn of(desk: &Desk, store: &dyn Store, post: &PostId, file: Option<FileRecord>) -> Option<Self> {
        let record = desk.post(post)?.clone();
        let deliveries = desk.deliveries_of_post(post).map(|look| EndedDelivery {
            id: look.id.clone(),
            record: look.record.clone(),
            attempts: records::attempts(store, look.id).unwrap_or_default(),
        });
        let deliveries = deliveries.collect();
        Some(Self {
            all_published: desk.all_published(post),
            record,
            file,
            deliveries,
        })
    }

    pub(super) fn record(&self) -> &PostRecord {
        &self.record
    }
}

/// Moves the file to `sent/` or `failed/` with its paper, and drops the media snapshots.
pub fn finish(shared: &Shared, ended: &Ended) -> Result<(), String> {
    let post = &ended.record.post;
    shared.claims.begin(&post.queue, &post.id);
    let dir = shared
        .queue(&post.queue)
        .ok_or("its queue is not in the config")?;
    if let Some(taken) = taken(&dir, ended)? {
        let finished = if ended.all_published {
            dir.finish_sent(&taken, &paper::receipt(ended))
        } else {
            dir.fail(&taken, &paper::why(ended))
        };
        let finished = finished.map_err(|e| e.to_string())?;
        if let Some(stuck) = finished.stuck {
            tracing::warn!(crier_post = post.id.to_string(), "{stuck}");
        }
    }
    snapshot::remove(&shared.media_dir(), &post.id).map_err(|e| e.to_string())
}

/// The file's name in `sending/`; `None`: a person has taken it away, and there is nothing to move.
fn taken(dir: &crate::spool::Queue, ended: &Ended) -> Result<Option<String>, String> {
    let Some(file) = &ended.file else { return Ok(None) };
    if let Some(taken) = &file.taken {
        return Ok(Some(taken.clone()));
    }
    match claim_for_end(dir, &ended.record, file)? {
        Claim::Moved(taken) => Ok(Some(taken)),
        // What lies there now is another content: it is a new post.
        Claim::Changed | Claim::Gone => Ok(None),
    }
}

fn claim_for_end(dir: &crate::spool::Queue, record: &PostRecord, file: &FileRecord) -> Result<Claim, String> {
    match dir
        .claim(record.post.origin.name(), &file.stamp)
        .map_err(|e| e.to_string())?
    {
        Claim::Gone => match dir
            .claimed_as(record.post.origin.name(), &file.stamp)
            .map_err(|e| e.to_string())?
        {
            Some(taken) => Ok(Claim::Moved(taken)),
            None => Ok(Claim::Gone),
        },
        other => Ok(other),
    }
}
