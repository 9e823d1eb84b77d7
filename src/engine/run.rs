//! The loop itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::api::{Answer, Problem, ProblemKind};
use super::clock::{Fired, Steps, WallTimer};
use super::event::{Answered, ChangeRequest, Chore, Event};
use super::{Shared, accounts, journal, records, versions};
use crate::core::audit::{self, Head};
use crate::core::desk::{Action, Change, Desk, Input, Output, PRUNE_MUCH, Request};
use crate::domain::id::{AccountName, PostId, QueueName};
use crate::domain::receipt::Attempt;
use crate::domain::time::{Span, Timestamp};
use crate::store::keys::Key;
use crate::store::{Batch, Table};

/// Events taken in one round before their changes are committed together.
const ROUND: usize = 128;
/// A round's batch is committed when it grows beyond this, well below the store's cap.
const BATCH_BYTES: usize = 64 << 10;
/// How long to wait before a file that could not be moved to its end is tried again.
const MOVE_PAUSE: Span = Span::secs(30);

/// The engine: owned by one task.
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) desk: Desk,
    pub(super) rx: mpsc::Receiver<Event>,
    /// Events that came while the disk did not take what must be written; they go before those of `rx`.
    pub(super) waiting: VecDeque<Event>,
    pub(super) timer: WallTimer,
    pub(super) audit: Head,
    /// Queues whose directory is being read now, and whether it must be read again after that.
    pub(super) scanning: BTreeMap<QueueName, bool>,
    /// Queues with files that were not yet whole, and when to look again.
    pub(super) rescan: BTreeMap<QueueName, Timestamp>,
    /// What of each queue's files is known, so that an unchanged file is not read again.
    pub(super) seen: super::spooling::Seen,
    /// Accounts whose tokens are being renewed now.
    pub(super) refreshing: BTreeSet<AccountName>,
    /// Posts whose files are being claimed or finished now.
    pub(super) moving: BTreeSet<PostId>,
    /// Finished posts whose file could not be moved, and when to try again.
    pub(super) unmoved: BTreeMap<PostId, Timestamp>,
    /// Entries whose media are being made to fit.
    pub(super) preparing: super::spooling::Preparations,
    pub(super) last_tick: Timestamp,
    /// By how much somebody sets the clock.
    pub(super) steps: Steps,
    pub(super) store_error: Option<String>,
    pub(super) reload_error: Option<String>,
    pub(super) published: u64,
    pub(super) failed: u64,
    pub(super) stopping: bool,
    /// Queues whose directory could not be opened.
    pub(super) reopen: BTreeSet<QueueName>,
    /// Tells the watcher of directories.
    pub(super) watching: mpsc::UnboundedSender<super::spooling::Watched>,
    /// Posts of the socket that were admitted in this round: told when that is durable.
    pub(super) submitted: Vec<(QueueName, String, PostId)>,
    /// Ends of versions that the journal knows of.
    pub(super) versions: versions::Told,
    pub(super) watch: super::monitor::Watch,
    pub(super) beat: super::beat::Beat,
    pub(super) patience: std::time::Duration,
}

/// What one round of events gathered.
#[derive(Default)]
struct Round {
    /// What is committed, in its order: each of these as one.
    wholes: Vec<Vec<Batch>>,
    actions: Vec<Action>,
    done: Vec<oneshot::Sender<Answer<()>>>,
}

impl Round {
    fn take(&mut self, output: Output) {
        self.take_with(output, Batch::new());
    }

    /// An output with what belongs to it beyond the desk's own records. It goes to the disk as one, also where it is
    /// more than a batch may hold (a post to a hundred accounts, a thousand posts due at once).
    fn take_with(&mut self, output: Output, own: Batch) {
        let mut parts = vec![own];
        for change in &output.changes {
            let mut one = Batch::new();
            records::write(&mut one, change);
            append(&mut parts, one);
        }
        self.append(parts);
        self.actions.extend(output.actions);
    }

    /// Those of several events share a batch while there is room.
    fn append(&mut self, mut parts: Vec<Batch>) {
        match (
            self.wholes.last_mut().map(Vec::as_mut_slice),
            parts.as_mut_slice(),
        ) {
            (Some([last]), [one]) if last.size() + one.size() <= BATCH_BYTES => {
                last.append(std::mem::take(one));
            }
            (Some(_) | None, _) => self.wholes.push(parts),
        }
    }
}

