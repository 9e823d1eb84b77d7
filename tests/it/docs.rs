//! The pages for sysadmins: what is generated in them is as the platforms' tables say, their config passes the check.
//!
//! Text between `<!-- generated: WHAT -->` and `<!-- end -->` comes from offers and facts. `CRIER_BLESS=1 cargo test
//! --test it docs::` writes it anew.

mod manual;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crier::config::load_text;
use crier::core::diagnose::render;
use crier::core::facts::{Facts, toml_value::Plain};
use crier::core::platform::Platform;
use crier::domain::time::Span;
use crier::engine::api::{Capability, offered};
use crier::platforms::ALL;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page_of(platform: &dyn Platform) -> PathBuf {
    root().join(format!("docs/platforms/{}.md", platform.name()))
}

fn items(platform: &dyn Platform) -> Vec<Capability> {
    offered(platform, platform.facts())
}

/// A cell of a Markdown table: no bar ends it early.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// README: a row for each kind, a column for each platform.
fn overview() -> String {
    let titles: Vec<String> = ALL
        .iter()
        .map(|p| format!("[{}](docs/platforms/{}.md)", p.title(), p.name()))
        .collect();
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        titles.join(" | "),
        ":-:|".repeat(ALL.len())
    );
    let columns: Vec<Vec<Capability>> = ALL.iter().map(|p| items(*p)).collect();
    for (n, item) in columns[0].iter().enumerate() {
        let row: Vec<&str> = columns
            .iter()
            .map(|column| if column[n].possible { "yes" } else { "–" })
            .collect();
        text += &format!("| {} | {} |\n", item.name.replace('_', " "), row.join(" | "));
    }
    text
}

/// What it can, with the limits; what it cannot, and why.
fn kinds(platform: &dyn Platform) -> String {
    let mut text = "| kind or deed | | limits, or why not |\n|---|---|---|\n".to_owned();
    for item in items(platform) {
        let words = item.reason.clone().unwrap_or_else(|| item.limits.join("; "));
        let yes = if item.possible { "yes" } else { "no" };
        text += &format!("| `{}` | {yes} | {} |\n", item.name, cell(&words));
    }
    text
}

/// Every number with its source.
fn numbers(platform: &dyn Platform) -> String {
    let mut text = format!(
        "| `[platform.{}]` | value | what | from | read |\n|---|---|---|---|---|\n",
        platform.name()
    );
    for (name, fact) in platform.facts().iter() {
        let value = match &fact.value {
            Plain::Number(n) => n.to_string(),
            Plain::Word(word) => word.clone(),
        };
        let window = fact
            .window_secs
            .map_or_else(String::new, |s| format!(" in any {}", Span::secs(s)));
        let ends = fact
            .sunset
            .map_or_else(String::new, |day| format!("; ends {day}"));
        text += &format!(
            "| `{name}` | {value} | {}{window}{ends} | {} | {} |\n",
            cell(&fact.words),
            cell(&fact.source),
            fact.date
        );
    }
    text
}

/// Settings of accounts and fields of queue files beyond the common ones.
fn settings(platform: &dyn Platform) -> String {
    let mut text = String::new();
    let mut table = |head: &str, rows: Vec<(&str, &str)>| {
        if !rows.is_empty() {
            text += &format!("| {head} | meaning |\n|---|---|\n");
            for (key, help) in rows {
                text += &format!("| `{key}` | {} |\n", cell(help));
            }
            text.push('\n');
        }
    };
    let hosts = platform.hosts().iter().map(|h| (h.key, h.help)).collect();
    table(
        "key of `[account.NAME]`",
        platform.options().iter().map(|o| (o.key, o.help)).collect(),
    );
    table(
        "key of a queue file",
        platform.fields().iter().map(|f| (f.key, f.help)).collect(),
    );
    table(&format!("host in `[platform.{}]`", platform.name()), hosts);
    text.trim_end().to_owned() + "\n"
}

fn generated(what: &str, platform: Option<&dyn Platform>) -> String {
    match (what, platform) {
        ("overview", None) => overview(),
        ("config", None) => manual::config(),
        ("queue files", None) => manual::queue_files(),
        ("kinds", Some(p)) => kinds(p),
        ("numbers", Some(p)) => numbers(p),
        ("settings", Some(p)) => settings(p),
        (other, _) => panic!("`{BEGIN}{other} -->` is not known here"),
    }
}

