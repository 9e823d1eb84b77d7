//! The fixed picture.

use crier::admin::types::*;
use crier::domain::account::ConnectionStatus;
use crier::domain::time::Timestamp;

/// 2026-12-01T08:00:00Z
pub const NOW: Timestamp = Timestamp(1_796_112_000_000);

pub const POST: &str = "01kbd8r0e0n7v3yj2m4q6s8t0w";

/// So many seconds from now.
pub fn at(secs: i64) -> Time {
    Time(NOW.after_secs(secs))
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
        preparing: Vec::new(),
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
        clock: None,
        warnings: vec!["Threads ends v1.0 of its API on 2027-01-21, in 30 days: update crier".into()],
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

pub fn tokens() -> Vec<TokenView> {
    vec![TokenView {
        account: "club-threads".into(),
        platform: "threads".into(),
        status: ConnectionStatus::Expiring,
        reason: Some("its token ends soon".into()),
        expires: Some(at(60)),
        renewal_ends: None,
        next_refresh: None,
        refreshes: 2,
        refresh_failures: 0,
        last_verified: Some(at(-60)),
        missing_scopes: vec!["threads_manage_replies".into()],
        missing_help: Some("connect again with `crierctl connect club-threads`".into()),
        dependents: vec![Dependent {
            post: POST.into(),
            file: "hello.toml".into(),
            due: at(120),
            in_danger: true,
        }],
    }]
}
