//! Names in the spool are hostile input: which are queue files, which are left alone, which are told of.

use std::path::{Component, Path};

use super::draft::Format;

/// The longest name of a queue file, in bytes: room for `.receipt.toml` and a number within the 255 of
/// file systems.
pub const NAME_MAX: usize = 200;

/// crier's own directories in a queue.
pub const OWN: [&str; 3] = ["sending", "sent", "failed"];

/// What a name in a queue's directory says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A queue file.
    File(Format),
    /// `NAME.post`: a bundle, if it is a directory.
    Bundle,
    /// Being written, hidden, crier's own, or media: nothing to say.
    Apart,
    /// Probably meant to be a queue file, but is none: a sentence for a person.
    Odd(String),
}

/// Judges a name as the file system gives it.
pub fn judge(name: &[u8]) -> Named {
    let Ok(text) = std::str::from_utf8(name) else {
        return Named::Odd(format!(
            "{:?} is not UTF-8: rename it",
            String::from_utf8_lossy(name)
        ));
    };
    if apart(text) {
        return Named::Apart;
    }
    if let Some(c) = text.chars().find(|c| c.is_control() || is_direction(*c)) {
        return Named::Odd(format!(
            "{text:?} has the character U+{:04X} in its name: rename it",
            u32::from(c)
        ));
    }
    if text.len() > NAME_MAX {
        return Named::Odd(format!(
            "{}... has a name of {} bytes, at most {NAME_MAX} are taken: rename it",
            text.chars().take(40).collect::<String>(),
            text.len()
        ));
    }
    if let Some(stem) = text.strip_suffix(".post") {
        return if stem.is_empty() {
            Named::Apart
        } else {
            Named::Bundle
        };
    }
    match Format::of(text) {
        Some(format) => Named::File(format),
        None => other(text),
    }
}

/// Characters that turn the direction of writing: a name with them reads as another.
fn is_direction(c: char) -> bool {
    matches!(u32::from(c), 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069)
}

/// Being written under another name, hidden, or put there by crier and moved back with the post.
fn apart(name: &str) -> bool {
    unfinished(name)
        || [".why.txt", ".receipt.toml"]
            .iter()
            .any(|ending| name.ends_with(ending))
        || OWN.contains(&name)
}

/// A name under which files are written before they get their own.
pub fn unfinished(name: &str) -> bool {
    name.starts_with('.')
        || ["~", ".tmp", ".part", ".swp"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// Media and whatever else lies there is left alone; only what looks like a post gets a word.
fn other(name: &str) -> Named {
    let ending = name.rsplit_once('.').map_or("", |(_, e)| e);
    let lower = ending.to_ascii_lowercase();
    let meant = match lower.as_str() {
        "toml" | "md" | "txt" => lower.as_str(),
        "tml" | "tom" | "ini" | "conf" | "yaml" | "yml" | "json" => "toml",
        "markdown" | "mdown" | "mkd" => "md",
        "text" => "txt",
        _ => return Named::Apart,
    };
    Named::Odd(format!(
        "{name} is no queue file: they end in .toml, .md or .txt, or are directories NAME.post; is .{meant} meant?"
    ))
}

/// Whether a queue file may name this as media: a path that stays below its directory.
pub fn check_media_path(path: &str) -> Result<(), String> {
    if path.trim().is_empty() {
        return Err("the name of a media file is empty".to_owned());
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(format!("{path:?} is a web address; media are files"));
    }
    if path.len() > 512 || path.contains('\0') {
        return Err("the name of a media file is too long".to_owned());
    }
    let parts: Vec<Component<'_>> = Path::new(path).components().collect();
    for part in &parts {
        match part {
            Component::Normal(_) => {}
            Component::CurDir => {}
            Component::ParentDir => return Err(format!("{path:?} leads out of the queue's directory")),
            Component::RootDir | Component::Prefix(_) => {
                return Err(format!("{path:?} is a path from the root of the file system"));
            }
        }
    }
    let first = parts.iter().find_map(|p| match p {
        Component::Normal(name) => name.to_str(),
        Component::CurDir | Component::ParentDir | Component::RootDir | Component::Prefix(_) => None,
    });
    if first.is_some_and(|name| OWN.contains(&name)) {
        return Err(format!(
            "{path:?} is in a directory of crier's own, where files move"
        ));
    }
    Ok(())
}

/// `hello.toml` or `hello.post` in its two parts.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((name, ""))
}

/// The `n`th name to try when a name is taken: `hello.toml`, `hello.1.toml`, ...
pub fn numbered(name: &str, n: u32) -> String {
    if n == 0 {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    if ending.is_empty() {
        format!("{stem}.{n}")
    } else {
        format!("{stem}.{n}.{ending}")
    }
}
