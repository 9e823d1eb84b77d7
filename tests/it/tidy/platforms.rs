//! A platform is one folder here and one in the sandbox: no other code of crier names it.

use super::source::{Source, root, rust};
use super::{all_rust, none, read};

/// Where platforms are registered, each with its `mod` line and one line of the list.
const REGISTERS: [&str; 2] = ["src/platforms/mod.rs", "src/sandbox/models/mod.rs"];

/// Models in the sandbox that are not called like their platform: it plays a mail server, not a platform.
const MODELS: &[(&str, &str)] = &[("email", "mail")];

/// Literals that read like a platform's name and are none, or name it with good reason: where, which, why.
const EXCUSED: &[(&str, &str, &str)] = &[
    (
        "src/core/rules/cells.rs",
        "threads",
        "posts in a row, in a sentence",
    ),
    ("src/core/standing.rs", "x", "a text of one letter"),
    ("src/platforms/email/", "x", "a text of one letter"),
    (
        "src/platforms/instagram/",
        "x",
        "a coordinate of a tag in a picture",
    ),
    (
        "src/sandbox/models/instagram/",
        "x",
        "a coordinate of a tag in a picture",
    ),
    (
        "src/sandbox/models/instagram/",
        "email",
        "a scope of Meta's login",
    ),
    (
        "src/platforms/instagram/",
        "facebook",
        "one of its two logins is called so",
    ),
    (
        "src/sandbox/models/meta/login.rs",
        "facebook",
        "the brand on the page of that login, which two models show",
    ),
];

/// The platforms, by their folders; `kit` has the parts that several use.
fn platform_folders() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join("src/platforms")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|e| e.path().is_dir())
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|name| name != "kit")
        .collect();
    names.sort();
    names
}

/// The folder of a platform's model in the sandbox.
fn model_of(platform: &str) -> String {
    let other = MODELS.iter().find(|(name, _)| *name == platform);
    format!(
        "src/sandbox/models/{}/",
        other.map_or(platform, |(_, model)| model)
    )
}

/// What a platform's name is in a place of the code.
#[derive(Debug, PartialEq, Eq)]
enum Mention {
    /// A segment of a path, a module, a field, a function.
    Identifier,
    /// The first word of a literal.
    Literal,
}

