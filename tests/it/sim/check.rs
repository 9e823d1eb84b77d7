//! What must be true after every effect and at every end: the servers' truth against the desk's.

use std::collections::BTreeMap;

use crier::core::delivery::Phase;
use crier::core::desk::{House, Stage};
use crier::domain::id::{AccountName, DeliveryId};
use crier::domain::post::{Content, Kind as Shape};
use crier::domain::queue::Queue;
use crier::domain::receipt::{Live, Outcome};
use crier::domain::time::{Span, Timestamp};

use super::cast::{self, Cast};
use super::outside::Effect;
use super::state::{File, Place, Sim};

/// A call may leave at the deadline and take its time.
const SLACK: Span = Span::ZERO;

impl Sim {
    /// What a delivery shows to the world, in order.
    pub fn parts(&self, id: &DeliveryId) -> Vec<String> {
        let file = self.files.get(&id.post);
        let content = file.and_then(|f| f.post.contents.get(&id.account));
        content.map_or_else(Vec::new, |c| self.parts_of(id, c))
    }

    fn parts_of(&self, id: &DeliveryId, content: &Content) -> Vec<String> {
        let cast = cast::of_account(id.account.as_str());
        if content.kind == Shape::Message {
            return message(cast, content);
        }
        if !content.to.is_empty() {
            return content
                .to
                .iter()
                .map(|to| format!("mail:{}:{to}", id.post))
                .collect();
        }
        if let Some(of) = &content.repost {
            return vec![format!("repost:{of}")];
        }
        let words = content.segments.iter().map(cast.words);
        words.chain(content.first_comment.clone()).collect()
    }

    pub fn count(&self, account: &AccountName, part: &str) -> usize {
        self.effects_of(account, part).count()
    }