/// As another batch only where the last one is full.
fn append(parts: &mut Vec<Batch>, one: Batch) {
    match parts.last_mut() {
        Some(last) if last.is_empty() || last.size() + one.size() <= BATCH_BYTES => {
            last.append(one);
        }
        Some(_) | None => parts.push(one),
    }
}

impl Engine {
    /// Runs until it is told to stop and nothing is open any more.
    pub async fn run(mut self, first: Output) {
        let mut round = Round::default();
        round.take(first);
        let mut durable = self.conclude(round).await;
        while durable && !self.is_over() {
            let Some(event) = self.next_event().await else {
                break;
            };
            let mut round = Round::default();
            self.take(event, &mut round);
            for _ in 1..ROUND {
                let Some(event) = self.event_at_hand() else { break };
                self.take(event, &mut round);
            }
            durable = self.conclude(round).await;
        }
    }

    fn event_at_hand(&mut self) -> Option<Event> {
        self.waiting.pop_front().or_else(|| self.rx.try_recv().ok())
    }

    fn is_over(&self) -> bool {
        // The answer to a renewal is waited for: its refresh token may be used up (x.md 2.5).
        let calls = self.desk.open_calls() == 0 && self.refreshing.is_empty();
        self.stopping && calls && self.moving.is_empty() && self.preparing.are_idle()
    }

    async fn next_event(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        tokio::select! {
            biased;
            event = self.rx.recv() => event,
            fired = self.timer.fired() => match fired {
                Ok(Fired::Due) => Some(Event::Timer),
                Ok(Fired::ClockChanged) => {
                    let now = self.shared.clock.now();
                    journal::clock_set(now, self.desk.clock_doubt(now));
                    Some(Event::Timer)
                }
                Err(error) => {
                    tracing::error!("the engine's timer failed, so nothing would ever be due: {error}");
                    None
                }
            },
            () = self.beat.due() => Some(Event::Beat),
        }
    }

    fn take(&mut self, event: Event, round: &mut Round) {
        let now = self.shared.clock.now();
        self.last_tick = now;
        if let Some(by) = self.steps.since_last(now, self.shared.clock.unset_millis()) {
            tracing::warn!("the clock was set by {by}: what counts against limits moves along");
            self.input(Input::ClockSet(by), now, round);
        }
        match event {
            Event::Timer => self.on_timer(now, round),
            Event::Input(input) => self.input(*input, now, round),
            Event::Answered(answered) => self.on_answered(*answered, now, round),
            Event::Hint(queue) => self.scan(&queue),
            Event::Scanned(queue, findings) => self.on_scanned(&queue, *findings, now, round),
            Event::Prepared(number, made) => self.prepared(number, *made, now),
            Event::Claimed(post, claimed) => self.on_claimed(post, *claimed, now, round),
            Event::NotMoved(post) => {
                self.moving.remove(&post);
                self.unmoved.insert(post, now + MOVE_PAUSE);
            }
            Event::QueueLost(queue) => self.open_queue(&queue),
            Event::ReloadFailed(drawn) => self.reload_error = Some(drawn),
            Event::Change(request) => self.on_change(*request, now, round),
            Event::Ask(request, done) => self.on_ask(&request, done, now, round),
            Event::Fetched(id, attempt, done) => {
                self.input(Input::Fetched(id, attempt), now, round);
                round.done.push(done);
            }
            Event::Look(look) => look(self),
            Event::RefreshOver(account) => {
                self.refreshing.remove(&account);
            }
            Event::Housekeeping(chore) => self.on_chore(chore, now, round),
            Event::Reload(reload) => self.on_reload(*reload, now, round),
            Event::Beat => self.beat.tell(),
            Event::Stop => self.begin_to_stop(),
        }
    }

    pub(super) fn begin_to_stop(&mut self) {
        self.stopping = true;
        self.desk.close();
        self.preparing.stop();
    }

