//! The configuration: good ones, bad ones with their exact messages, drop-ins, reloads.

use std::path::{Path, PathBuf};

use crier::config::settings::*;
use crier::config::{Loaded, check_secrets, load, load_text};
use crier::core::diagnose::render;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad-config")
}

fn told(loaded: &Loaded) -> String {
    render(&loaded.diagnostics, false)
}

fn good(text: &str) -> Settings {
    let loaded = load_text("crier.toml", text);
    assert!(loaded.diagnostics.is_empty(), "{}", told(&loaded));
    loaded.settings.expect("no problems")
}

#[test]
fn bad_configs_say_how_to_mend_them() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixtures())
        .expect("fixtures")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    assert!(files.len() >= 42, "{} bad configs", files.len());
    for file in files {
        let name = file.file_stem().expect("name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("text");
        let loaded = load_text("crier.toml", &text);
        assert!(!loaded.diagnostics.is_empty(), "{name} has no mistake");
        let message = told(&loaded);
        assert!(!message.contains("hunter2"), "{name} shows a secret:\n{message}");
        assert!(
            !format!("{loaded:?}").contains("hunter2"),
            "{name} keeps a secret"
        );
        insta::with_settings!({ snapshot_path => "snapshots/config", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.as_str(), message);
        });
    }
}

/// Everything that these two kinds of platforms need, as the contract shows it.
const WHOLE: &str = r#"
[daemon]
spool = "/srv/spool"
state = "/srv/state"
timezone = "europe/berlin"
key_file = "/etc/crier/crier.key"

[admin]
socket = "/run/crier/admin.sock"
viewers = ["group:staff"]
operators = ["group:crier", "user:deploy"]

[callback]
listen = "127.0.0.1:8765"
public_url = "https://post.example.org/"

[http]
proxy = "http://proxy.example.org:3128"

[app.meta]
platform = "threads"
client_id = "2031580000000000"
client_secret = { credential = "meta.secret" }

[account.club-threads]
app = "meta"

[account.newsletter]
platform = "email"
from = "The Club <news@club.example>"
recipients_per_message = 50
paused = true

[account.newsletter.smtp]
host = "smtp.club.example"
port = 587
tls = "starttls"
username = "news"
password = { credential = "smtp" }

[queue.news]
accounts = ["newsletter", "club-threads"]
timezone = "Europe/Paris"
slots = ["0 9 * * Mon-Fri", "30 11 * * Sat"]
late = { within = "1h 30m", then = "skip" }
spacing = "90s"
duplicate_window = "2d"
prepare = "10m"
on_unknown = "retry"

[queue.plain]
accounts = ["newsletter"]

[platform.threads]
api_base = "http://127.0.0.1:9000/"
posts = 100
api_version = "v2.0"
"#;

#[test]
fn a_whole_config_becomes_settings() {
    insta::assert_debug_snapshot!("whole", good(WHOLE));
}

#[test]
fn an_empty_config_is_a_daemon_without_accounts() {
    assert_eq!(good(""), Settings::default());
    assert_eq!(good("\u{feff}# nothing\r\n"), Settings::default());
}

#[test]
fn money_and_tokens_of_x() {
    let settings = good(
        "[app.x]\nplatform = 'x'\nclient_id = 'k'\n[account.c]\napp = 'x'\n\
         [app.y]\nplatform = 'x'\nclient_id = 'k'\nclient_secret = { env = 'S' }\n\
         [account.d]\napp = 'y'\nauth = 'oauth1'\naccess_token = { env = 'T' }\naccess_token_secret = { env = 'U' }\n\
         [platform.x]\nbudget = { per_month = '7.5 USD' }\nposts = 17\n",
    );
    let tokens: Vec<bool> = settings.accounts.values().map(|a| a.tokens.is_some()).collect();
    assert_eq!(tokens, [false, true]);
    let secrets: Vec<bool> = settings
        .apps
        .values()
        .map(|a| a.client_secret.is_some())
        .collect();
    assert_eq!(secrets, [false, true]);
    let facts = &settings.platforms.values().next().expect("x").facts;
    assert_eq!(
        facts
            .iter()
            .map(|(k, v)| format!("{k} = {v:?}"))
            .collect::<Vec<_>>(),
        ["budget = Number(7500)", "posts = Number(17)"]
    );
}

