//! A desk that answers from a fixed picture and writes down what it was asked: for the plumbing of routes
//! and for rendering only. What the real engine answers is tested elsewhere.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crier::admin::types::*;
use crier::domain::account::ConnectionStatus;
use crier::domain::id::{AccountName, QueueName};
use crier::domain::time::Timestamp;
use secrecy::ExposeSecret;
use tokio::sync::broadcast;

/// 2026-12-01T08:00:00Z
pub const NOW: Timestamp = Timestamp(1_796_112_000_000);

pub const POST: &str = "01kbd8r0e0n7v3yj2m4q6s8t0w";

/// So many seconds from now.
pub fn at(secs: i64) -> Time {
    Time(NOW.after_secs(secs))
}

pub struct Fake {
    pub log: Mutex<Vec<String>>,
    pub events: broadcast::Sender<Event>,
    pub staging: tempfile::TempDir,
    pub tick: Mutex<Time>,
}

impl Fake {
    pub fn new() -> Arc<Fake> {
        Arc::new(Fake {
            log: Mutex::default(),
            events: broadcast::channel(16).0,
            staging: tempfile::tempdir().unwrap(),
            tick: Mutex::new(at(-1)),
        })
    }

    fn did(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

fn missing(what: &str, name: &str) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no {what} {name:?}."))
        .help("`crierctl accounts` lists them.")
}

pub fn accounts() -> Vec<AccountView> {
    let club = AccountView {
        name: "club-threads".into(),
        platform: "threads".into(),
        status: ConnectionStatus::Connected,
        reason: None,
        handle: Some("@theclub".into()),
        url: Some("https://www.threads.net/@theclub".into()),
        connected: Some(at(-86_400 * 20)),
        expires: Some(at(86_400 * 40 + 3600)),
        last_verified: Some(at(-7200)),
        next_refresh: Some(at(86_400 * 10)),
        refresh_failures: 0,
        scopes: vec!["threads_basic".into(), "threads_content_publish".into()],
        missing_scopes: Vec::new(),
        waiting: 3,
        frozen: None,
    };
    let shop = AccountView {
        name: "shop-threads".into(),
        status: ConnectionStatus::Expired,
        reason: Some("Meta says that the session has expired (190/463): connect it again".into()),
        handle: Some("@shop".into()),
        expires: Some(at(-86_400 * 2)),
        last_verified: Some(at(-86_400 * 2)),
        next_refresh: None,
        missing_scopes: vec!["threads_manage_insights".into()],
        waiting: 1,
        ..club.clone()
    };
    let news = AccountView {
        name: "newsletter".into(),
        platform: "email".into(),
        handle: Some("news@club.example".into()),
        url: None,
        expires: None,
        last_verified: Some(at(-60)),
        next_refresh: None,
        scopes: Vec::new(),
        missing_scopes: Vec::new(),
        waiting: 0,
        frozen: Some("wrong list imported".into()),
        ..club.clone()
    };
    vec![club, shop, news]
}

pub fn freezes() -> Vec<Freeze> {
    vec![Freeze {
        scope: "account:newsletter".parse().unwrap(),
        reason: "wrong list imported".into(),
        since: at(-5400),
        by: "deploy".into(),
    }]
}

pub fn status(last_tick: Time) -> Status {
    Status {
        version: env!("CARGO_PKG_VERSION").into(),
        instance: "7f3a".into(),
        started: at(-86_400 * 3 - 7200),
        now: at(0),
        last_tick,
        config: ConfigStatus {
            path: "/etc/crier/crier.toml".into(),
            loaded_at: at(-3600),
            error: None,
        },
        counts: Counts {
            waiting: 3,
            ready: 0,
            calling: 1,
            held: 2,
            past_due: 1,
            published: 41,
            failed: 2,
        },
        next_due: Some(at(3600)),
        accounts: AccountsSummary {
            total: 3,
            usable: 2,
            attention: vec!["shop-threads: expired 2 days ago, connect it again".into()],
        },
        frozen: freezes(),
        store: StoreStatus {
            path: "/var/lib/crier/db".into(),
            bytes: Some(1_572_864),
            error: None,
        },
        callback: CallbackStatus {
            listen: Some("127.0.0.1:8765".into()),
            public_url: Some("https://post.example.org".into()),
        },
    }
}

fn delivery(account: &str, phase: PhaseName) -> DeliveryView {
    DeliveryView {
        account: account.into(),
        platform: if account == "newsletter" {
            "email"
        } else {
            "threads"
        }
        .into(),
        revision: 7,
        phase,
        hold: None,
        since: Some(at(-600)),
        step: None,
        attempts: 0,
        live: Vec::new(),
        outcome: None,
    }
}

pub fn post() -> PostView {
    let mut waiting = delivery("club-threads", PhaseName::Waiting);
    waiting.hold = Some(HoldView {
        kind: "limit".into(),
        words: "held by 250 posts per 24h".into(),
        until: Some(at(8 * 3600 + 720)),
    });
    waiting.step = Some("publish".into());
    waiting.attempts = 2;
    let mut unknown = delivery("shop-threads", PhaseName::Held);
    unknown.hold = Some(HoldView {
        kind: "unknown".into(),
        words: "nobody can know whether it is out: the connection broke after the request".into(),
        until: None,
    });
    unknown.attempts = 1;
    let mut sent = delivery("newsletter", PhaseName::Ended);
    sent.attempts = 1;
    sent.live = vec![LiveView {
        remote_id: Some("250 2.0.0 Ok: queued as 4F2A".into()),
        permalink: None,
        part: None,
    }];
    sent.outcome = Some(OutcomeView {
        ended: Ended::Published,
        at: Some(at(-300)),
        words: None,
    });
    PostView {
        id: POST.into(),
        queue: "news".into(),
        file: "hello.toml".into(),
        place: "sending".into(),
        revision: 2,
        admitted: at(-7200),
        due: Some(at(-600)),
        at_text: Some("2026-12-01T08:50:00 Europe/Berlin".into()),
        expires: Some(at(86_400)),
        excerpt: "We open at nine.".into(),
        media: 1,
        warnings: vec!["the text has 498 of 500 characters".into()],
        deliveries: vec![waiting, unknown, sent],
    }
}

pub fn why() -> Why {
    let link = |words: &str, since: Option<i64>, until: Option<i64>, done: bool| WhyLink {
        words: words.into(),
        since: since.map(at),
        until: until.map(at),
        done,
        help: None,
    };
    let mut limit = link("held by 250 posts per 24h", Some(-540), Some(29_520), false);
    limit.help = Some("`crierctl limits club-threads` shows the window".into());
    let mut unknown = link(
        "nobody can know whether it is out: the connection broke after the request",
        Some(-590),
        None,
        false,
    );
    unknown.help = Some("look at https://www.threads.net/@shop, then `crierctl resolve hello.toml --account shop-threads --published` or `--not-published`".into());
    Why {
        post: POST.into(),
        file: "hello.toml".into(),
        queue: "news".into(),
        due: Some(at(-600)),
        deliveries: vec![
            WhyDelivery {
                account: "club-threads".into(),
                phase: PhaseName::Waiting,
                summary: "waits for a free place under 250 posts per 24h until 16:12".into(),
                chain: vec![
                    link(
                        "waited for 2026-12-01 08:50 Europe/Berlin",
                        Some(-7200),
                        Some(-600),
                        true,
                    ),
                    limit,
                    link("the token is good for 40 days", None, Some(86_400 * 40), false),
                ],
            },
            WhyDelivery {
                account: "shop-threads".into(),
                phase: PhaseName::Held,
                summary: "waits for a person: nobody can know whether it is out".into(),
                chain: vec![unknown],
            },
        ],
    }
}

pub fn event(seq: u64, kind: EventKind, words: &str) -> Event {
    Event {
        seq,
        at: at(0),
        kind,
        post: Some(POST.into()),
        file: Some("hello.toml".into()),
        queue: Some("news".into()),
        account: Some("club-threads".into()),
        words: words.into(),
        permalink: None,
    }
}

pub fn audit(n: u64) -> Vec<AuditRecord> {
    use crier::core::audit::{Change, Head, chain};
    let mut head = Head::default();
    (1..=n)
        .map(|i| {
            let record = chain(
                &head,
                Change {
                    at: at(-86_400 + 3600 * i64::try_from(i).unwrap()).0,
                    who: Caller {
                        uid: 1000,
                        gid: 1000,
                        pid: 4711,
                        role: Role::Operate,
                        name: "deploy".into(),
                    },
                    what: "post.cancel".into(),
                    target: POST.into(),
                    detail: [("account".to_owned(), "club-threads".to_owned())].into(),
                },
            );
            head = record.head();
            record
        })
        .collect()
}

#[async_trait]
impl Desk for Fake {
    fn now(&self) -> Timestamp {
        NOW
    }

