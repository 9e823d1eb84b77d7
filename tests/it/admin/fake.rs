//! A desk that answers from a fixed picture and writes down what it was asked: for the plumbing of routes
//! and for rendering only. What the real engine answers is tested elsewhere.

mod picture;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crier::admin::types::*;
use crier::domain::id::{AccountName, QueueName};
use crier::domain::time::Timestamp;
pub use picture::*;
use secrecy::ExposeSecret;
use tokio::sync::broadcast;

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

    async fn tokens(&self) -> Answer<Vec<TokenView>> {
        Ok(tokens())
    }

    async fn connect(&self, who: &Caller, name: &AccountName, page: Option<&str>) -> Answer<ConnectStart> {
        let page = page.map(|p| format!(" as {p}")).unwrap_or_default();
        self.did(format!("connect {name}{page} by {}", who.role));
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
                sunset: None,
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
            preparing: Vec::new(),
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