#[test]
fn ports_and_protection_of_mail_follow_from_each_other() {
    for (smtp, port, tls) in [
        ("host = 'h.example'", 587, SmtpTls::Starttls),
        ("host = 'h.example', port = 465", 465, SmtpTls::Implicit),
        ("host = 'h.example', tls = 'implicit'", 465, SmtpTls::Implicit),
        ("host = '127.0.0.1', tls = 'none'", 25, SmtpTls::None),
        ("host = '::1', tls = 'none', port = 2525", 2525, SmtpTls::None),
        ("host = 'h.example', port = 2525", 2525, SmtpTls::Starttls),
    ] {
        let text = format!("[account.a]\nplatform = 'email'\nfrom = 'a@example.org'\nsmtp = {{ {smtp} }}\n");
        let settings = good(&text);
        let smtp = settings
            .accounts
            .values()
            .next()
            .expect("one")
            .smtp
            .clone()
            .expect("smtp");
        assert_eq!((smtp.port, smtp.tls), (port, tls), "{text}");
    }
}

/// A directory with a main file and drop-ins.
struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().expect("directory"));
        for (path, text) in files {
            place.put(path, text.as_bytes());
        }
        place
    }

    fn put(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        std::fs::write(&path, bytes).expect("file");
        path
    }

    fn load(&self) -> Loaded {
        let dirs = ["etc", "run", "lib"].map(|dir| self.0.path().join(dir));
        load(&self.0.path().join("crier.toml"), &dirs)
    }

    /// The messages without the directory's own path.
    fn told(&self) -> String {
        told(&self.load()).replace(&*self.0.path().to_string_lossy(), "DIR")
    }
}

fn zone(loaded: &Loaded) -> String {
    assert!(loaded.diagnostics.is_empty(), "{}", told(loaded));
    loaded.settings.clone().expect("settings").daemon.timezone
}

#[test]
fn dropins_override_by_name_and_directory() {
    const MAIN: (&str, &str) = ("crier.toml", "[daemon]\ntimezone = 'UTC'");
    let zone_file = |name: &'static str| format!("[daemon]\ntimezone = '{name}'");
    let (paris, berlin, rome) = (
        zone_file("Europe/Paris"),
        zone_file("Europe/Berlin"),
        zone_file("Europe/Rome"),
    );
    type Row<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);
    let rows: [Row<'_>; 9] = [
        ("no drop-ins", vec![], "UTC"),
        ("one", vec![("etc/a.toml", &paris)], "Europe/Paris"),
        (
            "later names win",
            vec![("etc/a.toml", &paris), ("etc/b.toml", &berlin)],
            "Europe/Berlin",
        ),
        (
            "over all directories",
            vec![("etc/a.toml", &paris), ("lib/b.toml", &berlin)],
            "Europe/Berlin",
        ),
        (
            "of equal names /etc wins",
            vec![
                ("lib/a.toml", &rome),
                ("run/a.toml", &berlin),
                ("etc/a.toml", &paris),
            ],
            "Europe/Paris",
        ),
        (
            "of equal names /run is before /usr/lib",
            vec![("lib/a.toml", &rome), ("run/a.toml", &berlin)],
            "Europe/Berlin",
        ),
        (
            "an empty file masks",
            vec![("lib/a.toml", &rome), ("etc/a.toml", "")],
            "UTC",
        ),
        (
            "other names are left alone",
            vec![("etc/a.conf", "x"), ("etc/.a.toml", "x"), ("etc/a.toml.bak", "x")],
            "UTC",
        ),
        (
            "a mask hides only its name",
            vec![("lib/a.toml", &rome), ("etc/b.toml", "")],
            "Europe/Rome",
        ),
    ];
    for (what, files, want) in rows {
        let place = Place::new(&[MAIN]);
        for (path, text) in files {
            place.put(path, text.as_bytes());
        }
        assert_eq!(zone(&place.load()), want, "{what}");
    }
}