    async fn status(&self) -> Answer<Status> {
        Ok(status(*self.tick.lock().unwrap()))
    }

    async fn accounts(&self) -> Answer<Vec<AccountView>> {
        Ok(accounts())
    }

    async fn account(&self, name: &AccountName) -> Answer<AccountView> {
        accounts()
            .into_iter()
            .find(|a| a.name == name.as_str())
            .ok_or_else(|| missing("account", name.as_str()))
    }

    async fn connect(&self, who: &Caller, name: &AccountName) -> Answer<ConnectStart> {
        self.did(format!("connect {name} by {}", who.role));
        if name.as_str() == "newsletter" {
            return Ok(ConnectStart::Connected {
                account: Box::new(self.account(name).await?),
                note: Some("smtp.club.example took the login".into()),
            });
        }
        Ok(ConnectStart::Visit {
            authorize_url: "https://threads.net/oauth/authorize?client_id=1&state=abc".into(),
            state_expires: at(900),
            redirect_uri: "https://post.example.org/oauth/threads/callback".into(),
            note: None,
        })
    }

    async fn connect_complete(
        &self,
        _: &Caller,
        name: &AccountName,
        url: PastedRedirect,
    ) -> Answer<AccountView> {
        self.did(format!("complete {name} with {}", url.0.expose_secret()));
        self.account(name).await
    }

