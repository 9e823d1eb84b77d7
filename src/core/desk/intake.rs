//! Posts come in, are edited and are taken away while they wait.

use super::{
    AccountSpec, Action, Change, Delivery, Desk, Notice, NoticeKind, Output, PostRecord, Published, Stage,
};
use crate::core::delivery::{self, Phase, Rules, Step};
use crate::core::flow::Job;
use crate::core::intake::content_hash;
use crate::core::life::Refused;
use crate::core::retry::MAX_TRIES;
use crate::core::schedule::due_time;
use crate::core::standing::unable;
use crate::domain::hold::Hold;
use crate::domain::id::{AccountName, DeliveryId, PlatformName, PostId};
use crate::domain::post::{Content, Expiry, Post, When};
use crate::domain::queue::Queue;
use crate::domain::time::Timestamp;

use super::records::DeliveryRecord;

/// The room in a post's record for sentences of one sort about its accounts, in bytes. The record must fit the store
/// beside the post itself (`engine::spooling`).
const SENTENCES: usize = 2 << 10;

impl Desk {
    /// A new post: its due time, its deliveries, what was already out.
    pub(super) fn admit(&mut self, post: Post, now: Timestamp, out: &mut Output) {
        if self.posts.contains_key(&post.id) {
            return;
        }
        let Some(queue) = self.house.queues.get(&post.queue).cloned() else {
            return;
        };
        let (due, due_why) = self.due(&queue, &post.when, now);
        let record = PostRecord {
            due,
            due_why,
            stage: Stage::Waiting,
            finished: None,
            notes: Vec::new(),
            post,
        };
        self.begin_post((NoticeKind::Admitted, "admitted"), record, &queue, now, out);
    }

    /// A waiting post was changed: everything begins anew, at the same time unless the file says another.
    pub(super) fn edited(&mut self, post: Post, now: Timestamp, out: &mut Output) {
        let Some(old) = self
            .posts
            .get(&post.id)
            .filter(|r| r.stage == Stage::Waiting)
            .cloned()
        else {
            return;
        };
        let Some(queue) = self.house.queues.get(&post.queue).cloned() else {
            return;
        };
        let before = self.deliveries_of(&post.id);
        for id in &before {
            self.drop_delivery(id);
        }
        let mut record = PostRecord {
            post,
            notes: Vec::new(),
            ..old.clone()
        };
        if record.post.when != old.post.when {
            (record.due, record.due_why) = self.due(&queue, &record.post.when, now);
        }
        // Also those whose account is gone, or has it already: a start must not take them up again.
        let gone =
            |id: &DeliveryId| !record.post.contents.contains_key(&id.account) || !self.begins(&record, id);
        let gone: Vec<DeliveryId> = before.into_iter().filter(gone).collect();
        out.changes.extend(gone.into_iter().map(Change::ForgetDelivery));
        self.begin_post(
            (NoticeKind::Edited, "took the change of"),
            record,
            &queue,
            now,
            out,
        );
    }

    /// A waiting file was taken away: that cancels it. One that is on its way is no longer in anybody's hands.
    pub(super) fn removed(&mut self, post: &PostId, now: Timestamp, out: &mut Output) {
        if self.posts.get(post).is_none_or(|r| r.stage != Stage::Waiting) {
            return;
        }
        for id in self.deliveries_of(post) {
            let by = "whoever removed its file".to_owned();
            self.step(&id, delivery::Event::Cancel { by }, now, out);
        }
    }

    /// When a post is due, and why then. Slots that never come again wait for an edit of the config.
    fn due(&self, queue: &Queue, when: &When, now: Timestamp) -> (Timestamp, String) {
        match due_time(queue, when, &self.taken(queue), now) {
            Some(due) => (due.at, due.why.words()),
            None => (Timestamp::MAX, "no slot of its queue ever comes again".to_owned()),
        }
    }

    /// Due times of the queue's other posts that still wait for theirs.
    fn taken(&self, queue: &Queue) -> Vec<Timestamp> {
        let waiting = |r: &&PostRecord| {
            r.post.queue == queue.name && matches!(r.stage, Stage::Waiting | Stage::Sending)
        };
        self.posts.values().filter(waiting).map(|r| r.due).collect()
    }

    /// Whether this post has a delivery to this account: one that is declared, and does not have it already.
    fn begins(&self, record: &PostRecord, id: &DeliveryId) -> bool {
        let hash = record.post.contents.get(&id.account).map(content_hash);
        let fresh = |hash: String| {
            self.already_out(&id.account, &hash, &id.post, &record.post)
                .is_none()
        };
        self.house.accounts.contains_key(&id.account) && hash.is_some_and(fresh)
    }

    fn begin_post(
        &mut self,
        (kind, did): (NoticeKind, &str),
        mut record: PostRecord,
        queue: &Queue,
        now: Timestamp,
        out: &mut Output,
    ) {
        let (id, contents) = (record.post.id.clone(), record.post.contents.clone());
        let (mut begun, mut unable, mut out_already) = (Vec::new(), Vec::new(), Vec::new());
        for (account, content) in contents {
            let hash = content_hash(&content);
            if let Some(note) = self.already_out(&account, &hash, &id, &record.post) {
                out_already.push(note);
                continue;
            }
            unable.extend(self.unable(&account, record.due));
            begun.push((account, content, hash));
        }
        record
            .post
            .warnings
            .extend(few(unable, "`crierctl accounts` shows all"));
        record.notes.extend(few(out_already, "they are out as well"));
        self.posts.insert(id.clone(), record.clone());
        out.changes.push(Change::Post(Box::new(record.clone())));
        for (account, content, hash) in begun {
            self.begin_delivery(&record, queue, &account, content, hash, now, out);
        }
        let words = format!(
            "{did} {}, due {} ({})",
            record.post.origin.name(),
            record.due,
            record.due_why
        );
        out.actions.push(Action::Tell(Notice::of_post(kind, &id, words)));
        self.finish_if_over(&id, now, out);
        self.tick(now, out);
    }

