//! Requests that look: nothing here changes anything.

use crate::core::desk::{Desk, PostRecord, Scope};
use crate::core::schedule;
use crate::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crate::domain::time::Timestamp;
use crate::engine::api::{
    AccountsSummary, Answer, AuditRecord, CallbackStatus, ConfigStatus, LimitView, PostFilter, PostPage,
    PostState, PostView, PreparingView, Problem, ProblemKind, QueueView, Status, StoreStatus, Transcript,
    Why,
};
use crate::engine::{Engine, Handle, records, run, versions, views};
use crate::store::Table;
use crate::store::keys::Key;

/// Pages of posts: usual and most.
const PAGE: (usize, usize) = (100, 1000);
/// Shortest beginning or end of an id that names a post.
const SHORT_ID: usize = 4;
/// Slots that a queue's view shows.
const NEXT_SLOTS: usize = 3;

impl Handle {
    pub(super) async fn status_view(&self) -> Answer<Status> {
        self.look(status).await
    }

    pub(super) async fn post_page(&self, filter: PostFilter) -> Answer<PostPage> {
        self.look(move |engine| page(engine, &filter)).await
    }

    pub(super) async fn post_view(&self, id: &str) -> Answer<PostView> {
        let id = id.to_owned();
        self.look(move |engine| find(engine, &id).map(|record| whole(engine, record)))
            .await?
    }

    pub(super) async fn why_view(&self, id: &str) -> Answer<Why> {
        let id = id.to_owned();
        self.look(move |engine| {
            let now = engine.shared.clock.now();
            find(engine, &id).map(|record| views::why(&engine.desk, record, now))
        })
        .await?
    }

    pub(super) async fn transcript_view(&self, id: &str) -> Answer<Transcript> {
        let wanted = id.to_owned();
        let (post, accounts) = self
            .look(move |engine| {
                find(engine, &wanted).map(|r| {
                    (
                        r.post.id.clone(),
                        r.post.contents.keys().cloned().collect::<Vec<_>>(),
                    )
                })
            })
            .await??;
        let mut attempts = Vec::new();
        for account in accounts {
            let id = DeliveryId {
                post: post.clone(),
                account: account.clone(),
            };
            let of_delivery = records::attempts(&*self.shared().store, &id).map_err(|e| run::storage(&e))?;
            attempts.extend(of_delivery.iter().map(|a| views::attempt(&account, a)));
        }
        attempts.sort_by_key(|a| a.sent);
        Ok(Transcript {
            post: post.to_string(),
            attempts,
        })
    }

    pub(super) async fn queue_views(&self) -> Answer<Vec<QueueView>> {
        self.look(|engine| {
            let names: Vec<QueueName> = engine.desk.house().queues.keys().cloned().collect();
            names.iter().filter_map(|name| queue(engine, name)).collect()
        })
        .await
    }

    pub(super) async fn queue_view(&self, name: &QueueName) -> Answer<QueueView> {
        let wanted = name.clone();
        let found = self.look(move |engine| queue(engine, &wanted)).await?;
        found.ok_or_else(|| no_queue(self, name))
    }

    pub(super) async fn limit_views(&self, account: Option<&AccountName>) -> Answer<Vec<LimitView>> {
        if let Some(name) = account {
            crate::engine::accounts::declared(self.shared(), name)?;
        }
        let only = account.cloned();
        self.look(move |engine| {
            let now = engine.shared.clock.now();
            let names = engine
                .desk
                .house()
                .accounts
                .keys()
                .filter(|n| only.as_ref().is_none_or(|o| o == *n));
            names
                .flat_map(|name| views::limits(&engine.desk, name, now))
                .collect()
        })
        .await
    }

    pub(super) fn audit_records(&self, after: u64, limit: u32) -> Answer<Vec<AuditRecord>> {
        let from = Key::new().u64(after.saturating_add(1)).bytes();
        let limit = usize::try_from(limit).unwrap_or(PAGE.1).min(PAGE.1);
        let rows = self
            .shared()
            .store
            .scan(Table::Audit, &from, limit)
            .map_err(|e| run::storage(&e))?;
        Ok(rows
            .iter()
            .filter_map(|(_, value)| serde_json::from_slice(value).ok())
            .collect())
    }
}