/// The lines that name a platform, tests apart.
fn mentions(source: &Source, name: &str) -> Vec<(usize, Mention)> {
    let mut all = Vec::new();
    for (offset, found) in source.code.match_indices(name) {
        let before = &source.code[..offset];
        let after = &source.code[offset + found.len()..];
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        if whole && (is_path(before, after) || is_declared(before, after) || is_field(before, after)) {
            all.push((source.line_of(offset), Mention::Identifier));
        }
    }
    let literals = source.strings.iter().filter(|literal| names(&literal.text, name));
    all.extend(literals.map(|literal| (literal.line, Mention::Literal)));
    all.retain(|(line, _)| *line < source.tests_from);
    all
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `name::a`, `a::name`, and `name` among the names of a `use`.
fn is_path(before: &str, after: &str) -> bool {
    let used = || {
        let statement = before.rsplit(';').next().unwrap_or_default();
        let of_a_path = |c: char| is_word(c) || c.is_whitespace() || ":{},".contains(c);
        let list = statement.rfind("use ").map(|at| &statement[at..]);
        list.is_some_and(|list| list.chars().all(of_a_path) && list.trim_end().ends_with(['{', ',']))
    };
    before.trim_end().ends_with("::") || after.trim_start().starts_with("::") || used()
}

/// `mod name;`, `fn name(`.
fn is_declared(before: &str, after: &str) -> bool {
    let word = before
        .trim_end()
        .rsplit(|c| !is_word(c))
        .next()
        .unwrap_or_default();
    match word {
        "mod" => after.trim_start().starts_with([';', '{']),
        "fn" => true,
        _ => false,
    }
}

/// `a.name` that is no call, and `name:` at the beginning of a line, as fields stand.
fn is_field(before: &str, after: &str) -> bool {
    let after = after.trim_start();
    let taken = before.trim_end();
    let read = taken.ends_with('.') && !taken.ends_with("..") && !after.starts_with('(');
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    let begins = line.is_empty() || line == "pub" || line.starts_with("pub(") && line.ends_with(')');
    read || begins && after.starts_with(':')
}

/// Whether a literal is the name or begins with it: `x`, `X`, `x.create`, `/x/api_base`, but not `x-app-usage`.
fn names(literal: &str, name: &str) -> bool {
    let text = literal.trim_start_matches(|c: char| !(is_word(c) || c == '-'));
    let end = text
        .find(|c: char| !(is_word(c) || c == '-'))
        .unwrap_or(text.len());
    &text[..end] == name || literal.eq_ignore_ascii_case(name)
}

/// The row of [`EXCUSED`] that a mention has.
fn excuse(source: &Source, name: &str, mention: &Mention) -> Option<usize> {
    let fits = |row: &&(&str, &str, &str)| source.path.starts_with(row.0) && row.1 == name;
    let row = EXCUSED.iter().position(|row| fits(&row))?;
    (*mention == Mention::Literal).then_some(row)
}

#[test]
fn no_code_names_a_platform_outside_its_two_folders() {
    let platforms = platform_folders();
    assert!(platforms.len() >= 6, "{platforms:?}");
    let mut wrong = Vec::new();
    let mut used = vec![false; EXCUSED.len()];
    for source in rust("src").iter().filter(|s| !s.is_test()) {
        for name in &platforms {
            let own = [format!("src/platforms/{name}/"), model_of(name)];
            if own.iter().any(|folder| source.path.starts_with(folder)) {
                continue;
            }
            let mut found = mentions(source, name);
            found.retain(|(_, mention)| {
                let row = excuse(source, name, mention);
                used.iter_mut()
                    .enumerate()
                    .for_each(|(i, used)| *used |= Some(i) == row);
                row.is_none()
            });
            found.dedup_by_key(|(line, _)| *line);
            let allowed = if REGISTERS.contains(&source.path.as_str()) {
                2
            } else {
                0
            };
            wrong.extend(found.iter().skip(allowed).map(|(line, _)| {
                format!(
                    "{}:{line}: names {name:?}; what it needs to know is a method of `Platform` or of the sandbox's `Model`",
                    source.path
                )
            }));
        }
    }
    let stale = EXCUSED.iter().zip(&used).filter(|(_, used)| !**used);
    wrong.extend(stale.map(|((path, name, _), _)| format!("EXCUSED: {path} does not say {name:?} any more")));
    none(&wrong);
}

#[test]
fn the_reader_of_names_sees_every_spelling() {
    let lines = |text: &str| -> Vec<usize> {
        let source = Source::new("src/a.rs".to_owned(), text.to_owned());
        mentions(&source, "x").into_iter().map(|(line, _)| line).collect()
    };
    for text in [
        "use crate::models::x::X;",
        "use crate::models::{threads, x};",
        "use crate::models::{\n    x::X,\n};",
        "mod x;",
        "pub mod x;",
        "fn x() {}",
        "let a = world.x.settings;",
        "struct A {\n    pub x: X,\n}",
        "struct A {\n    pub(crate) x: X,\n}",
        "let a = World {\n    x: 1,\n};",
        "if name == \"x\" {}",
        "let title = \"X\";",
        "let a = \"x.create\";",
        "let a = \"/x/api_base\";",
        "let a = \"[x]\";",
    ] {
        assert_eq!(lines(text).len(), 1, "{text}");
    }
    for text in [
        "let x = 1; f(x, a.x(), ..x); |x| x",
        "let a = \"x-app-usage\"; let b = \"the x of it\"; let c = \"xs\";",
        "// world.x and \"x\"",
        "let extra: X = index.xs;",
        "#[cfg(test)]\nmod tests {\n    fn a() { world.x; \"x\" }\n}",
    ] {
        assert_eq!(lines(text), Vec::<usize>::new(), "{text}");
    }
}

/// Rust outside a platform's folder reaches it through `platforms::ALL` alone, and no platform uses another's folder.
#[test]
fn no_platform_is_used_by_path() {
    let platforms = platform_folders();
    let mut wrong = Vec::new();
    for source in all_rust() {
        for (line, code) in source.lines() {
            for name in &platforms {
                let own = format!("src/platforms/{name}/");
                let used = code.contains(&format!("platforms::{name}::"));
                if used && !source.path.starts_with(&own) {
                    wrong.push(format!(
                        "{}:{line}: uses platforms::{name}; what several need belongs into `platforms::kit`",
                        source.path
                    ));
                }
            }
        }
    }
    none(&wrong);
}

/// Each platform has its facts, its page and the states that were ever saved.
#[test]
fn every_platform_has_its_papers() {
    let wrong: Vec<String> = platform_folders()
        .iter()
        .flat_map(|name| {
            [
                format!("src/platforms/{name}/facts.toml"),
                format!("docs/facts/{name}.md"),
                format!("docs/platforms/{name}.md"),
                format!("tests/fixtures/states/{name}-1.json"),
            ]
        })
        .filter(|path| !root().join(path).exists())
        .map(|path| format!("{path} is missing"))
        .collect();
    none(&wrong);
}

/// Each platform has its two lines where platforms are registered, in `ALL` and in the sandbox's list.
#[test]
fn every_platform_is_in_both_lists() {
    let mut wrong = Vec::new();
    for name in platform_folders() {
        let model = model_of(&name);
        if !root().join(&model).join("mod.rs").exists() {
            wrong.push(format!("src/platforms/{name}/: no model in {model}"));
        }
        if !read(REGISTERS[0]).contains(&format!("\n    &{name}::")) {
            wrong.push(format!("src/platforms/{name}/: no row in `platforms::ALL`"));
        }
        let special = MODELS.iter().any(|(platform, _)| *platform == name);
        let list = read(REGISTERS[1]);
        let list = &list[list
            .find("macro_rules! each_vendor")
            .expect("the list is in its file")..];
        if !special && !list.contains(&format!(" {name}: ")) {
            wrong.push(format!("{model}: no line in `each_vendor!`"));
        }
    }
    none(&wrong);
}
