//! Requests that change posts and freezes. Each is one event for the loop, with its audit record in the same
//! commit, and is answered when that is durable.

use std::collections::BTreeMap;

use super::looks::find;
use crate::core::delivery::{Phase, Settled};
use crate::core::desk::{Freeze as DeskFreeze, Input, Word};
use crate::core::why::hold_words;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::id::{DeliveryId, PostId};
use crate::domain::receipt::Live;
use crate::engine::accounts::detail;
use crate::engine::api::{
    Answer, Caller, EventKind, Freeze, PostView, Problem, ProblemKind, Scope, Target, Verdict,
};
use crate::engine::{Handle, journal, message_id, views};

/// A delivery as a change finds it.
struct Found {
    id: DeliveryId,
    revision: u64,
    phase: Phase,
}

impl Handle {
    pub(super) async fn cancel_post(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        let by = who.name.clone();
        self.say(
            who,
            "post.cancel",
            target,
            |p| !matches!(p, Phase::Ended { .. }),
            Word::Cancel { by },
            "everything of it has ended already",
        )
        .await
    }

    pub(super) async fn retry_post(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        let fits = |p: &Phase| {
            matches!(
                p,
                Phase::Waiting {
                    hold: Hold::Retry { .. }
                        | Hold::Clock { .. }
                        | Hold::Limit(LimitHold {
                            by: LimitSource::Delivery,
                            ..
                        }),
                    ..
                }
            ) || held_but_known(p)
        };
        self.say(who, "post.retry", target, fits, Word::Retry, "nothing of it waits to be tried again; a file in failed/ is tried again by moving it back into its queue").await
    }

    pub(super) async fn hold_post(&self, who: &Caller, target: &Target, reason: &str) -> Answer<PostView> {
        let why = if reason.is_empty() {
            who.name.clone()
        } else {
            format!("{}: {reason}", who.name)
        };
        let fits = |p: &Phase| !matches!(p, Phase::Ended { .. } | Phase::Held { .. });
        self.say(
            who,
            "post.hold",
            target,
            fits,
            Word::Hold { why },
            "nothing of it moves",
        )
        .await
    }

    pub(super) async fn release_post(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        self.say(
            who,
            "post.release",
            target,
            held_but_known,
            Word::Release,
            "nothing of it is held",
        )
        .await
    }

    pub(super) async fn resolve_post(
        &self,
        who: &Caller,
        target: &Target,
        verdict: Verdict,
    ) -> Answer<PostView> {
        let settled = match verdict {
            Verdict::Published { remote_id, permalink } => Settled::Live(Live {
                remote_id,
                permalink,
                part: None,
            }),
            Verdict::NotPublished => Settled::NotOut,
        };
        self.say(
            who,
            "post.resolve",
            target,
            in_doubt,
            Word::Resolve(settled),
            "nothing of it is in doubt",
        )
        .await
    }

    /// One word about every delivery of the target that it fits.
    async fn say(
        &self,
        who: &Caller,
        what: &'static str,
        target: &Target,
        fits: impl Fn(&Phase) -> bool,
        word: Word,
        nothing: &str,
    ) -> Answer<PostView> {
        let (post, found) = self.deliveries(target).await?;
        let chosen: Vec<&Found> = found.iter().filter(|f| fits(&f.phase)).collect();
        let unknown = |f: &Found| in_doubt(&f.phase) && matches!(f.phase, Phase::Held { .. });
        if chosen.is_empty() && matches!(word, Word::Retry | Word::Release) && found.iter().any(unknown) {
            let words = format!("{}: nobody knows whether it is live", target.post);
            return Err(Problem::new(ProblemKind::Conflict, words).help(format!(
                "look at the account; then `crierctl resolve {post} --published` or `crierctl resolve {post} --not-published`"
            )));
        }
        let pause = found.iter().find_map(|f| match &f.phase {
            Phase::Waiting {
                hold: hold @ Hold::Limit(_),
                until,
                ..
            } => Some((hold, until)),
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Calling { .. }
            | Phase::Held { .. }
            | Phase::Ended { .. } => None,
        });
        if let (true, Word::Retry, Some((hold, until))) = (chosen.is_empty(), &word, pause) {
            let words = format!(
                "{}: {}, until {until}; limits and a platform's pauses are kept, whoever asks",
                target.post,
                hold_words(hold)
            );
            return Err(Problem::new(ProblemKind::Conflict, words).help(format!("`crierctl why {post}`")));
        }
        if chosen.is_empty() {
            return Err(
                Problem::new(ProblemKind::Conflict, format!("{}: {nothing}", target.post))
                    .help(format!("`crierctl why {post}`")),
            );
        }
        if matches!(word, Word::Resolve(_)) && chosen.len() > 1 {
            let names: Vec<String> = chosen.iter().map(|f| f.id.account.to_string()).collect();
            return Err(
                Problem::new(ProblemKind::Ambiguous, "several deliveries of it are in doubt")
                    .help(format!("say which: --account {}", names.join(" or --account "))),
            );
        }
        check_revisions(&chosen, target)?;
        let inputs = chosen
            .iter()
            .map(|f| Input::Person(f.id.clone(), word.clone()))
            .collect();
        let accounts: Vec<String> = chosen.iter().map(|f| f.id.account.to_string()).collect();
        let mut said = said(&word);
        said.insert("accounts".to_owned(), accounts.join(" "));
        self.change(who, what, post.as_str(), inputs, said).await?;
        self.post_view(post.as_str()).await
    }