    async fn disconnect(&self, _: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.did(format!("disconnect {name}"));
        self.account(name).await
    }

    async fn refresh(&self, _: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.did(format!("refresh {name}"));
        self.account(name).await
    }

    async fn validate(&self, _: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.did(format!("validate {name}"));
        Err(Problem::new(
            ProblemKind::PlatformUnavailable,
            "Threads answers 503 (trace AbC).",
        )
        .help("Nothing is wrong with the account as far as is known; try again later."))
    }

    async fn profile(&self, name: &AccountName, force: bool) -> Answer<ProfileView> {
        self.did(format!("profile {name} force={force}"));
        Ok(ProfileView {
            account: name.to_string(),
            remote_id: "17841".into(),
            handle: "@theclub".into(),
            display_name: Some("The Club".into()),
            url: None,
            facts: [("eligible_for_geo_gating".to_owned(), "false".to_owned())].into(),
            as_of: Some(at(-60)),
        })
    }

    async fn capabilities(&self, name: &AccountName) -> Answer<Capabilities> {
        Ok(Capabilities {
            account: name.to_string(),
            platform: "threads".into(),
            items: vec![
                Capability {
                    name: "text".into(),
                    possible: true,
                    reason: None,
                    limits: vec![
                        "text up to 500 characters".into(),
                        "at most 5 different links".into(),
                    ],
                },
                Capability {
                    name: "story".into(),
                    possible: false,
                    reason: Some("Threads has no stories".into()),
                    limits: Vec::new(),
                },
            ],
            facts: vec![LimitFact {
                name: "posts".into(),
                value: "250".into(),
                words: "posts".into(),
                window_secs: Some(86_400),
                source: "threads.md 6".into(),
                date: "2026-11-01".into(),
            }],
        })
    }

    async fn history(&self, name: &AccountName, limit: u32) -> Answer<Vec<RemotePost>> {
        self.did(format!("history {name} {limit}"));
        Ok(vec![RemotePost {
            id: "18000".into(),
            text: "We open at nine.".into(),
            kind: "TEXT_POST".into(),
            permalink: Some("https://www.threads.net/@theclub/post/A".into()),
            published: Some("2026-11-30T08:00:00+0000".into()),
        }])
    }

    async fn insights(&self, name: &AccountName, id: Option<&str>) -> Answer<Vec<Insight>> {
        self.did(format!("insights {name} {id:?}"));
        Ok(vec![Insight {
            name: "views".into(),
            value: 1234,
            period: Some("lifetime".into()),
        }])
    }

    async fn delete_remote(&self, _: &Caller, name: &AccountName, id: &str) -> Answer<()> {
        self.did(format!("delete {name} {id}"));
        Ok(())
    }

    async fn posts(&self, filter: &PostFilter) -> Answer<PostPage> {
        self.did(format!("posts {:?} {:?}", filter.state, filter.limit));
        Ok(PostPage {
            items: vec![post()],
            next: None,
        })
    }

    async fn post(&self, id: &str) -> Answer<PostView> {
        if POST.starts_with(id) || id == "hello.toml" {
            Ok(post())
        } else {
            Err(missing("post", id))
        }
    }

    async fn staging(&self, queue: &QueueName) -> Answer<PathBuf> {
        if queue.as_str() == "news" {
            Ok(self.staging.path().to_owned())
        } else {
            Err(missing("queue", queue.as_str()))
        }
    }

    async fn submit(&self, who: &Caller, submission: Submission) -> Answer<Submitted> {
        if submission.body.starts_with(b"bad") {
            return Err(
                Problem::new(ProblemKind::PostInvalid, "The post has one mistake.")
                    .help("Mend it and send it again.")
                    .diagnostics("error: unknown field `txt`\n --> hello.toml:1:1"),
            );
        }
        let media: Vec<String> = submission
            .media
            .iter()
            .map(|m| format!("{}={}", m.name, std::fs::metadata(&m.file).unwrap().len()))
            .collect();
        self.did(format!(
            "submit {} {:?} {:?} {} bytes {media:?} by {}",
            submission.queue,
            submission.name,
            submission.format,
            submission.body.len(),
            who.role
        ));
        Ok(Submitted {
            post: post(),
            warnings: vec!["the text has 498 of 500 characters".into()],
        })
    }