/// The post that a person means: its id, an unambiguous beginning or end of it, or its file's name.
pub(super) fn find<'a>(engine: &'a Engine, wanted: &str) -> Answer<&'a PostRecord> {
    let desk = &engine.desk;
    let wanted = wanted.trim();
    if let Some(record) = PostId::new(wanted).ok().and_then(|id| desk.post(&id)) {
        return Ok(record);
    }
    let lower = wanted.to_ascii_lowercase();
    let long = lower.len() >= SHORT_ID;
    let by_id = |r: &&PostRecord| {
        long && (r.post.id.as_str().starts_with(&lower) || r.post.id.as_str().ends_with(&lower))
    };
    let by_name = |r: &&PostRecord| r.post.origin.name() == wanted;
    let mut found: Vec<&PostRecord> = desk.posts().filter(|r| by_id(r) || by_name(r)).collect();
    // A name may have been used before: what is still open is what a person means.
    if found.len() > 1 {
        let open: Vec<&PostRecord> = found.iter().copied().filter(|r| is_open(r)).collect();
        if open.len() == 1 {
            found = open;
        }
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(no_post(engine, wanted)),
        several => Err(ambiguous(wanted, several)),
    }
}

fn no_post(engine: &Engine, wanted: &str) -> Problem {
    let mut all = engine.preparing.views().into_iter();
    match all.find(|p| p.file == wanted) {
        Some(preparing) => Problem::new(
            ProblemKind::NotFound,
            format!(
                "{wanted} in queue {} is no post yet: {}, since {}",
                preparing.queue,
                preparing.words(),
                preparing.since
            ),
        )
        .help("it becomes one when that is done; to cancel it, take the file out of the queue's directory"),
        None => Problem::new(ProblemKind::NotFound, format!("there is no post {wanted:?}"))
            .help("`crierctl queue` lists the open ones, `crierctl queue --state all` all of them"),
    }
}

/// A post as people see it, with a word on a change of its file that is not in force yet.
fn whole(engine: &Engine, record: &PostRecord) -> PostView {
    let mut view = views::post(&engine.desk, record);
    let all = engine.preparing.views().into_iter();
    let mut mine = all.filter(|p| p.queue == view.queue && p.file == view.file);
    if view.place.is_empty()
        && let Some(preparing) = mine.next()
    {
        view.warnings.push(format!(
            "its file was changed; the change is in force when it is prepared: {}",
            preparing.words()
        ));
    }
    view
}

fn is_open(record: &PostRecord) -> bool {
    use crate::core::desk::Stage;
    matches!(record.stage, Stage::Waiting | Stage::Sending)
}

fn ambiguous(wanted: &str, several: &[&PostRecord]) -> Problem {
    let list: Vec<String> = several
        .iter()
        .take(10)
        .map(|r| {
            format!(
                "{} ({}, admitted {})",
                r.post.id,
                r.post.origin.name(),
                r.post.admitted
            )
        })
        .collect();
    Problem::new(
        ProblemKind::Ambiguous,
        format!("{wanted:?} may mean {} posts", several.len()),
    )
    .help(list.join("\n"))
}

fn page(engine: &Engine, filter: &PostFilter) -> PostPage {
    let desk = &engine.desk;
    let limit = filter
        .limit
        .map_or(PAGE.0, |n| usize::try_from(n).unwrap_or(PAGE.1))
        .clamp(1, PAGE.1);
    let wanted = |r: &&PostRecord| {
        filter.queue.as_ref().is_none_or(|q| *q == r.post.queue)
            && filter
                .account
                .as_ref()
                .is_none_or(|a| r.post.contents.contains_key(a))
            && filter
                .after
                .as_ref()
                .is_none_or(|after| r.post.id.as_str() > after.as_str())
            && views::in_state(desk, r, filter.state)
    };
    let mut posts = desk.posts().filter(wanted);
    let items: Vec<PostView> = posts.by_ref().take(limit).map(|r| views::post(desk, r)).collect();
    let next = posts.next().and_then(|_| items.last().map(|v| v.id.clone()));
    let preparing = preparing(engine, filter);
    PostPage {
        items,
        next,
        preparing,
    }
}

/// Beside the first page of posts: what is none yet.
fn preparing(engine: &Engine, filter: &PostFilter) -> Vec<PreparingView> {
    let asked = matches!(filter.state, PostState::Open | PostState::All);
    if !asked || filter.after.is_some() || filter.account.is_some() {
        return Vec::new();
    }
    let of_queue = |p: &PreparingView| filter.queue.as_ref().is_none_or(|q| q.as_str() == p.queue);
    engine.preparing.views().into_iter().filter(of_queue).collect()
}