/// The page with its generated parts anew, and what they were.
fn renewed(text: &str, platform: Option<&dyn Platform>) -> (String, BTreeSet<String>) {
    let (mut out, mut seen) = (String::new(), BTreeSet::new());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let head = at + rest[at..].find("-->").expect("the marker ends") + 3;
        let what = rest[at + BEGIN.len()..head - 3].trim();
        let end = head + rest[head..].find(END).expect("an end marker follows");
        out += &rest[..head];
        out += &format!("\n{}", generated(what, platform));
        seen.insert(what.to_owned());
        rest = &rest[end..];
    }
    (out + rest, seen)
}

fn is_current(path: &PathBuf, platform: Option<&dyn Platform>, wanted: &[&str]) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (new, seen) = renewed(&text, platform);
    let wanted: BTreeSet<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    assert_eq!(seen, wanted, "generated parts of {}", path.display());
    if new != text && std::env::var_os("CRIER_BLESS").is_some() {
        // At once, since other tests read the page meanwhile.
        let beside = path.with_extension("md.new");
        std::fs::write(&beside, new).unwrap();
        return std::fs::rename(beside, path).unwrap();
    }
    let stale = text.lines().zip(new.lines()).find(|(old, new)| old != new);
    assert!(
        new == text,
        "{} is stale: `CRIER_BLESS=1 cargo test --test it docs::` renews it. First difference: {stale:?}",
        path.display()
    );
}

#[test]
fn the_readmes_table_is_what_the_platforms_offer() {
    is_current(&root().join("README.md"), None, &["overview"]);
}

#[test]
fn the_manual_knows_every_key() {
    is_current(&root().join("docs/config.md"), None, &["config"]);
    is_current(&root().join("docs/queue-files.md"), None, &["queue files"]);
}

#[test]
fn every_platform_has_its_page() {
    for platform in ALL {
        is_current(
            &page_of(*platform),
            Some(*platform),
            &["kinds", "numbers", "settings"],
        );
        let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
        let link = format!("docs/platforms/{}.md", platform.name());
        assert!(readme.contains(&link), "README does not lead to {link}");
    }
}

/// Every verb stands in the README's table, and nothing else does.
#[test]
fn every_verb_is_in_the_readme() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("| verb | what |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let first = rows.map(|line| line.split('|').nth(1).unwrap());
    let named: BTreeSet<String> = first
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|verb| verb.split(' ').next().unwrap().to_owned())
        .collect();
    let command = crier::ctl::command();
    let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs: BTreeSet<String> = shown.map(|verb| verb.get_name().to_owned()).collect();
    assert_eq!(named, verbs);
}

/// Credentials come at a start: every page that hands some over says so.
#[test]
fn pages_with_credentials_say_that_a_restart_is_needed() {
    for platform in ALL {
        let text = std::fs::read_to_string(page_of(*platform)).unwrap();
        let restart = text.contains("systemctl restart crierd");
        assert!(
            restart || !text.contains("LoadCredential="),
            "{}",
            platform.name()
        );
    }
}

/// What a sysadmin copies out of a page must be taken as it stands.
#[test]
fn config_in_the_pages_passes_the_check() {
    for platform in ALL {
        let path = page_of(*platform);
        let text = std::fs::read_to_string(&path).unwrap();
        let fragments: Vec<&str> = text
            .split("```toml\n")
            .skip(1)
            .map(|rest| rest.split("```").next().unwrap())
            .collect();
        let configs = fragments.iter().filter(|f| f.contains("[account."));
        let mut accounts = 0;
        for fragment in configs {
            let loaded = load_text("crier.toml", fragment);
            assert!(
                loaded.diagnostics.is_empty(),
                "{}:\n{}",
                path.display(),
                render(&loaded.diagnostics, false)
            );
            let settings = loaded.settings.unwrap();
            let on_it = |a: &&crier::config::settings::Account| a.platform.as_str() == platform.name();
            accounts += settings.accounts.values().filter(on_it).count();
        }
        assert!(accounts > 0, "{} shows no account", path.display());
    }
}

/// Every scope that a login asks for stands on its page, so that a person can switch it on in the vendor's console.
#[test]
fn every_scope_is_on_its_page() {
    use crier::core::login::LoginKind;
    use std::collections::BTreeMap;
    for platform in ALL {
        let text = std::fs::read_to_string(page_of(*platform)).unwrap();
        for (key, value) in [("", ""), ("login", "facebook"), ("messages", "true")] {
            let options = BTreeMap::from([(key.to_owned(), value.to_owned())]);
            let facts: &Facts = platform.facts();
            if let LoginKind::OAuth(login) = platform.login().kind(facts, &options) {
                for scope in login.scopes {
                    assert!(
                        text.contains(&format!("`{scope}`")),
                        "{}: {scope}",
                        platform.name()
                    );
                }
                let redirect = format!("/oauth/{}/callback", platform.name());
                assert!(text.contains(&redirect), "{}: {redirect}", platform.name());
            }
        }
    }
}
