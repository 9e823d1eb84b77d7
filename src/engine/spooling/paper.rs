//! What crier writes for people beside a finished file: the receipt, or the reason.

use serde::Serialize;

use super::moving::{Ended, EndedDelivery};
use crate::core::delivery::Phase;
use crate::core::why;
use crate::domain::receipt::{Live, Outcome};

/// `NAME.receipt.toml`
#[derive(Serialize)]
struct Receipt {
    post: String,
    queue: String,
    file: String,
    admitted: String,
    due: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    delivery: Vec<ReceiptDelivery>,
}

#[derive(Serialize)]
struct ReceiptDelivery {
    account: String,
    platform: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    attempts: u32,
    live: Vec<ReceiptLive>,
}

#[derive(Serialize)]
struct ReceiptLive {
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permalink: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
}

/// The proof of a post that is out everywhere.
pub fn receipt(ended: &Ended) -> String {
    let record = ended.record();
    let receipt = Receipt {
        post: record.post.id.to_string(),
        queue: record.post.queue.to_string(),
        file: record.post.origin.name().to_owned(),
        admitted: record.post.admitted.to_string(),
        due: record.due.to_string(),
        notes: record
            .post
            .warnings
            .iter()
            .chain(&record.notes)
            .cloned()
            .collect(),
        delivery: ended.deliveries.iter().map(delivery).collect(),
    };
    // Strings and numbers in tables: toml cannot fail on them.
    let toml = toml::to_string(&receipt).unwrap_or_default();
    format!("# written by crier; the post is live\n{toml}")
}

fn delivery(ended: &EndedDelivery) -> ReceiptDelivery {
    let (outcome, note, live) = end(&ended.record.phase);
    ReceiptDelivery {
        account: ended.id.account.to_string(),
        platform: ended.record.platform.to_string(),
        outcome,
        note,
        sent: ended.record.committed.map(|t| t.to_string()),
        ended: ended.record.ended.map(|t| t.to_string()),
        attempts: ended.record.attempts,
        live: live.iter().map(place).collect(),
    }
}

fn end(phase: &Phase) -> (&'static str, Option<String>, Vec<Live>) {
    match phase {
        Phase::Ended { outcome } => match outcome {
            Outcome::Published { live, note } => ("published", note.clone(), live.clone()),
            Outcome::Partial { live, why } => ("partial", Some(why.clone()), live.clone()),
            Outcome::Refused { why } => ("refused", Some(why.clone()), Vec::new()),
            Outcome::GaveUp { why } => ("gave-up", Some(why.clone()), Vec::new()),
            Outcome::Cancelled { by } => ("cancelled", Some(by.clone()), Vec::new()),
            Outcome::Skipped { why } => ("skipped", Some(why.clone()), Vec::new()),
        },
        Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } | Phase::Held { .. } => {
            ("open", None, Vec::new())
        }
    }
}

fn place(live: &Live) -> ReceiptLive {
    ReceiptLive {
        remote_id: live.remote_id.clone(),
        permalink: live.permalink.clone(),
        part: live.part.clone(),
    }
}

/// The note of a post that is not out everywhere: what, for which account, what to do.
pub fn why(ended: &Ended) -> String {
    let record = ended.record();
    let mut text = format!("{} did not go out everywhere.\n\n", record.post.origin.name());
    for delivery in &ended.deliveries {
        let words = match &delivery.record.phase {
            Phase::Ended { outcome } => why::outcome_words(outcome),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } | Phase::Held { .. } => {
                "has not ended".to_owned()
            }
        };
        text.push_str(&format!("{}: {}\n", delivery.id.account, indent(&words)));
        if let Some(last) = delivery.attempts.last() {
            let status = last
                .status
                .map(|s| s.to_string())
                .unwrap_or_else(|| "no answer".to_owned());
            let detail = last.detail.as_deref().unwrap_or_default();
            text.push_str(&format!("    last call: {} -> {status} {detail}\n", last.call));
        }
    }
    for note in record.post.warnings.iter().chain(&record.notes) {
        text.push_str(&format!("{note}\n"));
    }
    text.push_str(&format!("\nMore: crierctl why {}\n", record.post.id));
    text
}

fn indent(words: &str) -> String {
    words.replace('\n', "\n    ")
}