    /// What stands in the way of a delivery that is due then.
    fn unable(&self, account: &AccountName, due: Timestamp) -> Option<String> {
        let spec = self.house.accounts.get(account)?;
        let record = self.accounts.get(account);
        let connection = record.map(|a| a.connection.clone()).unwrap_or_default();
        unable(
            account,
            spec.platform,
            &spec.facts,
            &spec.options,
            &connection,
            due,
        )
    }

    /// A file from `failed/` that comes back publishes only what has not gone out.
    fn already_out(&self, account: &AccountName, hash: &str, id: &PostId, post: &Post) -> Option<String> {
        let earlier = self.published.get(&(account.clone(), hash.to_owned()))?;
        let again = earlier.failed_elsewhere && earlier.post != *id && !post.again;
        again.then(|| {
            format!(
                "{account}: already out since {}, with post {}",
                earlier.at, earlier.post
            )
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site; the pieces are all different things"
    )]
    fn begin_delivery(
        &mut self,
        record: &PostRecord,
        queue: &Queue,
        account: &AccountName,
        content: Content,
        hash: String,
        now: Timestamp,
        out: &mut Output,
    ) {
        let Some(spec) = self.house.accounts.get(account).cloned() else {
            return;
        };
        let id = DeliveryId {
            post: record.post.id.clone(),
            account: account.clone(),
        };
        let Ok(platform_name) = PlatformName::new(spec.platform.name()) else {
            return;
        };
        let job = self.job(&id, &spec, content, record.due);
        let step = Step::first(spec.platform.begin(&job), record.due);
        let duplicate = self.duplicate_of(&id, &hash, queue, record.post.again, now);
        let phase = match duplicate {
            Some(Published { post, at, .. }) => Phase::Held {
                hold: Hold::Duplicate {
                    of: post.to_string(),
                    at,
                },
                step,
            },
            None => delivery::begin(step, now.max(record.due - queue.prepare)),
        };
        let record = DeliveryRecord {
            phase: phase.clone(),
            platform: platform_name,
            revision: 1,
            due: record.due,
            hash,
            committed: None,
            since: Some(now),
            attempts: 0,
            ended: None,
        };
        out.changes
            .push(Change::Delivery(id.clone(), Box::new(record.clone())));
        let rules = rules_of(queue, &self.posts[&id.post]);
        self.deliveries.insert(
            id.clone(),
            Delivery {
                record,
                platform: spec.platform,
                job,
                rules,
                refused: Refused::default(),
            },
        );
        self.index(&id, &Phase::Ended { outcome: nothing() }, &phase, now);
        if let Phase::Held { hold, .. } = &phase {
            self.on_held(&id, hold, now, out);
        }
    }

    /// An earlier publication of the same content on the same account inside the queue's window.
    pub(super) fn duplicate_of(
        &self,
        id: &DeliveryId,
        hash: &str,
        queue: &Queue,
        again: bool,
        now: Timestamp,
    ) -> Option<Published> {
        let earlier = self.published.get(&(id.account.clone(), hash.to_owned()))?;
        let inside = now.since(earlier.at) < queue.duplicate_window;
        (inside && !again && earlier.post != id.post).then(|| earlier.clone())
    }

    pub(super) fn job(&self, id: &DeliveryId, spec: &AccountSpec, content: Content, due: Timestamp) -> Job {
        let connection = self.accounts.get(&id.account).map(|a| &a.connection);
        Job {
            delivery: id.clone(),
            content,
            profile: connection.and_then(|c| c.profile.clone()).unwrap_or_default(),
            scopes: connection.map(|c| c.scopes.clone()).unwrap_or_default(),
            facts: spec.facts.clone(),
            options: spec.options.clone(),
            due,
            heard: self.accounts.get(&id.account).and_then(|a| a.heard),
            fetched: false,
        }
    }

    pub(super) fn deliveries_of(&self, post: &PostId) -> Vec<DeliveryId> {
        self.of_post(post).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn drop_delivery(&mut self, id: &DeliveryId) {
        if let Some(delivery) = self.deliveries.remove(id) {
            self.unindex(id, &delivery.record.phase, delivery.record.due);
            self.touched.insert(id.clone());
        }
    }
}

/// A phase that is in no index: what a delivery was before it began.
fn nothing() -> crate::domain::receipt::Outcome {
    crate::domain::receipt::Outcome::Cancelled { by: String::new() }
}

/// When a post is over: its own word, whatever becomes of its queue.
pub(super) fn expires(record: &PostRecord) -> Option<Timestamp> {
    record.post.when.expires.map(|e| match e {
        Expiry::After(span) => record.due + span,
        Expiry::At(at) => at,
    })
}

/// As many of these as there is room for, and how many more there are.
fn few(mut sentences: Vec<String>, more: &str) -> Vec<String> {
    let mut left = SENTENCES;
    let fits = |said: &&String| match left.checked_sub(said.len()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let told = sentences.iter().take_while(fits).count();
    let rest = sentences.len() - told;
    if rest > 0 {
        sentences.truncate(told);
        sentences.push(format!("and {rest} accounts more: {more}"));
    }
    sentences
}

/// The queue's rules for one post.
pub(super) fn rules_of(queue: &Queue, record: &PostRecord) -> Rules {
    Rules {
        late: queue.late,
        on_unknown: queue.on_unknown,
        expires: expires(record),
        prepare: queue.prepare,
        max_tries: MAX_TRIES,
    }
}
