//! The README's commands, as the programs and the repository know them: nobody installs by a line that does not work.

use std::process::{Command, Stdio};

use clap::error::ErrorKind;

use super::{none, read, root};

/// The commands of a Markdown file's `sh`, `console` and `bash` blocks, each of a line's alone.
fn commands(markdown: &str) -> Vec<Vec<String>> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            inside = !inside && matches!(language, "sh" | "bash" | "console" | "shell");
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        let line = line.split(" #").next().unwrap_or_default();
        if inside && !line.starts_with('#') {
            found.extend(line.split("&&").map(words).filter(|words| !words.is_empty()));
        }
    }
    found
}

/// What the text names in passing: `crierctl why POST`. Names in capitals stand for others.
fn mentions(markdown: &str) -> Vec<Vec<String>> {
    let spans = markdown.split('`').skip(1).step_by(2);
    let ours = spans.filter(|span| span.starts_with("crierctl ") && !span.contains('\n'));
    ours.map(|span| words(&span.to_lowercase())).collect()
}

fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

/// Why there is no such command; `None`: there is.
fn wrong(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    match program.as_str() {
        "crierctl" => no_verb(command),
        "crierd" => no_start(arguments),
        "install" => not_installed(arguments),
        path if path.contains('/') => missing(path),
        _system => None,
    }
}

fn no_verb(command: &[String]) -> Option<String> {
    let error = crier::ctl::command().try_get_matches_from(command).err()?;
    match error.kind() {
        ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelp => None,
        _other => Some(error.to_string()),
    }
}

/// crierd reads its arguments up to `--help`, and refuses what it does not know before.
fn no_start(arguments: &[String]) -> Option<String> {
    let mut crierd = Command::new(env!("CARGO_BIN_EXE_crierd"));
    let ran = crierd.args(arguments).arg("--help").stdin(Stdio::null()).output();
    let ran = ran.expect("crierd runs");
    (!ran.status.success()).then(|| String::from_utf8_lossy(&ran.stderr).into_owned())
}

/// `install` copies files that are there: all arguments but options, their values and the last.
fn not_installed(arguments: &[String]) -> Option<String> {
    let mut files = Vec::new();
    let mut left = arguments.iter();
    while let Some(argument) = left.next() {
        if argument == "-m" {
            left.next();
        } else if !argument.starts_with('-') {
            files.push(argument);
        }
    }
    files.pop();
    if files.is_empty() {
        return Some("it installs nothing".to_owned());
    }
    files.into_iter().find_map(|file| missing(file))
}

/// A file of the repository, or a program that cargo builds.
fn missing(path: &str) -> Option<String> {
    let there = match path.strip_prefix("target/release/") {
        Some(program) => programs().iter().any(|name| name == program),
        None => root().join(path).exists(),
    };
    (!there).then(|| format!("there is no {path}"))
}

/// The names of `[[bin]]` in Cargo.toml.
fn programs() -> Vec<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml parses");
    let bins = manifest["bin"].as_array().expect("there are programs");
    let names = bins.iter().filter_map(|bin| bin.get("name")?.as_str());
    names.map(str::to_owned).collect()
}

#[test]
fn the_readmes_commands_exist_and_ci_runs_its_tests() {
    let readme = read("README.md");
    let (commands, mentions) = (commands(&readme), mentions(&readme));
    for program in ["crierd", "crierctl", "install", "target/release/crier-sandbox"] {
        assert!(
            commands.iter().any(|c| c[0] == program),
            "README.md: no {program}"
        );
    }
    assert!(!mentions.is_empty());
    let all = commands.iter().chain(&mentions);
    let wrong: Vec<String> = all
        .filter_map(|command| Some(format!("README.md: `{}`: {}", command.join(" "), wrong(command)?)))
        .collect();
    none(&wrong);
    // `.ci/run` reads its test command from here.
    assert!(
        commands.iter().any(|c| c.starts_with(&words("cargo test"))),
        "README.md: no `cargo test` command in a sh block"
    );
    assert!(
        read(".ci/run").contains("README.md"),
        ".ci/run runs the README's test command"
    );
}

/// The finder finds: a test that cannot fail keeps nothing.
#[test]
fn commands_that_do_not_exist_are_found() {
    let page = "```sh\ncargo test && crierctl publish x  # not so\ncrierd serve /etc\n\
                install -D -m 644 systemd/crier.conf /usr/lib/crier.conf\ntarget/release/crier-web demo\n\
                install -m 755 target/release/crierd /usr/bin/\n```\nSee `crierctl stauts`.\n";
    let found = commands(page);
    assert_eq!(found.len(), 6, "{found:?}");
    let bad: Vec<&str> = found
        .iter()
        .filter(|c| wrong(c).is_some())
        .map(|c| c[0].as_str())
        .collect();
    assert_eq!(bad, ["crierctl", "crierd", "install", "target/release/crier-web"]);
    assert!(mentions(page).iter().all(|c| wrong(c).is_some()));
}
