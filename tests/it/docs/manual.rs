//! The manual of the config and of queue files: tables from the lists that their readers know keys by.

use crier::config::keys::{Key, Kind, SECTIONS};
use crier::core::intake::keys;

use super::cell;

/// Every section with its keys.
pub fn config() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let name = if section.named { ".NAME" } else { "" };
        text += &format!("\n## `[{}{name}]`\n\n{}\n", section.name, capital(section.doc));
        if !section.keys.is_empty() {
            text += &format!("\n{}", table(section.keys));
        }
        for key in section.keys {
            if let Kind::Table(keys) = key.kind {
                text += &format!("\nIn `{} = {{ … }}`:\n\n{}", key.name, table(keys));
            }
        }
    }
    text + "\n"
}

/// Every key of a queue file, with an example.
pub fn queue_files() -> String {
    let mut text = "| key | for example | |\n|---|---|---|\n".to_owned();
    for key in keys::TOP.iter().chain(keys::WHAT) {
        text += &format!(
            "| `{}` | `{}` | {} |\n",
            key.name,
            cell(key.example),
            cell(key.doc)
        );
    }
    text
}

fn table(keys: &[Key]) -> String {
    let mut text = "| key | value | without it | |\n|---|---|---|---|\n".to_owned();
    for key in keys {
        let without = match (key.required, key.default) {
            (true, example) => format!("needed; `{}`, say", cell(example)),
            (false, "") => "–".to_owned(),
            (false, default) => format!("`{}`", cell(default)),
        };
        text += &format!(
            "| `{}` | {} | {without} | {} |\n",
            key.name,
            cell(&key.kind.words()),
            cell(key.doc)
        );
    }
    text
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    format!(
        "{}{}.",
        first.into_iter().flatten().collect::<String>(),
        letters.as_str()
    )
}