fn queue(engine: &Engine, name: &QueueName) -> Option<QueueView> {
    let queue = engine.desk.house().queues.get(name)?;
    let now = engine.shared.clock.now();
    let open: Vec<&PostRecord> = engine
        .desk
        .posts()
        .filter(|r| r.post.queue == *name && is_open(r))
        .collect();
    let held = open
        .iter()
        .filter(|r| views::in_state(&engine.desk, r, PostState::Held))
        .count();
    Some(QueueView {
        name: name.to_string(),
        directory: engine.shared.queue_dir(name).display().to_string(),
        accounts: queue.accounts.iter().map(ToString::to_string).collect(),
        timezone: queue.timezone.clone(),
        slots: queue.slots.clone(),
        next_slots: next_slots(queue, now).into_iter().map(Into::into).collect(),
        open: open.len() as u64,
        held: held as u64,
        next_due: open
            .iter()
            .map(|r| r.due)
            .filter(|due| *due > now)
            .min()
            .map(Into::into),
        frozen: frozen(&engine.desk, &Scope::Queue(name.clone())),
        trouble: engine.seen.trouble(name),
    })
}

fn next_slots(queue: &crate::domain::queue::Queue, now: Timestamp) -> Vec<Timestamp> {
    let mut slots = Vec::new();
    let mut after = now;
    while slots.len() < NEXT_SLOTS {
        let Some(slot) = schedule::next_slot(queue, after) else {
            break;
        };
        slots.push(slot);
        after = slot;
    }
    slots
}

/// Why something is frozen, when it is, by a freeze of its own or of everything.
pub(super) fn frozen(desk: &Desk, scope: &Scope) -> Option<String> {
    let freeze = desk
        .freezes()
        .iter()
        .find(|f| f.scope == *scope || f.scope == Scope::All)?;
    Some(format!("{} (by {})", freeze.why, freeze.by))
}

fn no_queue(handle: &Handle, name: &QueueName) -> Problem {
    let live = handle.shared().live();
    let names: Vec<&str> = live.house.queues.keys().map(QueueName::as_str).collect();
    let help = match crate::core::diagnose::nearest(name.as_str(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the config declares: {}", names.join(", ")),
    };
    Problem::new(
        ProblemKind::NotFound,
        format!("there is no queue {name} in the config"),
    )
    .help(help)
}

fn status(engine: &Engine) -> Status {
    let (shared, now) = (&engine.shared, engine.shared.clock.now());
    let live = shared.live();
    let mut counts = views::counts(&engine.desk, now);
    (counts.published, counts.failed) = (engine.published, engine.failed);
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        instance: shared.instance.clone(),
        started: shared.started.into(),
        now: now.into(),
        last_tick: engine.last_tick.into(),
        config: ConfigStatus {
            path: shared.config_path.display().to_string(),
            loaded_at: live.loaded.into(),
            error: engine.reload_error.clone(),
        },
        counts,
        next_due: engine.desk.next_due(now).map(Into::into),
        accounts: summary(&engine.desk),
        preparing: engine.preparing.views(),
        frozen: engine.desk.freezes().iter().map(views::freeze).collect(),
        store: StoreStatus {
            path: live.settings.daemon.state.display().to_string(),
            bytes: None,
            error: engine.store_error.clone(),
        },
        callback: CallbackStatus {
            listen: live.settings.callback.as_ref().map(|c| c.listen.to_string()),
            public_url: live.settings.callback.as_ref().map(|c| c.public_url.clone()),
        },
        clock: engine.desk.clock_doubt(now).map(|(why, until)| {
            format!("{why}; posts wait until {until}, or until a platform says what time it is (`crierctl validate`)")
        }),
        warnings: versions::warnings(&engine.desk, now),
    }
}

fn summary(desk: &Desk) -> AccountsSummary {
    let mut summary = AccountsSummary::default();
    for name in desk.house().accounts.keys() {
        let connection = desk
            .account(name)
            .map(|a| a.connection.clone())
            .unwrap_or_default();
        summary.total += 1;
        summary.usable += u64::from(connection.status.usable());
        if views::wants_attention(connection.status) {
            let reason = connection.reason.map(|r| format!(": {r}")).unwrap_or_default();
            summary
                .attention
                .push(format!("{name} {}{reason}", connection.status.predicate()));
        }
    }
    summary
}