#[test]
fn a_link_to_dev_null_masks() {
    let place = Place::new(&[
        ("crier.toml", ""),
        ("lib/a.toml", "[daemon]\ntimezone = 'Europe/Rome'"),
    ]);
    std::fs::create_dir(place.0.path().join("etc")).expect("directory");
    std::os::unix::fs::symlink("/dev/null", place.0.path().join("etc/a.toml")).expect("link");
    assert_eq!(zone(&place.load()), "UTC");
}

#[test]
fn files_are_laid_over_one_another_key_by_key() {
    let place = Place::new(&[
        ("crier.toml", WHOLE),
        (
            "etc/50-news.toml",
            "[queue.news]\nspacing = '5m'\nlate = { within = '2h' }\n[account.newsletter]\npaused = false\n",
        ),
        (
            "run/60-shop.toml",
            "[queue.shop]\naccounts = ['newsletter']\nspacing = '1h'\n",
        ),
        ("lib/70-news.toml", "[queue.news]\nspacing = '7m'\n"),
    ]);
    let loaded = place.load();
    assert!(loaded.diagnostics.is_empty(), "{}", told(&loaded));
    let settings = loaded.settings.expect("settings");
    let mut want = good(WHOLE);
    let news = want
        .queues
        .values_mut()
        .find(|q| q.name.as_str() == "news")
        .expect("news");
    news.spacing = crier::domain::time::Span::mins(7);
    // A table in a value is one value: what the new one does not say is the default again.
    news.late = crier::domain::queue::LateRule {
        within: crier::domain::time::Span::hours(2),
        then: crier::domain::queue::LateThen::Hold,
    };
    for account in want.accounts.values_mut() {
        account.paused = false;
    }
    let shop = settings
        .queues
        .iter()
        .find(|(name, _)| name.as_str() == "shop")
        .expect("shop");
    want.queues.insert(shop.0.clone(), shop.1.clone());
    assert_eq!(settings, want);

    let spacing = loaded.origins.get("queue.news.spacing").expect("written");
    let file = |path: &str| place.0.path().join(path).to_string_lossy().into_owned();
    assert_eq!(spacing.at.to_string(), format!("{}:2", file("lib/70-news.toml")));
    let line = WHOLE
        .lines()
        .position(|l| l.starts_with("spacing"))
        .expect("there")
        + 1;
    let replaced: Vec<String> = spacing.replaced.iter().map(ToString::to_string).collect();
    assert_eq!(
        replaced,
        [
            format!("{}:{line}", file("crier.toml")),
            format!("{}:2", file("etc/50-news.toml"))
        ]
    );
}

#[test]
fn mistakes_in_several_files_come_together() {
    let place = Place::new(&[
        ("crier.toml", "[daemon]\nspol = '/x'\n"),
        ("etc/a.toml", "[queue.news]\naccounts = ['clubb']\n"),
        ("lib/b.toml", "[account.club]\nplatform = 'emial'\n"),
    ]);
    insta::assert_snapshot!(place.told());
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let place = Place::new(&[]);
    place.put("etc/a-nul.toml", b"[daemon]\nspool = \"a\0b\"\n");
    place.put("etc/b-latin1.toml", b"# ok\n# Stra\xdfe\n");
    place.put("etc/c-big.toml", &vec![b'#'; 1024 * 1024 + 1]);
    std::fs::create_dir(place.0.path().join("etc/d-dir.toml")).expect("directory");
    let status = std::process::Command::new("mkfifo")
        .arg(place.0.path().join("etc/e-fifo.toml"))
        .status();
    assert!(status.expect("mkfifo").success());
    std::os::unix::fs::symlink("nowhere", place.0.path().join("etc/f-link.toml")).expect("link");
    insta::assert_snapshot!(place.told());
}