    fn on_timer(&mut self, now: Timestamp, round: &mut Round) {
        self.input(Input::Tick, now, round);
        let due: Vec<QueueName> = self
            .rescan
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(q, _)| q.clone())
            .collect();
        for queue in due {
            self.rescan.remove(&queue);
            if self.reopen.remove(&queue) {
                self.open_queue(&queue);
            } else {
                self.scan(&queue);
            }
        }
        self.refresh_due(now);
        let again: Vec<PostId> = self
            .unmoved
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(post, _)| post.clone())
            .collect();
        for post in again {
            self.unmoved.remove(&post);
            self.perform(Action::Finish(post));
        }
    }

    /// An input for the desk. While stopping nothing new begins: what would be let go stays where it is.
    fn input(&mut self, input: Input, now: Timestamp, round: &mut Round) {
        if self.stopping && matches!(input, Input::Tick) {
            return;
        }
        let mut own = Batch::new();
        if let Input::Finished(post) = &input {
            self.moving.remove(post);
            self.seen.drop_file(post, &mut own);
        }
        let output = self.desk.handle(input, now);
        round.take_with(output, own);
    }

    fn on_scanned(
        &mut self,
        queue: &QueueName,
        findings: super::spooling::Findings,
        now: Timestamp,
        round: &mut Round,
    ) {
        for (output, own) in self.take_findings(queue, findings, now) {
            round.take_with(output, own);
        }
    }

    fn on_claimed(
        &mut self,
        post: PostId,
        claimed: super::spooling::Claimed,
        now: Timestamp,
        round: &mut Round,
    ) {
        self.moving.remove(&post);
        let mut own = Batch::new();
        if let (Some(taken), Some(file)) = (claimed.taken, self.seen.file(&post).cloned()) {
            self.seen.keep(
                &post,
                super::spooling::FileRecord {
                    taken: Some(taken),
                    ..file
                },
                &mut own,
            );
        }
        let output = self.desk.handle(Input::Claimed(post, claimed.result), now);
        round.take_with(output, own);
    }

    fn on_answered(&mut self, answered: Answered, now: Timestamp, round: &mut Round) {
        let Answered {
            sent,
            answer,
            mut attempt,
        } = answered;
        let id = sent.delivery.clone();
        let output = self
            .desk
            .handle(Input::Answered(id.clone(), sent.attempt, answer), now);
        attempt.verdict = self.verdict(&id);
        journal::attempt(&self.shared, &self.desk, &id, &sent.step, &attempt, now);
        let mut own = Batch::new();
        records::write_attempt(&mut own, &id, &attempt);
        round.take_with(output, own);
    }

    /// What an answer was taken to mean, read off where the delivery stands now.
    fn verdict(&self, id: &crate::domain::id::DeliveryId) -> String {
        self.desk
            .delivery(id)
            .map(|look| super::views::phase_word(&look.record.phase))
            .unwrap_or_default()
    }

    fn on_change(&mut self, request: ChangeRequest, now: Timestamp, round: &mut Round) {
        let ChangeRequest {
            inputs,
            who,
            what,
            target,
            detail,
            done,
        } = request;
        for input in inputs {
            self.input(input, now, round);
        }
        let change = audit::Change {
            at: now,
            who,
            what: what.to_owned(),
            target,
            detail,
        };
        let record = audit::chain(&self.audit, change);
        self.audit = record.head();
        journal::audit(&record);
        // Plain data: serde_json cannot fail on it.
        let json = serde_json::to_vec(&record).unwrap_or_default();
        let mut own = Batch::new();
        own.put(Table::Audit, Key::new().u64(record.seq), json);
        round.append(vec![own]);
        round.done.push(done);
    }

    /// A one-off request goes through the gates that it shares with posts.
    fn on_ask(
        &mut self,
        request: &Request,
        done: oneshot::Sender<Answer<()>>,
        now: Timestamp,
        round: &mut Round,
    ) {
        if done.is_closed() {
            return;
        }
        match self.desk.request(request, now) {
            Ok(output) => {
                round.take(output);
                round.done.push(done);
            }
            Err(denial) => {
                // The asker may have gone; nothing was sent.
                let _ = done.send(Err(accounts::held(&request.account, &denial)));
            }
        }
    }

    fn on_chore(&mut self, chore: Chore, now: Timestamp, round: &mut Round) {
        match chore {
            Chore::SweepTokens => {
                for turned in self.turn_accounts(now) {
                    self.input(turned, now, round);
                }
                self.refresh_due(now);
            }
            Chore::RefreshQuotas => self.ask_quotas(),
            Chore::ValidateAccounts => {
                self.validate_all();
                self.versions.tell(&self.desk, now);
            }
            Chore::Prune => {
                let keep = super::effects::KEEP_FINISHED;
                let gone = self.desk.handle(Input::Prune(keep), now);
                self.forget(gone, round);
                self.prune_logins(now);
                self.prune_shelf(now);
            }
        }
    }

    /// What nothing needs any more, with the transcripts that hang on it; and once more if there was much.
    fn forget(&mut self, gone: Output, round: &mut Round) {
        let mut own = Batch::new();
        for change in &gone.changes {
            if let Change::ForgetPost(post) = change
                && let Err(error) = records::drop_attempts(&*self.shared.store, post, &mut own)
            {
                tracing::warn!("transcripts of {post} stay: {error}");
            }
        }
        if gone.changes.len() >= PRUNE_MUCH {
            // With a full channel the next housekeeping does it.
            let _ = self.shared.tx.try_send(Event::Housekeeping(Chore::Prune));
        }
        round.take_with(gone, own);
    }

    fn on_reload(&mut self, reload: super::event::Reload, now: Timestamp, round: &mut Round) {
        let (house, before) = (reload.live.house.clone(), self.desk.house().clone());
        self.shared.replace(reload.live);
        self.reload_error = None;
        let told = self.declare_anew(now, round);
        self.input(Input::Config(house), now, round);
        self.prove_restricted(Some(&before));
        self.watch_queues();
        // The asker may have gone; the config is in force all the same.
        let _ = reload.done.send(told);
    }

    /// Accounts whose login is not what the new config declares, or is again: what people should know of them.
    fn declare_anew(&mut self, now: Timestamp, round: &mut Round) -> Vec<String> {
        let live = self.shared.live();
        let mut told = Vec::new();
        for name in live.house.accounts.keys() {
            let before = self.desk.account(name).map(|a| a.connection.clone());
            let before = before.unwrap_or_default();
            if let Some(after) = accounts::declared_anew(&live, name, &before) {
                told.extend(accounts::tell_anew(&self.shared, name, &before, &after, now));
                self.input(Input::Account(name.clone(), Box::new(after)), now, round);
            }
        }
        told
    }

    /// Commits what a round gathered, then acts on it, then sleeps until something is due. `false`: it was not committed,
    /// and the daemon ends.
    async fn conclude(&mut self, round: Round) -> bool {
        let began = (self.shared.clock.monotonic_micros(), self.shared.clock.now());
        for whole in round.wholes {
            if !self.commit(whole).await {
                return false;
            }
        }
        for done in round.done {
            // The asker may have gone; the change stands all the same.
            let _ = done.send(Ok(()));
        }
        for (queue, name, post) in std::mem::take(&mut self.submitted) {
            self.shared.submissions.admitted(&queue, &name, &post);
        }
        let stale = self.is_stale(began);
        for action in round.actions {
            match action {
                Action::Send(sent) if stale => self.not_sent(*sent),
                action => self.perform(action),
            }
        }
        if let Err(error) = self.timer.set(self.next_wake()) {
            tracing::error!("the engine's timer cannot be set: {error}");
        }
        let touched = self.desk.take_touched();
        self.watch.show(&self.desk, touched);
        if self.beat.is_heard() {
            self.beat.status(self.status_line());
        }
        true
    }

    fn next_wake(&self) -> Option<Timestamp> {
        if self.stopping {
            return None;
        }
        let rescan = self.rescan.values().min().copied();
        let unmoved = self.unmoved.values().min().copied();
        [self.desk.next_wake(), rescan, unmoved, self.next_refresh()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The line of `systemctl status`.
    pub(super) fn status_line(&self) -> String {
        if let Some(error) = &self.store_error {
            return format!("the disk does not take what must be written: {error}");
        }
        let counts = super::views::counts(&self.desk, self.last_tick);
        let open = counts.waiting + counts.ready + counts.calling;
        let mut line = match self.desk.next_due(self.last_tick) {
            Some(at) => format!("{open} waiting, next due {at}"),
            None => format!("{open} waiting"),
        };
        if counts.held > 0 {
            line.push_str(&format!(", {} held", counts.held));
        }
        if self.reload_error.is_some() {
            line.push_str("; the last reload was refused");
        }
        line
    }
}

/// A problem for a store that does not take writes.
pub(super) fn storage(error: &crate::store::StoreError) -> Problem {
    Problem::new(ProblemKind::Storage, error.to_string())
}

/// An attempt as it is sent, before its answer.
pub(super) fn attempt_of(sent: &crate::core::desk::Send, label: String) -> Attempt {
    Attempt {
        number: sent.attempt,
        call: label,
        commit: sent.commit,
        sent: sent.sent,
        ended: None,
        status: None,
        detail: None,
        verdict: String::new(),
    }
}
