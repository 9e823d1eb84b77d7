//! The engine as people see it: records into the plain data of the admin API.

use super::api::{
    AttemptView, Counts, DeliveryView, Freeze as FreezeView, HoldView, LimitView, LiveView, OutcomeView,
    PhaseName, PostState, PostView, Scope as ScopeView, Time, Why, WhyDelivery, WhyLink,
};
use crate::core::delivery::{Phase, Step};
use crate::core::desk::{DeliveryLook, Desk, Freeze, PostRecord, Scope, Stage};
use crate::core::flow::Liveness;
use crate::core::why::{self, Asked, Link};
use crate::domain::account::ConnectionStatus;
use crate::domain::hold::Hold;
use crate::domain::id::AccountName;
use crate::domain::post::Expiry;
use crate::domain::receipt::{Attempt, Live, Outcome};
use crate::domain::time::Timestamp;

/// How much of a post's words a list shows, in characters.
const EXCERPT: usize = 80;

/// A post with its deliveries.
pub fn post(desk: &Desk, record: &PostRecord) -> PostView {
    let post = &record.post;
    let first = post.contents.values().next();
    let text = first
        .and_then(|c| c.segments.first())
        .map(|s| s.text.as_str())
        .unwrap_or_default();
    let expires = post.when.expires.map(|e| match e {
        Expiry::After(span) => record.due + span,
        Expiry::At(at) => at,
    });
    PostView {
        id: post.id.to_string(),
        queue: post.queue.to_string(),
        file: post.origin.name().to_owned(),
        place: place(desk, record).to_owned(),
        revision: post.revision,
        admitted: post.admitted.into(),
        due: Some(record.due.into()),
        at_text: post.when.at_text.clone(),
        expires: expires.map(Time::from),
        excerpt: excerpt(text),
        media: first.map_or(0, |c| {
            c.segments
                .iter()
                .map(|s| u32::try_from(s.media.len()).unwrap_or(u32::MAX))
                .sum()
        }),
        warnings: post.warnings.iter().chain(&record.notes).cloned().collect(),
        deliveries: desk
            .deliveries_of_post(&post.id)
            .map(|look| delivery(&look))
            .collect(),
    }
}

fn place(desk: &Desk, record: &PostRecord) -> &'static str {
    match record.stage {
        Stage::Waiting => "",
        Stage::Sending | Stage::Finishing => "sending",
        Stage::Done => {
            if desk.all_published(&record.post.id) {
                "sent"
            } else {
                "failed"
            }
        }
    }
}

fn excerpt(text: &str) -> String {
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let mut short: String = line.chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
    if line.chars().count() > EXCERPT {
        short.push('…');
    }
    short
}

fn delivery(look: &DeliveryLook<'_>) -> DeliveryView {
    let record = look.record;
    let (phase, hold, step) = match &record.phase {
        Phase::Waiting { until, hold, step } => (
            PhaseName::Waiting,
            Some(hold_view(hold, Some(*until))),
            Some(step),
        ),
        Phase::Ready { step } => (PhaseName::Ready, None, Some(step)),
        Phase::Calling { step, .. } => (PhaseName::Calling, None, Some(step)),
        Phase::Held { hold, step } => (PhaseName::Held, Some(hold_view(hold, None)), Some(step)),
        Phase::Ended { .. } => (PhaseName::Ended, None, None),
    };
    let outcome = match &record.phase {
        Phase::Ended { outcome } => Some(outcome),
        Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } | Phase::Held { .. } => None,
    };
    DeliveryView {
        account: look.id.account.to_string(),
        platform: record.platform.to_string(),
        revision: record.revision,
        phase,
        hold,
        since: record.since.map(Time::from),
        step: step.map(|_| look.step()),
        attempts: step.map_or(record.attempts, |s: &Step| s.attempts),
        live: outcome
            .map_or_else(|| live_of(look), live_in)
            .iter()
            .map(LiveView::from)
            .collect(),
        outcome: outcome.map(|o| OutcomeView::new(o, record.ended.map(Time::from))),
    }
}

