//! What happens, told: to the journal with its fields, and to whoever follows the events.

use super::Shared;
use super::api::{Event, EventKind};
use super::message_id::{self, MessageId};
use crate::core::audit::AuditRecord;
use crate::core::desk::{Desk, Notice, NoticeKind};
use crate::domain::id::{AccountName, DeliveryId, QueueName};
use crate::domain::receipt::Attempt;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// A notice of the desk.
pub fn notice(shared: &Shared, desk: &Desk, notice: &Notice, now: Timestamp) {
    let (message, kind) = kinds(notice.kind);
    let post = notice.post.as_ref().and_then(|id| desk.post(id));
    let file = post.map(|r| r.post.origin.name().to_owned());
    log(message, notice, file.as_deref());
    shared.tell(Event {
        seq: 0,
        at: now.into(),
        kind,
        post: notice.post.as_ref().map(ToString::to_string),
        file,
        queue: post.map(|r| r.post.queue.to_string()),
        account: notice.account.as_ref().map(ToString::to_string),
        words: notice.words.clone(),
        permalink: notice.link.clone(),
    });
}

fn kinds(kind: NoticeKind) -> (MessageId, EventKind) {
    match kind {
        NoticeKind::Admitted => (message_id::ADMITTED, EventKind::Admitted),
        NoticeKind::Edited => (message_id::ADMITTED, EventKind::Edited),
        NoticeKind::Started => (message_id::BEGUN, EventKind::Started),
        NoticeKind::Published => (message_id::PUBLISHED, EventKind::Published),
        NoticeKind::Failed => (message_id::FAILED, EventKind::Failed),
        NoticeKind::Cancelled => (message_id::CANCELLED, EventKind::Cancelled),
        NoticeKind::Skipped => (message_id::LATE, EventKind::Skipped),
        NoticeKind::Held => (message_id::HELD, EventKind::Held),
        NoticeKind::Late => (message_id::LATE, EventKind::Late),
        NoticeKind::Unknown => (message_id::UNKNOWN_OUTCOME, EventKind::Unknown),
        NoticeKind::Released => (message_id::MOVED_ON, EventKind::Released),
        NoticeKind::Retried => (message_id::MOVED_ON, EventKind::Retried),
        NoticeKind::Resolved => (message_id::MOVED_ON, EventKind::Resolved),
        NoticeKind::Account => (message_id::REAUTHORISE, EventKind::Disconnected),
        NoticeKind::Limited => (message_id::LIMIT_REACHED, EventKind::Held),
        NoticeKind::Frozen => (message_id::FROZEN, EventKind::Frozen),
        NoticeKind::Thawed => (message_id::THAWED, EventKind::Thawed),
    }
}

/// INFO: nothing to do. WARN: a person should look, nothing is lost.
fn log(message: MessageId, notice: &Notice, file: Option<&str>) {
    let (words, kind) = (&notice.words, notice.kind);
    let delivery_field = notice
        .delivery
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let post = notice.post.as_ref().map(ToString::to_string).unwrap_or_default();
    let account = notice.account.as_ref();
    let account = account.map(ToString::to_string).unwrap_or_default();
    let words = crate::engine::journal::plain(words);
    let about = file.map(|f| format!("{f}: ")).unwrap_or_default();
    let link = notice.link.as_deref().map(|l| format!(" {}", plain(l)));
    let link = link.unwrap_or_default();
    let place = if account.is_empty() {
        String::new()
    } else {
        format!(" [{account}]")
    };
    match kind {
        NoticeKind::Admitted
        | NoticeKind::Edited
        | NoticeKind::Started
        | NoticeKind::Published
        | NoticeKind::Cancelled
        | NoticeKind::Released
        | NoticeKind::Retried
        | NoticeKind::Resolved
        | NoticeKind::Limited
        | NoticeKind::Thawed => tracing::info!(
            message_id = message.id(),
            crier_delivery = delivery_field,
            crier_post = post,
            crier_account = account,
            "{about}{words}{place}{link}"
        ),
        NoticeKind::Failed
        | NoticeKind::Skipped
        | NoticeKind::Held
        | NoticeKind::Late
        | NoticeKind::Unknown
        | NoticeKind::Account
        | NoticeKind::Frozen => {
            tracing::warn!(
                message_id = message.id(),
                crier_delivery = delivery_field,
                crier_post = post,
                crier_account = account,
                "{about}{words}{place}{link}"
            );
        }
    }
}

/// Somebody set the machine's clock; and why posts wait now, if they do.
pub fn clock_set(now: Timestamp, doubt: Option<(String, Timestamp)>) {
    let message_id = message_id::CLOCK.id();
    match doubt {
        None => tracing::info!(message_id, "the machine's clock was set and shows {now}"),
        Some((why, until)) => tracing::warn!(
            message_id,
            "the machine's clock was set: {why}; posts wait until {until}, or until a platform says what time it is"
        ),
    }
}