    async fn cancel(&self, _: &Caller, target: &Target) -> Answer<PostView> {
        self.did(format!("cancel {target:?}"));
        match target.if_revision {
            Some(old) if old != 7 => Err(Problem::new(ProblemKind::Moved, "It is at revision 7 now.")
                .help("Look again with `crierctl show`.")),
            Some(_) | None => Ok(post()),
        }
    }

    async fn retry(&self, _: &Caller, target: &Target) -> Answer<PostView> {
        self.did(format!("retry {}", target.post));
        Err(Problem::new(ProblemKind::Conflict, "It is out.").help("`crierctl delete` takes it back."))
    }

    async fn hold(&self, _: &Caller, target: &Target, reason: &str) -> Answer<PostView> {
        self.did(format!("hold {} {reason:?}", target.post));
        Ok(post())
    }

    async fn release(&self, _: &Caller, target: &Target) -> Answer<PostView> {
        self.did(format!("release {}", target.post));
        Ok(post())
    }

    async fn resolve(&self, _: &Caller, target: &Target, verdict: Verdict) -> Answer<PostView> {
        self.did(format!("resolve {target:?} {verdict:?}"));
        Ok(post())
    }

    async fn why(&self, id: &str) -> Answer<Why> {
        self.post(id).await.map(|_| why())
    }

    async fn transcript(&self, id: &str) -> Answer<Transcript> {
        self.post(id).await?;
        Ok(Transcript {
            post: POST.into(),
            attempts: vec![
                AttemptView {
                    account: "club-threads".into(),
                    number: 1,
                    call: "POST /{user}/threads".into(),
                    commit: false,
                    sent: at(-900),
                    ended: Some(at(-899)),
                    status: Some(200),
                    detail: None,
                    verdict: "advance".into(),
                },
                AttemptView {
                    account: "club-threads".into(),
                    number: 2,
                    call: "POST /{user}/threads_publish".into(),
                    commit: true,
                    sent: at(-600),
                    ended: Some(at(-599)),
                    status: Some(429),
                    detail: Some("code 4, subcode 2207051, trace AbC".into()),
                    verdict: "limited".into(),
                },
            ],
        })
    }

    async fn queues(&self) -> Answer<Vec<QueueView>> {
        Ok(vec![QueueView {
            name: "news".into(),
            directory: "/var/spool/crier/news".into(),
            accounts: vec!["club-threads".into(), "newsletter".into()],
            timezone: "Europe/Berlin".into(),
            slots: vec!["0 9 * * Mon-Fri".into()],
            next_slots: vec![at(86_400)],
            open: 2,
            held: 1,
            next_due: Some(at(3600)),
            frozen: None,
            trouble: None,
        }])
    }

    async fn queue(&self, name: &QueueName) -> Answer<QueueView> {
        self.queues()
            .await?
            .into_iter()
            .find(|q| q.name == name.as_str())
            .ok_or_else(|| missing("queue", name.as_str()))
    }

    async fn limits(&self, account: Option<&AccountName>) -> Answer<Vec<LimitView>> {
        self.did(format!("limits {:?}", account.map(AccountName::as_str)));
        Ok(vec![LimitView {
            account: "club-threads".into(),
            platform: "threads".into(),
            limit: "posts".into(),
            words: "posts".into(),
            max: 250,
            used: 250,
            left: 0,
            window_secs: 86_400,
            next_free: Some(at(29_520)),
            source: "ledger".into(),
        }])
    }

    async fn freeze(&self, who: &Caller, scope: Scope, reason: &str) -> Answer<Vec<Freeze>> {
        self.did(format!("freeze {scope} {reason:?} by {}", who.role));
        Ok(freezes())
    }

    async fn thaw(&self, _: &Caller, scope: Scope) -> Answer<Vec<Freeze>> {
        self.did(format!("thaw {scope}"));
        Ok(Vec::new())
    }

    async fn reload(&self, _: &Caller) -> Answer<ReloadReport> {
        self.did("reload");
        Ok(ReloadReport {
            added: vec!["queue jobs".into()],
            removed: Vec::new(),
            changed: vec!["queue news (slots)".into()],
            needs_restart: vec!["[daemon] state".into()],
            warnings: None,
        })
    }

    async fn audit(&self, after: u64, limit: u32) -> Answer<Vec<AuditRecord>> {
        Ok(audit(3)
            .into_iter()
            .filter(|r| r.seq > after)
            .take(limit as usize)
            .collect())
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