#[test]
fn a_file_that_anybody_may_change_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(&[("crier.toml", "")]);
    let main = place.0.path().join("crier.toml");
    std::fs::set_permissions(&main, std::fs::Permissions::from_mode(0o666)).expect("mode");
    assert!(place.load().settings.is_some(), "a warning is no error");
    insta::assert_snapshot!(place.told());
}

#[test]
fn the_shipped_config_is_good_as_it_stands_and_with_its_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("etc/crier.toml")).expect("etc/crier.toml");
    assert_eq!(good(&text), Settings::default());
    // Lines that begin with `#` and a key or header are examples.
    let mut examples = String::new();
    for line in text.lines() {
        let bare = line
            .strip_prefix('#')
            .filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase() || c == '['));
        let skip = bare.is_some_and(|l| l.starts_with("ca_file"));
        examples.push_str(bare.filter(|_| !skip).unwrap_or(line));
        examples.push('\n');
    }
    let settings = good(&examples);
    assert_eq!(
        (
            settings.accounts.len(),
            settings.queues.len(),
            settings.apps.len()
        ),
        (2, 1, 1)
    );
    let dropin = std::fs::read_to_string(root.join("etc/conf.d/shop.toml.example")).expect("example");
    assert_eq!(good(&dropin).queues.len(), 1);
}

#[test]
fn the_shipped_config_shows_every_key_and_true_defaults() {
    use crier::config::keys::{Kind, SECTIONS};
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("etc/crier.toml")).expect("etc/crier.toml");
    for section in SECTIONS {
        for key in section.keys {
            let shown = text.lines().any(|l| {
                l.trim_start_matches(['#', ' '])
                    .starts_with(&format!("{} =", key.name))
            });
            assert!(
                shown || key.name == "paused",
                "[{}] {} is not shown",
                section.name,
                key.name
            );
            let told = text.contains(&format!("{} = {}", key.name, key.default));
            let fixed = matches!(
                key.kind,
                Kind::Duration | Kind::Path | Kind::Choice(_) | Kind::Table(_)
            );
            assert!(
                !fixed || key.default.is_empty() || told,
                "[{}] {}: default",
                section.name,
                key.name
            );
        }
    }
    // The defaults in the list of keys are those of the code.
    let account = "[account.m]\nplatform = 'email'\nfrom = 'a@example.org'\nsmtp = { host = 'localhost', tls = 'none' }\n";
    let short = format!("{account}[queue.q]\naccounts = ['m']\n");
    let mut long = short.clone();
    let queue = SECTIONS.iter().find(|s| s.name == "queue").expect("queue");
    for key in queue.keys.iter().filter(|k| !k.required && !k.default.is_empty()) {
        long.push_str(&format!("{} = {}\n", key.name, key.default));
    }
    assert_eq!(good(&short), good(&long));
}

#[test]
fn more_mistakes_than_anybody_reads_are_counted() {
    let many: String = (0..20_000).map(|n| format!("k{n} = 1\n")).collect();
    let loaded = load_text("crier.toml", &many);
    assert_eq!(loaded.diagnostics.len(), 101);
    assert!(
        told(&loaded).ends_with("= help: mend these first"),
        "{}",
        told(&loaded)
    );
}