fn live_of(look: &DeliveryLook<'_>) -> Vec<Live> {
    match look.live() {
        Liveness::Nothing => Vec::new(),
        Liveness::Some(live) | Liveness::All(live) => live,
    }
}

/// What an outcome says is live.
pub fn live_in(outcome: &Outcome) -> Vec<Live> {
    match outcome {
        Outcome::Published { live, .. } | Outcome::Partial { live, .. } => live.clone(),
        Outcome::Refused { .. }
        | Outcome::GaveUp { .. }
        | Outcome::Cancelled { .. }
        | Outcome::Skipped { .. } => Vec::new(),
    }
}

fn hold_view(hold: &Hold, until: Option<Timestamp>) -> HoldView {
    HoldView {
        kind: hold_kind(hold).to_owned(),
        words: why::hold_words(hold),
        until: until.map(Time::from),
    }
}

fn hold_kind(hold: &Hold) -> &'static str {
    match hold {
        Hold::NotDue => "not-due",
        Hold::Spacing => "spacing",
        Hold::Clock { .. } => "clock",
        Hold::Limit(_) => "limit",
        Hold::Processing => "processing",
        Hold::Retry { .. } => "retry",
        Hold::Checking { .. } => "checking",
        Hold::Renewing { .. } => "renewing",
        Hold::Reauthorise { .. } => "reauthorise",
        Hold::Account { .. } => "account",
        Hold::Frozen { .. } => "frozen",
        Hold::Unknown { .. } => "unknown",
        Hold::TooLate => "too-late",
        Hold::Duplicate { .. } => "duplicate",
        Hold::Person { .. } => "person",
        Hold::Partial { .. } => "partial",
        Hold::CannotResume { .. } => "cannot-resume",
    }
}

/// Whether a post belongs to a group that people ask for.
pub fn in_state(desk: &Desk, record: &PostRecord, state: PostState) -> bool {
    let over = matches!(record.stage, Stage::Finishing | Stage::Done);
    match state {
        PostState::Open => !over,
        PostState::Held => desk
            .deliveries_of_post(&record.post.id)
            .any(|l| matches!(l.record.phase, Phase::Held { .. })),
        PostState::Sent => over && desk.all_published(&record.post.id),
        PostState::Failed => over && !desk.all_published(&record.post.id),
        PostState::All => true,
    }
}

/// Deliveries by phase.
pub fn counts(desk: &Desk, now: Timestamp) -> Counts {
    let open = desk.open_counts(now);
    Counts {
        waiting: open.waiting,
        ready: open.ready,
        calling: open.calling,
        held: open.held,
        past_due: open.past_due,
        ..Counts::default()
    }
}

/// The chains of a post.
pub fn why(desk: &Desk, record: &PostRecord, now: Timestamp) -> Why {
    let deliveries = desk
        .deliveries_of_post(&record.post.id)
        .map(|look| why_delivery(desk, record, &look, now));
    Why {
        post: record.post.id.to_string(),
        file: record.post.origin.name().to_owned(),
        queue: record.post.queue.to_string(),
        due: Some(record.due.into()),
        deliveries: deliveries.collect(),
    }
}

fn why_delivery(desk: &Desk, record: &PostRecord, look: &DeliveryLook<'_>, now: Timestamp) -> WhyDelivery {
    let limits = desk.limits(&look.id.account, now).limits;
    let asked = Asked {
        post: record,
        phase: &look.record.phase,
        step: &look.step(),
        account: desk.account(&look.id.account),
        limits: &limits,
        now,
    };
    let named = |mut link: WhyLink| {
        link.help = link.help.map(|help| {
            help.replace(" ACCOUNT", &format!(" {}", look.id.account))
                .replace(" ID", &format!(" {}", look.id.post))
        });
        link
    };
    let chain: Vec<WhyLink> = why::chain(&asked)
        .into_iter()
        .map(|l| named(why_link(l, now)))
        .collect();
    let seen = delivery(look);
    WhyDelivery {
        account: look.id.account.to_string(),
        phase: seen.phase,
        summary: why::summary(&asked),
        chain,
    }
}