    fn effects_of<'a>(&'a self, account: &'a AccountName, part: &'a str) -> impl Iterator<Item = &'a Effect> {
        let effects = self.outside.effects.iter();
        effects.filter(move |e| e.account == *account && e.part == part)
    }

    /// The deliveries that have this part, and its place in them.
    fn owners(&self, account: &AccountName, part: &str) -> Vec<(DeliveryId, usize)> {
        let owner = |file: &File| {
            let id = DeliveryId {
                post: file.post.id.clone(),
                account: account.clone(),
            };
            let place = self.parts(&id).iter().position(|p| p == part)?;
            Some((id, place))
        };
        self.files.values().filter_map(owner).collect()
    }

    /// Nothing twice, nothing early, nothing late, threads in order: after every effect.
    pub fn check_effects(&mut self) -> Result<(), String> {
        while let Some(effect) = self.outside.effects.get(self.checked).cloned() {
            self.checked += 1;
            self.note(|| format!("     EFFECT {} {}", effect.account, effect.part));
            self.check_effect(&effect)?;
        }
        Ok(())
    }

    fn check_effect(&self, effect: &Effect) -> Result<(), String> {
        let Effect {
            account, part, sent, ..
        } = effect;
        let owners = self.owners(account, part);
        if owners.is_empty() {
            return Err(format!("{account} published what nobody asked for: {part}"));
        }
        let repeats = self.repeats(&owners, effect);
        if self.count(account, part) > owners.len() + repeats {
            return Err(format!("TWICE: {account} {part}"));
        }
        let let_go = owners.iter().filter(|(id, _)| self.excused.contains(id)).count();
        if self.count(account, part) > 1 + let_go + repeats {
            return Err(format!("DUPLICATE: {account} {part}"));
        }
        let due = owners.iter().filter_map(|(id, _)| self.due.get(&id.post)).min();
        if due.is_none_or(|due| sent < due) {
            return Err(format!(
                "EARLY: {account} {part} was let go at {sent}, due at {due:?}"
            ));
        }
        self.check_quotas(effect)?;
        let [(id, place)] = owners.as_slice() else {
            return Ok(());
        };
        self.check_alone(id, *place, effect)
    }

    /// Second copies that are allowed: one for each owner that was repeated because nobody could say, and only
    /// before and after that.
    fn repeats(&self, owners: &[(DeliveryId, usize)], effect: &Effect) -> usize {
        let repeated = |(id, _): &&(DeliveryId, usize)| {
            let Some(mark) = self.repeated.get(id) else {
                return false;
            };
            let copies = self.effects_of(&effect.account, &effect.part);
            let copies = copies.filter(|e| e.delivery == *id);
            copies.filter(|e| e.attempt <= *mark).count() <= 1
        };
        owners.iter().filter(repeated).count()
    }

    /// The config under which it was let go.
    fn house_of(&self, effect: &Effect) -> &House {
        let key = (effect.delivery.clone(), effect.attempt);
        self.let_go.get(&key).unwrap_or(&self.house)
    }

    fn check_alone(&self, id: &DeliveryId, place: usize, effect: &Effect) -> Result<(), String> {
        let parts = self.parts(id);
        let mail = effect.part.starts_with("mail:");
        if place > 0 && !mail && self.count(&id.account, &parts[place - 1]) == 0 {
            return Err(format!("{id}: part {} came before the one before it", place + 1));
        }
        let others = parts
            .iter()
            .any(|p| *p != effect.part && self.count(&id.account, p) > 0);
        if others || self.clock_set {
            return Ok(());
        }
        if let Some(end) = self.expires(&id.post).filter(|end| effect.sent > *end) {
            return Err(format!(
                "EXPIRED: {id} was let go at {}, over at {end}",
                effect.sent
            ));
        }
        self.check_late(id, effect)?;
        self.check_spacing(id, effect)
    }

    fn check_late(&self, id: &DeliveryId, effect: &Effect) -> Result<(), String> {
        // While a repeat is safe, or wanted, and the first try may be live, lateness is not judged.
        if (cast::of_account(id.account.as_str()).repeats)(&effect.part)
            || self.excused.contains(id)
            || self.repeated.contains_key(id)
        {
            return Ok(());
        }
        let Some(queue) = self.queue_of(id, effect) else {
            return Ok(());
        };
        let due = self.due.get(&id.post).copied().unwrap_or(Timestamp::MAX);
        let sent = effect.sent;
        if sent > due + queue.late.within + SLACK {
            return Err(format!("LATE: {id} was let go at {sent}, due at {due}"));
        }
        Ok(())
    }

    fn queue_of(&self, id: &DeliveryId, effect: &Effect) -> Option<&Queue> {
        let file = self.files.get(&id.post)?;
        self.house_of(effect).queues.get(&file.post.queue)
    }

    fn check_spacing(&self, id: &DeliveryId, effect: &Effect) -> Result<(), String> {
        let first_of = |e: &&Effect| {
            let owners = self.owners(&e.account, &e.part);
            e.account == id.account && owners.iter().any(|(o, n)| o != id && *n == 0)
        };
        for other in self.outside.effects.iter().filter(first_of) {
            let later = if effect.sent < other.sent { other } else { effect };
            let Some(queue) = self.queue_of(id, later) else {
                continue;
            };
            let apart = effect.sent.since(other.sent).0.abs();
            if apart < queue.spacing.0 && cast::of_account(id.account.as_str()).spaced {
                return Err(format!("{id} is only {}ms apart from {}", apart, other.part));
            }
        }
        Ok(())
    }

    /// At the end: nothing lost, no false end, no quota exceeded.
    pub fn check_end(&mut self) -> Result<(), String> {
        let later = self.true_now() + Span::days(2);
        self.outside.work_until(later);
        self.check_effects()?;
        let records = self.disk.load();
        for post in &records.posts {
            if post.stage != Stage::Done {
                return Err(format!("LOST: {} is left {:?}", post.post.id, post.stage));
            }
        }
        for (id, record) in &records.deliveries {
            match &record.phase {
                Phase::Ended { outcome } => self.check_outcome(id, outcome)?,
                other => return Err(format!("LOST: {id} is left in {other:?}")),
            }
        }
        for file in self.files.values().filter(|f| f.place == Place::Waiting) {
            if !records.posts.iter().any(|p| p.post.id == file.post.id) {
                return Err(format!("LOST: {} was never read", file.post.id));
            }
        }
        for file in self.files.values().filter(|f| f.place != Place::Removed) {
            for account in file.post.contents.keys() {
                let known = records.deliveries.iter();
                let mut known = known.filter(|(id, _)| id.post == file.post.id && id.account == *account);
                if known.next().is_none()
                    && records
                        .posts
                        .iter()
                        .any(|p| p.post.id == file.post.id && p.notes.is_empty())
                {
                    return Err(format!("LOST: {} has no delivery to {account}", file.post.id));
                }
            }
        }
        self.check_sums(
            &records
                .deliveries
                .iter()
                .map(|(id, r)| (id.clone(), r.phase.clone()))
                .collect(),
        )?;
        self.check_server()
    }

    fn check_outcome(&self, id: &DeliveryId, outcome: &Outcome) -> Result<(), String> {
        let parts = self.parts(id);
        let alone = parts.iter().all(|p| self.owners(&id.account, p).len() == 1);
        if !alone {
            return Ok(());
        }
        let counts: Vec<usize> = parts.iter().map(|p| self.count(&id.account, p)).collect();
        // A second copy that the queue risked is no second part.
        let out = counts.iter().filter(|n| **n > 0).count();
        match outcome {
            // Instagram's first comment is never written twice: in doubt the receipt says so, and a person looks.
            Outcome::Published {
                live,
                note: Some(note),
            } if note.contains("first comment was lost") => {
                let others = counts
                    .split_last()
                    .is_some_and(|(_, all)| all.iter().all(|n| *n == 1));
                let doubted = self.outside.unclear.contains(id) && live.len() + 1 == parts.len();
                if !others || !doubted {
                    return Err(format!("FALSE END: {id} says {note:?}, truly out: {counts:?}"));
                }
                self.check_ids(id, live)
            }
            Outcome::Published { live, .. } | Outcome::Partial { live, .. } => {
                if live.len() != out {
                    return Err(format!("FALSE END: {id} says {live:?}, truly out: {counts:?}"));
                }
                let whole = matches!(outcome, Outcome::Published { .. });
                let mail = parts.iter().any(|p| p.starts_with("mail:"));
                if whole && !mail && out != parts.len() {
                    return Err(format!("FALSE END: {id} is published, truly out: {counts:?}"));
                }
                self.check_ids(id, live)
            }
            Outcome::Refused { .. }
            | Outcome::GaveUp { .. }
            | Outcome::Cancelled { .. }
            | Outcome::Skipped { .. }
                if out > 0 =>
            {
                Err(format!(
                    "FALSE END: {id} ended as {outcome:?}, truly out: {counts:?}"
                ))
            }
            Outcome::Refused { .. }
            | Outcome::GaveUp { .. }
            | Outcome::Cancelled { .. }
            | Outcome::Skipped { .. } => Ok(()),
        }
    }

    /// Ids in receipts are those of the very posts.
    fn check_ids(&self, id: &DeliveryId, live: &[Live]) -> Result<(), String> {
        let ours = self.parts(id);
        for told in live.iter().filter_map(|l| l.remote_id.as_ref()) {
            let mut effects = self.outside.effects.iter();
            let known = effects.any(|e| {
                e.account == id.account
                    && ours.contains(&e.part)
                    && (e.id == *told || e.also.contains(told) || e.part.starts_with("mail:"))
            });
            if !known {
                return Err(format!("FALSE END: {id} names {told}, which is not its own"));
            }
        }
        Ok(())
    }

    /// Where several deliveries say the same words, their number must be right.
    fn check_sums(&self, phases: &BTreeMap<DeliveryId, Phase>) -> Result<(), String> {
        let mut said: BTreeMap<(AccountName, String), usize> = BTreeMap::new();
        for (id, phase) in phases {
            let Phase::Ended {
                outcome: Outcome::Published { .. },
            } = phase
            else {
                continue;
            };
            for part in self.parts(id) {
                *said.entry((id.account.clone(), part)).or_default() += 1;
            }
        }
        for ((account, part), n) in &said {
            let true_n = self.count(account, part);
            let shared = self.owners(account, part).len() > 1;
            if shared && true_n != *n {
                return Err(format!(
                    "FALSE END: {n} deliveries say that {part} is out, {true_n} are"
                ));
            }
        }
        Ok(())
    }

    /// With this effect no window of the account's limits, as its config said then, holds more than it may.
    fn check_quotas(&self, effect: &Effect) -> Result<(), String> {
        let name = &effect.account;
        let Some(spec) = self.house_of(effect).accounts.get(name) else {
            return Ok(());
        };
        if self.clock_set {
            return Ok(());
        }
        for quota in spec.facts.quotas() {
            let counts = |e: &&Effect| {
                e.account == *name
                    && e.sent <= effect.sent
                    && e.sent + quota.window > effect.sent
                    && self.limits(e).contains(&quota.name.as_str())
            };
            let inside = self.outside.effects.iter().filter(counts).count();
            if inside > usize::try_from(quota.max).unwrap_or(usize::MAX) && counts(&effect) {
                return Err(format!(
                    "{name}: {inside} {} in a window, {} allowed",
                    quota.name, quota.max
                ));
            }
        }
        Ok(())
    }

    fn limits(&self, effect: &Effect) -> &'static [&'static str] {
        let owners = self.owners(&effect.account, &effect.part);
        let answers = |(id, place): &(DeliveryId, usize)| {
            let file = self.files.get(&id.post);
            let content = file.and_then(|f| f.post.contents.get(&id.account));
            *place > 0 || content.is_some_and(|c| c.reply_to.is_some())
        };
        let message = |(id, _): &(DeliveryId, usize)| {
            let file = self.files.get(&id.post);
            let content = file.and_then(|f| f.post.contents.get(&id.account));
            content.is_some_and(|c| c.kind == Shape::Message)
        };
        if owners.first().is_some_and(message) {
            return &[];
        }
        (cast::of_account(effect.account.as_str()).limits)(owners.first().is_some_and(answers))
    }

    fn check_server(&self) -> Result<(), String> {
        // A request that was delayed on its way may find that it has been overtaken.
        if self.outside.slow.is_some() {
            return Ok(());
        }
        let mut seen = self.outside.violations();
        // A refusal that nobody heard may be asked for once more; a queue may want a blind repeat. No more of them.
        let unheard = usize::try_from(self.outside.unheard).unwrap_or(0);
        let excused = |what: &String| {
            let (what, times) = what.rsplit_once(": ").unwrap_or_default();
            let most = if what.ends_with("a message outside its window was tried again")
                || what.ends_with("tried while restricted")
            {
                unheard
            } else if what.ends_with("again without a look whether it exists") {
                self.repeated.len()
            } else if self.clock_set && what.ends_with("begun without fresh creator info") {
                // How old it is cannot be known from a clock that was set back meanwhile.
                usize::MAX
            } else {
                0
            };
            times.parse().is_ok_and(|n: usize| n <= most)
        };
        seen.retain(|what| !excused(what));
        if !seen.is_empty() {
            return Err(format!("a vendor saw what must never be: {seen:?}"));
        }
        if self.outside.over_quota > 0 && !self.clock_set {
            return Err("a vendor's own quota was run into".into());
        }
        Ok(())
    }
}

/// The words of a message and its file are messages of their own.
fn message(cast: &Cast, content: &Content) -> Vec<String> {
    let mut parts = Vec::new();
    for segment in &content.segments {
        let (words, file) = (!segment.text.is_empty(), !segment.media.is_empty());
        parts.extend(words.then(|| segment.text.clone()));
        parts.extend(file.then(|| cast::FILE.to_owned()));
    }
    if cast.file_first {
        parts.reverse();
    }
    parts
}