/// Files as big as may be, made to be slow: a daemon that reads them must not stall.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn no_file_takes_long() {
    const SIZE: usize = 1024 * 1024 - 1;
    let lines = |line: &dyn Fn(usize) -> String| -> String {
        let all: String = (0..SIZE / line(99_999).len()).map(line).collect();
        all
    };
    let texts = [
        "token=".repeat(SIZE / 6),
        "://a@".repeat(SIZE / 5),
        "=".repeat(SIZE),
        "[".repeat(SIZE),
        format!("a = {}", "[".repeat(SIZE - 4)),
        format!("[{}]", "a.".repeat(SIZE / 2 - 2)),
        lines(&|n| format!("[queue.q{n:05}]\naccounts = ['a{n:05}']\n")),
        lines(&|n| format!("[account.a{n:05}]\napp = 'b{n:05}'\n")),
        lines(&|_| "x\n".to_owned()),
        format!("[daemon]\ntimezone = '{}'", "Europe/".repeat(SIZE / 7 - 10)),
        format!("[admin]\nviewers = [{}]", "'group:x',".repeat(SIZE / 10 - 10)),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let loaded = load_text("x", &text);
        told(&loaded);
        let took = start.elapsed();
        assert!(took.as_secs() < 30, "{took:?} for {}", &text[..60]);
    }
}

mod reload {
    use super::*;
    use crier::config::diff::diff;

    fn changed(from: &str, to: &str) -> crier::config::diff::Diff {
        diff(&good(&WHOLE.replace(from, to)), &good(WHOLE))
    }

    #[test]
    fn the_same_is_no_change() {
        let same = diff(&good(WHOLE), &good(&WHOLE.replace("\"90s\"", "\"1m 30s\"")));
        assert!(same.is_empty());
        assert_eq!(same.to_string(), "nothing changed");
    }

    #[test]
    fn what_changed_is_named() {
        assert_eq!(changed("90s", "10m").to_string(), "queue news changed");
        assert_eq!(
            changed("paused = true", "").to_string(),
            "account newsletter changed"
        );
        assert_eq!(
            changed("posts = 100", "posts = 101").to_string(),
            "platform threads changed"
        );
        assert_eq!(changed("2031580000000000", "1").to_string(), "app meta changed");
        assert_eq!(changed("group:staff", "group:all").to_string(), "[admin] changed");
        assert_eq!(
            changed("[queue.plain]", "[queue.other]").to_string(),
            "queue plain added, queue other removed"
        );
        assert_eq!(changed("[platform.threads]\napi_base = \"http://127.0.0.1:9000/\"\nposts = 100\napi_version = \"v2.0\"\n", "").to_string(), "platform threads added");
        assert!(changed("90s", "10m").fixed.is_empty());
    }

    #[test]
    fn the_daemons_zone_changes_only_queues_without_their_own() {
        let diff = changed("europe/berlin", "Europe/Rome");
        assert_eq!(diff.to_string(), "[daemon] changed, queue plain changed");
    }

    #[test]
    fn what_cannot_change_while_it_runs_is_refused_by_name() {
        let mut all = Vec::new();
        for (from, to) in [
            ("/srv/spool", "/srv/other"),
            ("/srv/state", "/srv/other"),
            ("key_file = \"/etc/crier/crier.key\"", ""),
            ("/run/crier/admin.sock", "/run/other.sock"),
            ("127.0.0.1:8765", "127.0.0.1:8766"),
        ] {
            let diff = changed(from, to);
            assert_eq!(diff.fixed.len(), 1, "{from}");
            all.extend(diff.fixed);
        }
        insta::assert_snapshot!(all.join("\n"));
    }
}

mod secrets;

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = String::from_utf8_lossy(&bytes);
            told(&load_text("x", &text));
        }

        /// A good config with a piece cut out and another put in is nearly always wrong, and never a panic.
        #[test]
        fn nor_do_damaged_configs(at in 0..WHOLE.len(), cut in 0..60_usize, put in "[\\[\\]{}=\",'\\.#\n a-z0-9é]{0,8}") {
            let end = (at + cut).min(WHOLE.len());
            let text = format!("{}{put}{}", &WHOLE[..at], &WHOLE[end..]);
            let loaded = load_text("x", &text);
            prop_assert_eq!(loaded.settings.is_none(), loaded.diagnostics.has_errors());
            told(&loaded);
        }
    }
}