fn why_link(link: Link, now: Timestamp) -> WhyLink {
    let done = link.until.is_some_and(|at| at <= now);
    WhyLink {
        words: link.words,
        since: None,
        until: link.until.map(Time::from),
        done,
        help: link.help,
    }
}

/// One attempt.
pub fn attempt(account: &AccountName, attempt: &Attempt) -> AttemptView {
    AttemptView {
        account: account.to_string(),
        number: attempt.number,
        call: attempt.call.clone(),
        commit: attempt.commit,
        sent: attempt.sent.into(),
        ended: attempt.ended.map(Time::from),
        status: attempt.status,
        detail: attempt.detail.clone(),
        verdict: attempt.verdict.clone(),
    }
}

/// The limits of an account.
pub fn limits(desk: &Desk, account: &AccountName, now: Timestamp) -> Vec<LimitView> {
    let platform = desk
        .house()
        .accounts
        .get(account)
        .map(|s| s.platform.name())
        .unwrap_or_default();
    let limits = desk
        .limits(account, now)
        .limits
        .into_iter()
        .map(|(quota, usage)| LimitView {
            account: account.to_string(),
            platform: platform.to_owned(),
            limit: quota.name.clone(),
            words: match &quota.money {
                Some(unit) => format!("thousandths of a {unit} {}", quota.words),
                None => quota.words.clone(),
            },
            max: usage.max,
            used: usage.used,
            left: usage.max.saturating_sub(usage.used),
            window_secs: quota.window.as_secs(),
            next_free: (usage.next_free > now && usage.next_free < Timestamp::MAX)
                .then(|| usage.next_free.into()),
            source: if usage.max < quota.max {
                "platform"
            } else {
                "ledger"
            }
            .to_owned(),
        });
    limits.collect()
}

/// A freeze.
pub fn freeze(freeze: &Freeze) -> FreezeView {
    FreezeView {
        scope: scope(&freeze.scope),
        reason: freeze.why.clone(),
        since: freeze.since.into(),
        by: freeze.by.clone(),
    }
}

/// A scope on the wire.
pub fn scope(scope: &Scope) -> ScopeView {
    match scope {
        Scope::All => ScopeView::All,
        Scope::Platform(name) => ScopeView::Platform(name.clone()),
        Scope::Account(name) => ScopeView::Account(name.clone()),
        Scope::Queue(name) => ScopeView::Queue(name.clone()),
    }
}

/// A scope from the wire.
pub fn scope_from(scope: ScopeView) -> Scope {
    match scope {
        ScopeView::All => Scope::All,
        ScopeView::Platform(name) => Scope::Platform(name),
        ScopeView::Account(name) => Scope::Account(name),
        ScopeView::Queue(name) => Scope::Queue(name),
    }
}

/// Whether a status wants a person.
pub fn wants_attention(status: ConnectionStatus) -> bool {
    match status {
        ConnectionStatus::Connected => false,
        ConnectionStatus::Expiring
        | ConnectionStatus::Expired
        | ConnectionStatus::Revoked
        | ConnectionStatus::Error
        | ConnectionStatus::Unsupported
        | ConnectionStatus::Never => true,
    }
}

/// Where a delivery stands after an attempt, in a word or two: what the answer was taken to mean.
pub fn phase_word(phase: &Phase) -> String {
    match phase {
        Phase::Waiting { hold, .. } => format!("waits: {}", hold_kind(hold)),
        Phase::Ready { .. } => "on".to_owned(),
        Phase::Calling { .. } => "on, calling".to_owned(),
        Phase::Held { hold, .. } => format!("held: {}", hold_kind(hold)),
        Phase::Ended { outcome } => OutcomeView::new(outcome, None).ended.word().to_owned(),
    }
}