    async fn deliveries(&self, target: &Target) -> Answer<(PostId, Vec<Found>)> {
        let (wanted, account) = (target.post.clone(), target.account.clone());
        self.look(move |engine| {
            let post = find(engine, &wanted)?.post.id.clone();
            let looks = engine
                .desk
                .deliveries_of_post(&post)
                .filter(|l| account.as_ref().is_none_or(|a| *a == l.id.account));
            let found: Vec<Found> = looks
                .map(|l| Found {
                    id: l.id.clone(),
                    revision: l.record.revision,
                    phase: l.record.phase.clone(),
                })
                .collect();
            match (&account, found.is_empty()) {
                (Some(account), true) => Err(Problem::new(
                    ProblemKind::NotFound,
                    format!("{wanted} does not go to account {account}"),
                )),
                (Some(_) | None, _) => Ok((post, found)),
            }
        })
        .await?
    }

    pub(super) async fn freeze_scope(&self, who: &Caller, scope: Scope, reason: &str) -> Answer<Vec<Freeze>> {
        self.check_scope(&scope)?;
        let why = if reason.is_empty() {
            "no reason given".to_owned()
        } else {
            reason.to_owned()
        };
        let words = format!("{scope} frozen by {}: {why}", who.name);
        let since = self.shared().clock.now();
        let freeze = DeskFreeze {
            scope: views::scope_from(scope.clone()),
            by: who.name.clone(),
            why,
            since,
            version: None,
        };
        self.change(
            who,
            "freeze",
            scope.to_string(),
            vec![Input::Freeze(freeze)],
            detail(&[("reason", reason)]),
        )
        .await?;
        tracing::warn!(message_id = message_id::FROZEN.id(), "{words}");
        journal::tell(self.shared(), None, None, EventKind::Frozen, words, since);
        self.freezes().await
    }

    pub(super) async fn thaw_scope(&self, who: &Caller, scope: Scope) -> Answer<Vec<Freeze>> {
        let wanted = views::scope_from(scope.clone());
        let frozen = self.freezes().await?;
        let is_frozen =
            frozen.iter().any(|f| f.scope == scope) || (scope == Scope::All && !frozen.is_empty());
        if !is_frozen {
            let list: Vec<String> = frozen.iter().map(|f| f.scope.to_string()).collect();
            let help = if list.is_empty() {
                "nothing is frozen".to_owned()
            } else {
                format!("frozen: {}", list.join(", "))
            };
            return Err(Problem::new(ProblemKind::Conflict, format!("{scope} is not frozen")).help(help));
        }
        self.change(
            who,
            "thaw",
            scope.to_string(),
            vec![Input::Thaw(wanted)],
            detail(&[]),
        )
        .await?;
        let words = format!("{scope} thawed by {}", who.name);
        tracing::info!(message_id = message_id::THAWED.id(), "{words}");
        journal::tell(
            self.shared(),
            None,
            None,
            EventKind::Thawed,
            words,
            self.shared().clock.now(),
        );
        self.freezes().await
    }

    async fn freezes(&self) -> Answer<Vec<Freeze>> {
        self.look(|engine| engine.desk.freezes().iter().map(views::freeze).collect())
            .await
    }

    fn check_scope(&self, scope: &Scope) -> Answer<()> {
        let live = self.shared().live();
        let known = match scope {
            Scope::All => true,
            Scope::Platform(name) => crate::platforms::by_name(name.as_str()).is_some(),
            Scope::Account(name) => live.house.accounts.contains_key(name),
            Scope::Queue(name) => live.house.queues.contains_key(name),
        };
        if known {
            Ok(())
        } else {
            Err(
                Problem::new(ProblemKind::NotFound, format!("there is no {scope}"))
                    .help("`crierctl accounts` and `crierctl queue` list the names"),
            )
        }
    }
}

/// What a word said, for the audit.
fn said(word: &Word) -> BTreeMap<String, String> {
    match word {
        Word::Hold { why } => detail(&[("why", why)]),
        Word::Resolve(Settled::NotOut) => detail(&[("verdict", "not published")]),
        Word::Resolve(Settled::Live(live)) => {
            let mut said = detail(&[("verdict", "published")]);
            said.extend(live.remote_id.iter().map(|id| ("id".to_owned(), id.clone())));
            said.extend(
                live.permalink
                    .iter()
                    .map(|link| ("link".to_owned(), link.clone())),
            );
            said
        }
        Word::Cancel { .. } | Word::Release | Word::Retry => detail(&[]),
    }
}

/// Held, and not for want of knowing whether it is live: that wants `resolve`.
fn held_but_known(phase: &Phase) -> bool {
    matches!(phase, Phase::Held { hold, .. } if !matches!(hold, Hold::Unknown { .. }))
}

fn in_doubt(phase: &Phase) -> bool {
    match phase {
        Phase::Waiting { step, .. } | Phase::Held { step, .. } => step.doubt.is_some(),
        Phase::Ready { .. } | Phase::Calling { .. } | Phase::Ended { .. } => false,
    }
}

fn check_revisions(chosen: &[&Found], target: &Target) -> Answer<()> {
    let Some(wanted) = target.if_revision else {
        return Ok(());
    };
    match chosen.iter().find(|f| f.revision != wanted) {
        Some(moved) => Err(Problem::new(
            ProblemKind::Moved,
            format!(
                "{} has moved since: it is at revision {}, not {wanted}",
                moved.id, moved.revision
            ),
        )
        .help("look again, then decide again")),
        None => Ok(()),
    }
}
