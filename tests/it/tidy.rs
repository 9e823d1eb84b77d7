//! The rules of the repository that no compiler keeps. Each failure names the file, the line and the rule.

mod layers;
mod platforms;
mod readme;
mod source;

use source::{Source, files, relative, root, rust};

/// No file is longer.
const LINES_MAX: usize = 600;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn all_rust() -> Vec<Source> {
    let mut all = rust("src");
    all.extend(rust("tests"));
    all.extend(rust("benches"));
    all
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of direct dependencies, as they stand before the `=`.
fn dependencies() -> Vec<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml parses");
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn no_file_is_too_long() {
    let wrong: Vec<String> = all_rust()
        .iter()
        .filter(|s| s.text.lines().count() > LINES_MAX)
        .map(|s| {
            format!(
                "{}: {} lines, at most {LINES_MAX}: split it",
                s.path,
                s.text.lines().count()
            )
        })
        .collect();
    none(&wrong);
}

#[test]
fn every_file_says_what_it_is() {
    let wrong: Vec<String> = all_rust()
        .iter()
        .filter(|s| !(s.text.starts_with("//!") || s.path.starts_with("src/") && s.is_test()))
        .map(|s| format!("{}:1: must begin with `//!` and what the file is for", s.path))
        .collect();
    none(&wrong);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut wrong = Vec::new();
    for source in all_rust() {
        for start in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
            for (offset, _) in source.code.match_indices(start) {
                let end = source.code[offset..]
                    .find(")]")
                    .map_or(source.code.len(), |i| offset + i);
                if !source.code[offset..end].contains("reason") {
                    let line = source.line_of(offset);
                    wrong.push(format!("{}:{line}: `{start}...)]` without a reason", source.path));
                }
            }
        }
    }
    none(&wrong);
}

/// Where a thread may sleep all the same, and why.
const SLEEPS: &[(&str, &str)] = &[(
    "src/store/sled/mod.rs",
    "sled lets go of its lock in a thread of its own and tells nobody; at most half a second, at start",
)];

#[test]
fn nothing_sleeps_a_fixed_time() {
    let mut wrong = Vec::new();
    for source in rust("src").iter().filter(|s| !s.is_test()) {
        for (line, code) in source.lines() {
            let excused = SLEEPS.iter().any(|(path, _)| *path == source.path);
            if code.contains("thread::sleep") && !excused {
                wrong.push(format!(
                    "{}:{line}: a thread that sleeps; use a timer or a channel",
                    source.path
                ));
            }
        }
    }
    none(&wrong);
}

/// A proof is a comment in the line or in one of the four above it.
#[test]
fn nothing_panics_without_a_proof_beside_it() {
    let mut wrong = Vec::new();
    for source in rust("src").iter().filter(|s| !s.is_test()) {
        let text: Vec<&str> = source.text.lines().collect();
        for (line, code) in source.lines() {
            let panics = [".unwrap()", ".expect(", "panic!(", "unreachable!("]
                .iter()
                .any(|p| code.contains(p));
            let above = line.saturating_sub(5);
            let proved = text[above..line].iter().any(|l| l.contains("//"));
            if panics && !proved {
                wrong.push(format!(
                    "{}:{line}: may panic; say beside it why it cannot",
                    source.path
                ));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_fact_has_its_source_and_date() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src/platforms")) {
        if path.file_name().is_none_or(|n| n != "facts.toml") {
            continue;
        }
        let path = relative(&path);
        let facts: toml::Table = read(&path).parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        for (name, fact) in &facts {
            let text = |key: &str| fact.get(key).and_then(toml::Value::as_str).unwrap_or_default();
            if text("source").trim().is_empty() {
                wrong.push(format!("{path}: [{name}] has no source"));
            }
            if text("date").parse::<jiff::civil::Date>().is_err() {
                wrong.push(format!("{path}: [{name}] has no date like 2026-11-01"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_dependency_has_its_reason() {
    let page = read("docs/dependencies.md");
    let wrong: Vec<String> = dependencies()
        .iter()
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .map(|name| format!("docs/dependencies.md: no row `| \\`{name}\\` |` that says why it is there"))
        .collect();
    none(&wrong);
    let known = dependencies();
    let stale: Vec<String> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split('`').next())
        .filter(|name| !known.iter().any(|d| d == name))
        .map(|name| format!("docs/dependencies.md: `{name}` is no direct dependency any more"))
        .collect();
    none(&stale);
}

/// What the journal's catalogue explains is logged somewhere.
#[test]
fn every_message_id_is_used() {
    let sources = rust("src");
    let uses = |word: &str| {
        let elsewhere = sources.iter().filter(|s| s.path != "src/engine/message_id.rs");
        let mut lines = elsewhere.flat_map(Source::lines);
        let part = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        lines.any(|(_, code)| code.split(part).any(|w| w == word))
    };
    let wrong: Vec<String> = crier::engine::message_id::ALL
        .iter()
        .map(|id| id.name().to_uppercase().replace(' ', "_"))
        .filter(|name| !uses(name))
        .map(|name| {
            format!("src/engine/message_id.rs: {name} is explained in the catalogue and never logged")
        })
        .collect();
    none(&wrong);
}

#[test]
fn no_text_speaks_of_the_machine_it_was_written_on() {
    // Put together here, so that this file does not accuse itself.
    let words = [
        ["/wo", "rk/"].concat(),
        ["/tmp", "/wt"].concat(),
        ["/ro", "ot/"].concat(),
        ["/home", "/"].concat(),
        ["/tmp", "/t/"].concat(),
        ["index.", "crates.io"].concat(),
    ];
    let mut wrong = Vec::new();
    for path in files(root()) {
        let name = relative(&path);
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        // The lock file's registry is cargo's own word for crates.io.
        if name == "Cargo.lock" {
            continue;
        }
        for (line, content) in (1..).zip(text.lines()) {
            for word in words.iter().filter(|w| content.contains(w.as_str())) {
                wrong.push(format!("{name}:{line}: a path or host of some machine: {word}"));
            }
        }
    }
    none(&wrong);
}