/// Text from outside without control characters: nothing remote moves a terminal's cursor.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// One attempt of a step.
pub fn attempt(shared: &Shared, desk: &Desk, id: &DeliveryId, step: &str, attempt: &Attempt, now: Timestamp) {
    let status = attempt.status.map(|s| s.to_string());
    let words = format!(
        "attempt {} ({step}): {} -> {} {} -> {}",
        attempt.number,
        attempt.call,
        status.as_deref().unwrap_or("no answer"),
        plain(attempt.detail.as_deref().unwrap_or_default()),
        attempt.verdict
    );
    tracing::debug!(
        crier_delivery = id.to_string(),
        crier_post = id.post.to_string(),
        crier_account = id.account.to_string(),
        "{words}"
    );
    let post = desk.post(&id.post).map(|r| &r.post);
    shared.tell(Event {
        seq: 0,
        at: now.into(),
        kind: EventKind::Step,
        post: Some(id.post.to_string()),
        file: post.map(|p| p.origin.name().to_owned()),
        queue: post.map(|p| p.queue.to_string()),
        account: Some(id.account.to_string()),
        words,
        permalink: None,
    });
}

/// A change by a person.
pub fn audit(record: &AuditRecord) {
    tracing::info!(
        message_id = message_id::AUDIT.id(),
        "{} (uid {}, {}) did {} to {}; audit record {} with hash {}",
        plain(&record.who.name),
        record.who.uid,
        record.who.role,
        record.what,
        plain(&record.target),
        record.seq,
        record.hash
    );
}

/// The store does not take what must be written.
pub fn store_failed(error: &StoreError) {
    tracing::error!(
        message_id = message_id::STORE_FULL.id(),
        "nothing goes on until this is mended: {error}"
    );
}

/// The disk fails: what is on it only a new start can know, which systemd makes.
pub fn store_broken(error: &StoreError) {
    tracing::error!(
        message_id = message_id::STORE_FULL.id(),
        "crierd ends, and begins anew with what is on the disk: {error}"
    );
}

/// The disk takes what must be written again.
pub fn store_mended() {
    tracing::info!("the database can be written again: everything goes on");
}

/// The daemon stops, and what should have been written before is not.
pub fn store_given_up(error: &StoreError) {
    tracing::error!(
        message_id = message_id::STORE_FULL.id(),
        "crierd stops without having written down what happened last; the next start asks the platforms what they know \
         of it: {error}"
    );
}

/// A dropped file was refused.
pub fn refused(shared: &Shared, queue: &QueueName, file: &str, note: &str, words: &str, now: Timestamp) {
    let file = plain(file);
    tracing::warn!(
        message_id = message_id::FILE_REFUSED.id(),
        crier_queue = queue.to_string(),
        "{file}: refused, see failed/{note}"
    );
    shared.tell(Event {
        seq: 0,
        at: now.into(),
        kind: EventKind::Refused,
        post: None,
        file: Some(file),
        queue: Some(queue.to_string()),
        account: None,
        words: plain(words.lines().next().unwrap_or_default()),
        permalink: None,
    });
}

/// Something about an account.
pub fn account(
    shared: &Shared,
    name: &AccountName,
    kind: EventKind,
    message: MessageId,
    words: &str,
    now: Timestamp,
) {
    let words = plain(words);
    match kind {
        EventKind::Connected | EventKind::Refreshed => {
            tracing::info!(
                message_id = message.id(),
                crier_account = name.to_string(),
                "account {name}: {words}"
            );
        }
        _ => tracing::warn!(
            message_id = message.id(),
            crier_account = name.to_string(),
            "account {name}: {words}"
        ),
    }
    tell(shared, Some(name), None, kind, words, now);
}

/// The monitor's word: past due without an end and without a reason.
pub fn overdue(shared: &Shared, id: &DeliveryId, words: String, now: Timestamp) {
    shared.tell(Event {
        seq: 0,
        at: now.into(),
        kind: EventKind::Late,
        post: Some(id.post.to_string()),
        file: None,
        queue: None,
        account: Some(id.account.to_string()),
        words,
        permalink: None,
    });
}

/// An event about the daemon, a queue or an account.
pub fn tell(
    shared: &Shared,
    account: Option<&AccountName>,
    queue: Option<&QueueName>,
    kind: EventKind,
    words: String,
    now: Timestamp,
) {
    shared.tell(Event {
        seq: 0,
        at: now.into(),
        kind,
        post: None,
        file: None,
        queue: queue.map(ToString::to_string),
        account: account.map(ToString::to_string),
        words,
        permalink: None,
    });
}
