//! Who may use whom. The table stands in `docs/ARCHITECTURE.md` in the same words.

use super::source::{Source, root, rust};

/// A layer, then the layers it may use. Nothing else may be used.
const TABLE: &str = "\
domain    -> nothing
say       -> nothing
core      -> domain
platforms -> domain, core
config    -> domain, core, platforms
spool     -> domain, core
store     -> domain, core
wire      -> domain, core
web       -> domain, core
engine    -> domain, core, platforms, config, spool, store, wire, web
admin     -> domain, core, engine
ctl       -> domain, core, platforms, config, spool, admin
daemon    -> domain, core, platforms, config, spool, store, wire, engine, admin, web, ctl, say
sandbox   -> domain, say
";

/// What a pure layer may use from outside; everything else there would be IO, a clock, chance or a framework.
const PURE: &[(&str, &str)] = &[
    (
        "domain",
        "std serde serde_json jiff utoipa secrecy tld unicode_normalization unicode_segmentation",
    ),
    (
        "core",
        "std serde serde_json jiff croner governor utoipa secrecy thiserror sha2 annotate_snippets strsim linkify url unicode_segmentation unicode_normalization percent_encoding base64",
    ),
];

/// What no pure layer may do, however it is spelled.
const IMPURE: &[&str] = &[
    "tokio::",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "async fn",
    ".await",
    "getrandom",
    "println!",
];

fn table() -> Vec<(&'static str, Vec<&'static str>)> {
    TABLE
        .lines()
        .map(|line| {
            let (layer, uses) = line.split_once("->").expect("a row has an arrow");
            (layer.trim(), uses.split(',').map(str::trim).collect())
        })
        .collect()
}

fn layer_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("src/")?.split(['/', '.']).next()?;
    (first != "lib" && first != "bin").then_some(first)
}

/// The first segments after each `crate::`, braces included, and of `super::` chains that reach the root.
fn used(source: &Source) -> Vec<(usize, String)> {
    let code = &source.code;
    let mut found = Vec::new();
    for (offset, _) in code.match_indices("crate::") {
        let line = source.line_of(offset);
        for name in first_segments(&code[offset + "crate::".len()..]) {
            found.push((line, name));
        }
    }
    let depth = module_depth(&source.path);
    for (offset, _) in code.match_indices("super::") {
        let chained = code[..offset].ends_with("super::");
        let count = code[offset..].matches_prefix("super::");
        if !chained && count >= depth {
            for name in first_segments(&code[offset + count * "super::".len()..]) {
                found.push((source.line_of(offset), name));
            }
        }
    }
    found
}

trait MatchesPrefix {
    fn matches_prefix(&self, prefix: &str) -> usize;
}

impl MatchesPrefix for str {
    /// How many times it begins with `prefix` in a row.
    fn matches_prefix(&self, prefix: &str) -> usize {
        let mut rest = self;
        let mut count = 0;
        while let Some(shorter) = rest.strip_prefix(prefix) {
            rest = shorter;
            count += 1;
        }
        count
    }
}

fn module_depth(path: &str) -> usize {
    let module = path
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .trim_end_matches("/mod");
    module.split('/').count()
}

fn first_segments(rest: &str) -> Vec<String> {
    let rest = rest.trim_start();
    let Some(body) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (i, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(&body[start..i]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(&body[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

fn word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn edges_that_are_not_in_the_table(sources: &[Source]) -> Vec<String> {
    let table = table();
    let mut wrong = Vec::new();
    for source in sources {
        let Some(layer) = layer_of(&source.path) else {
            continue;
        };
        let Some((_, allowed)) = table.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{}: `{layer}` is in no row of the table", source.path));
            continue;
        };
        for (line, name) in used(source) {
            let known = table.iter().any(|(row, _)| *row == name);
            if known && name != layer && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}:{line}: {layer} may not use {name}", source.path));
            }
        }
    }
    wrong
}

#[test]
fn no_layer_uses_what_its_row_does_not_name() {
    let wrong = edges_that_are_not_in_the_table(&rust("src"));
    assert!(wrong.is_empty(), "{}\n\nthe table:\n{TABLE}", wrong.join("\n"));
}

#[test]
fn the_reader_of_uses_sees_every_spelling() {
    let wrong = |path: &str, text: &str| {
        edges_that_are_not_in_the_table(&[Source::new(path.to_owned(), text.to_owned())]).len()
    };
    assert_eq!(wrong("src/core/a.rs", "use crate::engine::clock::Clock;"), 1);
    assert_eq!(
        wrong(
            "src/core/a.rs",
            "use crate::{domain::id, engine::{clock, api}, store};"
        ),
        2
    );
    assert_eq!(wrong("src/core/a.rs", "fn f() { crate::store::open() }"), 1);
    assert_eq!(wrong("src/core/a.rs", "// crate::store is not used"), 0);
    assert_eq!(
        wrong("src/core/a/b.rs", "use super::super::super::store::Store;"),
        1
    );
    assert_eq!(wrong("src/core/mod.rs", "use super::engine::Engine;"), 1);
    assert_eq!(wrong("src/core/a/b.rs", "use super::super::flow;"), 0);
    assert_eq!(
        wrong("src/sandbox/models/x.rs", "use crate::core::flow::Flow;"),
        1
    );
    assert_eq!(wrong("src/newcomer/mod.rs", "use crate::domain::id;"), 1);
    assert_eq!(wrong("src/daemon/start.rs", "use crate::{admin, engine};"), 0);
}

#[test]
fn the_architecture_page_has_the_same_table() {
    let Ok(page) = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")) else {
        eprintln!("skipped: docs/ARCHITECTURE.md is not there");
        return;
    };
    assert!(
        page.contains(TABLE),
        "docs/ARCHITECTURE.md must have, in a code block:\n{TABLE}"
    );
}

#[test]
fn pure_layers_stay_pure() {
    let mut wrong = Vec::new();
    for source in rust("src").iter().filter(|s| !s.is_test()) {
        let layer = layer_of(&source.path).unwrap_or_default();
        if !matches!(layer, "domain" | "core" | "platforms") {
            continue;
        }
        for (line, code) in source.lines() {
            for what in IMPURE.iter().filter(|w| code.contains(**w)) {
                wrong.push(format!(
                    "{}:{line}: {layer} is pure, this says `{what}`",
                    source.path
                ));
            }
            wrong.extend(
                foreign_crate(layer, code)
                    .map(|name| format!("{}:{line}: {layer} may not use the crate `{name}`", source.path)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn foreign_crate(layer: &str, code: &str) -> Option<String> {
    let (_, allowed) = PURE.iter().find(|(name, _)| *name == layer)?;
    let code = code.trim_start();
    let path = code
        .strip_prefix("pub use ")
        .or_else(|| code.strip_prefix("use "))?;
    let name = word(path);
    let outside =
        path[name.len()..].starts_with("::") && !matches!(name.as_str(), "crate" | "super" | "self");
    // A `use` of a sibling module needs no `self::`; crates are known by the manifest.
    let is_crate = name == "std" || super::dependencies().iter().any(|d| d.replace('-', "_") == name);
    (outside && is_crate && !allowed.split(' ').any(|a| a == name)).then_some(name)
}
