//! The token canary: marked secrets go through every flow, and then are looked for wherever people, logs,
//! backups or other processes could find them.

mod journal;
mod net;

use std::io::Write as _;
use std::process::Stdio;

use crier::sandbox::faults::FaultKind;
use journal::Journal;
use net::{Net, Secrets};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::verbs::rig::{CLIENT_SECRET, MAIL_PASSWORD, Rig};

/// Everything that anything here can say, but for sled, which would write its pages.
const LOUD: &str = "trace,sled=info";

/// All looks, for people and for programs.
const LOOKS: &[&[&str]] = &[
    &["status"],
    &["accounts"],
    &["accounts", "club"],
    &["accounts", "letter"],
    &["profile", "club"],
    &["capabilities", "club", "--facts"],
    &["queue", "--state", "all"],
    &["queue", "--overview"],
    &["limits"],
    &["history", "club"],
    &["insights", "club"],
    &["audit"],
    &["audit", "--verify"],
];

/// What the admin socket answers beside what crierctl shows.
const ROUTES: &[&str] = &[
    "/healthz",
    "/metrics",
    "/v1/status",
    "/v1/accounts",
    "/v1/accounts/club",
    "/v1/accounts/club/capabilities",
    "/v1/accounts/club/profile?force=true",
    "/v1/accounts/club/history",
    "/v1/accounts/club/insights",
    "/v1/accounts/club/quota",
    "/v1/accounts/letter/profile?force=true",
    "/v1/queues",
    "/v1/queues/news",
    "/v1/posts?state=all",
    "/v1/limits",
    "/v1/audit",
    "/v1/config",
    "/v1/openapi.json",
    "/v1/nothing-here",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_where_people_look() {
    let mut flow = Flow::new().await;
    flow.all().await;
    let found = flow.haul();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_sent_to_the_journal() {
    if let Some(why) = journal::impossible() {
        // said on the real standard error, past the capture of the test's output
        let _ = writeln!(std::io::stderr(), "the journal's canary skipped: {why}");
        return;
    }
    let mut flow = Flow::new().await;
    let socket = flow.rig.path("journal.socket");
    flow.journal = Some(Journal::listen(&socket));
    flow.rig.journal = Some(socket);
    flow.all().await;
    let journal = flow.journal.take().unwrap().heard();
    let text = String::from_utf8_lossy(&journal).into_owned();
    for field in [
        "\nSYSLOG_IDENTIFIER\n",
        "\nMESSAGE\n",
        "\nMESSAGE_ID\n",
        "\nCRIER_POST\n",
        "\nCRIER_ACCOUNT\n",
        "\nPRIORITY\n",
    ] {
        assert!(text.contains(field), "{field:?} was never sent");
    }
    flow.net.keep("the journal", journal);
    let found = flow.haul();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The flows, and what was heard of them.
struct Flow {
    rig: Rig,
    net: Net,
    /// The states of logins: they stand in the answers that give them out, and nowhere else.
    states: Vec<String>,
    events: std::process::Child,
    /// Where the log goes, if not to a file.
    journal: Option<Journal>,
}

impl Flow {
    async fn new() -> Self {
        let mut rig = Rig::new().await;
        rig.threads = "refresh_min_age_secs = 0";
        let events = std::process::Command::new("true").spawn().unwrap();
        Self {
            rig,
            net: Net::default(),
            states: Vec::new(),
            events,
            journal: None,
        }
    }

    /// One after another.
    async fn all(&mut self) {
        self.bad_configs();
        self.rig.start(LOUD).await;
        self.connecting().await;
        self.accounts().await;
        self.posts().await;
        self.refused_posts().await;
        self.looks("connected").await;
        self.processes();
        self.reloading().await;
        self.pasted().await;
        self.taken_away().await;
        self.looks("taken away").await;
        self.another_key().await;
    }

    /// Runs crierctl and keeps what it said; answers the code.
    fn ctl(&mut self, args: &[&str]) -> i32 {
        self.ctl_with("", args)
    }

    fn ctl_with(&mut self, input: &str, args: &[&str]) -> i32 {
        let ran = self.rig.ctl_with(input, args);
        self.net.keep(&format!("{} stdout", ran.line), ran.out);
        self.net.keep(&format!("{} stderr", ran.line), ran.err);
        ran.code
    }

    /// Somebody writes the secret itself into the config: `--check`, a start and `crierctl check`.
    fn bad_configs(&mut self) {
        let lines = [
            format!(
                "[app.other]\nplatform = \"threads\"\nclient_id = \"1\"\nclient_secret = \"{CLIENT_SECRET}\""
            ),
            format!("[app.other]\nclient_secret = {{ file = \"/etc/x\", value = \"{CLIENT_SECRET}\" }}"),
            format!("[app.other]\nclient_secret = '''{CLIENT_SECRET}"),
            format!(
                "[account.other]\nplatform = \"email\"\nfrom = \"a@b.example\"\nsmtp = {{ host = \"h\", username = \"u\", password = \"{MAIL_PASSWORD}\" }}"
            ),
        ];
        let config = self.rig.path("crier.toml");
        let config = config.to_str().unwrap();
        for line in lines {
            self.rig.configure(&line);
            for args in [&["--check", "--config", config][..], &["--config", config]] {
                let ran = self.rig.crierd(args).ends(78);
                assert!(ran.err.contains("********"), "the line is shown: {}", ran.err);
                self.net.keep("crierd with a literal secret", ran.err + &ran.out);
            }
            assert_eq!(self.ctl(&["check", "--config", config]), 78);
        }
        self.rig.configure("");
    }

    /// Begins a login and goes to the vendor's page: answers where the browser ends.
    async fn log_in(&mut self, decision: &str) -> String {
        let start = self.rig.ctl(&["connect", "club", "--json"]).json();
        let url = start["authorize_url"].as_str().unwrap();
        let (_, query) = url.split_once('?').unwrap();
        let pairs: Vec<(String, String)> = reqwest::Url::parse(url)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        let state = pairs.iter().find(|(name, _)| name == "state").unwrap().1.clone();
        assert!(query.contains(&state));
        // This is the one answer that hands the state out.
        self.net
            .keep("connect", start.to_string().replace(&state, "STATE"));
        self.states.push(state);
        self.rig.agree(url, decision).await
    }

    async fn visit(&mut self, url: &str) -> u16 {
        let (status, page) = self.rig.visit(url).await;
        self.net.keep("the page after a login", page);
        status
    }

    async fn connecting(&mut self) {
        let to = std::fs::File::create(self.rig.path("events")).unwrap();
        self.events = self.rig.begin(&["events", "-f", "--json"], Stdio::from(to));
        let cancelled = self.log_in("cancel").await;
        self.visit(&cancelled).await;
        for (step, status) in [
            ("threads.code", 400),
            ("threads.code", 502),
            ("threads.exchange", 400),
            ("threads.profile", 400),
        ] {
            self.rig.fault(step, FaultKind::RequestRepeated { status });
            let end = self.log_in("allow").await;
            let seen = self.visit(&end).await;
            // Once there are tokens, the rest is asked again.
            assert!(seen >= 400 || step != "threads.code", "{step}: {seen}");
        }
        let end = self.log_in("allow").await;
        assert_eq!(self.visit(&end).await, 200);
        // Once only; and forged ones.
        assert_ne!(self.visit(&end).await, 200);
        let forged = format!(
            "http://{}/oauth/threads/callback?state=forged&code={MAIL_CODE}",
            self.rig.callback
        );
        assert_ne!(self.visit(&forged).await, 200);
        let words = format!("535 5.7.8 {MAIL_PASSWORD} is not your password");
        self.rig.fault("smtp.auth", FaultKind::SmtpReply { line: words });
        assert_ne!(self.ctl(&["connect", "letter"]), 0);
        assert_eq!(self.ctl(&["connect", "letter"]), 0);
    }

    async fn accounts(&mut self) {
        for (step, args) in [
            ("threads.profile", &["validate", "club"][..]),
            ("threads.profile", &["profile", "club", "--force"]),
            ("threads.refresh", &["refresh", "club"]),
            ("threads.list", &["history", "club"]),
            ("threads.account_insights", &["insights", "club"]),
        ] {
            for status in [400, 503] {
                self.rig.fault(step, FaultKind::RequestRepeated { status });
                self.ctl(args);
            }
            self.rig.sandbox.world().faults.clear();
            // The vendor renews what is a day old; crier is told to ask at once.
            self.rig.sandbox.clock().advance_ms(25 * 3_600_000);
            assert_eq!(self.ctl(args), 0, "{args:?}");
        }
        // What is signed in days to come is refused.
        self.rig.sandbox.clock().advance_ms(-5 * 25 * 3_600_000);
        assert_eq!(self.ctl(&["validate", "letter"]), 0);
    }

    async fn posts(&mut self) {
        std::fs::copy("tests/media/square-1080.jpg", self.rig.path("door.jpg")).unwrap();
        let picture = [
            "post",
            "news",
            "--text",
            "The door",
            "--media",
            "door.jpg",
            "--alt",
            "A door",
            "--name",
            "door.toml",
        ];
        assert_eq!(self.ctl(&picture), 0);
        self.rig.drop_file("news", "words.txt", "Only words");
        self.rig.drop_file(
            "news",
            "chain.toml",
            "text = \"One\"\nthread = [{ text = \"Two\" }]\n",
        );
        self.rig
            .drop_file("post", "mail.toml", "subject = \"Hello\"\ntext = \"A mail\"\n");
        self.rig.fault("smtp.dot", FaultKind::LostAfter);
        self.rig
            .drop_file("post", "lost.toml", "subject = \"Lost\"\ntext = \"A mail\"\n");
        for post in ["door.post", "words.txt"] {
            let end = self.rig.phase(post, "ended").await;
            assert_eq!(end["outcome"]["ended"], "published", "{end:#}");
        }
    }

    async fn refused_posts(&mut self) {
        for (name, step, kind, phase) in [
            (
                "bad.toml",
                "threads.create",
                FaultKind::RequestRepeated { status: 400 },
                "ended",
            ),
            (
                "down.toml",
                "threads.create",
                FaultKind::RequestRepeated { status: 503 },
                "waiting",
            ),
            (
                "unsure.toml",
                "threads.publish",
                FaultKind::RequestRepeated { status: 502 },
                "waiting",
            ),
            ("expired.toml", "threads.create", FaultKind::TokenExpired, "held"),
        ] {
            self.rig.fault(step, kind);
            self.rig.drop_file("news", name, &format!("text = \"{name}\"\n"));
            self.rig.phase(name, phase).await;
            for args in [
                &["show", name][..],
                &["show", name, "--transcript"],
                &["why", name],
            ] {
                assert_eq!(self.ctl(args), 0, "{args:?}");
                assert_eq!(self.ctl(&[args, &["--json"]].concat()), 0, "{args:?}");
            }
        }
        self.rig.file("spool/news/failed/bad.why.txt").await;
        let words = format!("451 4.7.1 not with {MAIL_PASSWORD}");
        self.rig.fault("smtp.rcpt", FaultKind::SmtpReply { line: words });
        self.rig
            .drop_file("post", "later.toml", "subject = \"Later\"\ntext = \"A mail\"\n");
        self.rig.phase("later.toml", "waiting").await;
        self.ctl(&["show", "later.toml", "--transcript"]);
        self.ctl(&["post", "news", "--text", &"x".repeat(700), "--name", "long.toml"]);
    }

    async fn looks(&mut self, when: &str) {
        for look in LOOKS {
            self.ctl(look);
            self.ctl(&[look, &["--json"][..]].concat());
        }
        let socket = self.rig.path("run/admin.sock");
        for route in ROUTES {
            let answer = net::get(&socket, route).await;
            assert!(answer.starts_with(b"HTTP/1.1 "), "{route}");
            self.net.keep(&format!("GET {route}, {when}"), answer);
        }
        self.rig.signal(Signal::USR1);
        let log = self.rig.path("log");
        let journal = self.journal.as_ref();
        self.rig
            .until("the state is in the log", |_| {
                let log = journal.map_or_else(|| std::fs::read(&log).unwrap(), Journal::heard);
                let told = String::from_utf8_lossy(&log).contains("state: {");
                told.then_some(())
            })
            .await;
    }

    /// What other processes can read of these: arguments and environment.
    fn processes(&mut self) {
        for pid in [self.rig.pid(), self.events.id()] {
            for file in ["cmdline", "environ"] {
                match std::fs::read(format!("/proc/{pid}/{file}")) {
                    Ok(bytes) => self.net.keep(&format!("{file} of process {pid}"), bytes),
                    Err(error) => println!("skipped: {file} of process {pid}: {error}"),
                }
            }
        }
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.rig.pid()));
        assert_eq!(children.unwrap_or_default(), "", "crierd starts no programs");
    }

    async fn reloading(&mut self) {
        self.rig.configure("[queue.more]\naccounts = [\"club\"]\n");
        assert_eq!(self.ctl(&["reload"]), 0);
        self.rig.configure(&format!(
            "[app.other]\nplatform = \"threads\"\nclient_id = \"1\"\nclient_secret = \"{CLIENT_SECRET}\"\n"
        ));
        assert_eq!(self.ctl(&["reload"]), 78);
        assert_eq!(self.ctl(&["reload", "--json"]), 78);
        self.ctl(&["status"]);
        self.rig.configure("");
        std::fs::rename(self.rig.path("meta.secret"), self.rig.path("away.secret")).unwrap();
        assert_eq!(self.ctl(&["reload"]), 78);
        std::fs::rename(self.rig.path("away.secret"), self.rig.path("meta.secret")).unwrap();
        assert_eq!(self.ctl(&["reload"]), 0);
    }

    async fn pasted(&mut self) {
        let end = self.log_in("allow").await;
        self.rig
            .fault("threads.code", FaultKind::RequestRepeated { status: 400 });
        assert_eq!(self.ctl_with(&end, &["connect", "club", "--complete"]), 76);
        assert_eq!(self.ctl_with(&end, &["connect", "club", "--complete"]), 65);
        let cancelled = self.log_in("cancel").await;
        assert_eq!(self.ctl_with(&cancelled, &["connect", "club", "--complete"]), 76);
        let end = self.log_in("allow").await;
        assert_eq!(
            self.ctl_with(&end, &["connect", "club", "--complete", "--json"]),
            0
        );
        let nonsense = format!("code without address {}", end.replace("state", "stat"));
        assert_ne!(self.ctl_with(&nonsense, &["connect", "club", "--complete"]), 0);
    }

    async fn taken_away(&mut self) {
        for callback in ["meta/deauthorize", "meta/data-deletion"] {
            let end = self.log_in("allow").await;
            assert_eq!(self.visit(&end).await, 200);
            let url = format!("http://{}/{callback}", self.rig.callback);
            let revoke = format!("{}/_sandbox/revoke", self.rig.sandbox.addresses.base);
            let body = json!({"username": "club", "callback": url});
            let told: Value = self
                .rig
                .http
                .post(revoke)
                .json(&body)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert_eq!(told["callback"]["status"], 200, "{told}");
            if let Some(url) = told["callback"]["body"]["url"].as_str() {
                let url = url.to_owned();
                assert_eq!(self.visit(&url).await, 200);
            }
            self.net.keep(callback, told.to_string());
            let account = self.rig.ctl(&["accounts", "club", "--json"]).json();
            assert_eq!(account["status"], "revoked", "{account:#}");
        }
        let end = self.log_in("allow").await;
        assert_eq!(self.visit(&end).await, 200);
        assert_eq!(self.ctl(&["disconnect", "club", "--yes"]), 0);
        // Some tokens stay sealed in the database.
        let end = self.log_in("allow").await;
        assert_eq!(self.visit(&end).await, 200);
    }

    /// A start with another key is refused, in words without either key.
    async fn another_key(&mut self) {
        assert_eq!(self.rig.stop().await, Some(0));
        let _ = self.events.kill();
        let _ = self.events.wait();
        std::fs::rename(self.rig.path("crier.key"), self.rig.path("right.key")).unwrap();
        let key = self.rig.path("crier.key");
        self.rig.crierd(&["keygen", key.to_str().unwrap()]).ends(0);
        let config = self.rig.path("crier.toml");
        let ran = self.rig.crierd(&["--config", config.to_str().unwrap()]).ends(78);
        self.net.keep("crierd with another key", ran.err + &ran.out);
    }

    /// Looks through everything for every secret.
    fn haul(&mut self) -> Vec<String> {
        let mut secrets = Secrets::default();
        secrets.add("the client secret", CLIENT_SECRET);
        secrets.add("the mail password", MAIL_PASSWORD);
        secrets.add("a forged code", MAIL_CODE);
        for state in &self.states {
            secrets.add("a login's state", state);
        }
        let mut minted = 0;
        for value in self.rig.sandbox.world().threads.secrets() {
            secrets.add("a code or token", value);
            minted += 1;
        }
        assert!(minted > 20, "the vendor gave out only {minted} codes and tokens");
        for key in ["crier.key", "right.key"] {
            let hex = std::fs::read_to_string(self.rig.path(key)).unwrap();
            secrets.add("a key", hex.trim());
            secrets.add_bytes("a key", &net::from_hex(hex.trim()));
        }
        let own = ["meta.secret", "mail.secret", "crier.key", "right.key"];
        self.net.keep_tree(self.rig.folder.path(), &own);
        // The net holds: it has everything in it, and finds what is planted.
        let log = if self.rig.journal.is_some() {
            "the journal"
        } else {
            "log"
        };
        for part in [
            log,
            "events",
            "state/",
            "spool/news/failed/bad.why.txt",
            "GET /v1/status",
            "cmdline",
        ] {
            assert!(self.net.has(part), "{part} was not looked at");
        }
        net::finds_what_is_planted(&secrets, CLIENT_SECRET);
        self.net.search(&secrets)
    }
}

/// A code that nobody gave out.
const MAIL_CODE: &str = "CANARYFORGEDCODE-5b1d77e0";
