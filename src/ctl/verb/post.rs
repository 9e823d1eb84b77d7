//! `crierctl post`

use std::path::{Path, PathBuf};

use super::show;
use crate::admin::client::Package;
use crate::ctl::args::name;
use crate::ctl::page::Tone;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::{AccountName, QueueName};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl post news hello.toml                        the file, and the media that it names\n  crierctl post news --text 'We open at nine.'\n  crierctl post news --text 'The door' --media door.jpg --alt 'The open door' --at 2026-12-01T09:00:00\n  echo 'Hello' | crierctl post news - --name hello.txt\n\nWhen it returns, the post is safe on disk: it is published even if the machine loses power now."
)]
pub(in crate::ctl) struct Args {
    /// The queue
    #[arg(value_parser = name::<QueueName>)]
    queue: QueueName,
    /// A queue file (.toml, .md, .txt), or `-` for standard input
    #[arg(required_unless_present = "text", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// The words, instead of a file
    #[arg(long, short, value_name = "WORDS")]
    text: Option<String>,
    /// A picture or video; may be given several times
    #[arg(long, short, value_name = "FILE", requires = "text")]
    media: Vec<PathBuf>,
    /// Words for people who do not see the picture; in the order of --media
    #[arg(long, value_name = "WORDS", requires = "media")]
    alt: Vec<String>,
    /// When, in the queue's time zone or with an offset: 2026-12-01T09:00:00
    #[arg(long, value_name = "TIME", requires = "text")]
    at: Option<String>,
    /// How long after that it is still worth publishing: 2h
    #[arg(long, value_name = "SPAN", requires = "text")]
    expires: Option<String>,
    /// Only to this account; may be given several times
    #[arg(long, short, value_name = "NAME", value_parser = name::<AccountName>, requires = "text")]
    account: Vec<AccountName>,
    /// The file's name in the queue
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Most bytes of a queue file.
const FILE_MAX: u64 = 1024 * 1024;

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let package = match (&args.text, &args.file) {
        (Some(text), _) => written(text, &args)?,
        (None, Some(file)) if file.as_os_str() == "-" => piped(&args, ctl)?,
        (None, Some(file)) => read(file, &args)?,
        (None, None) => return Err(Failure::Usage("Name a file, or give --text.".to_owned())),
    };
    let submitted = ctl
        .ask(async |client| client.submit(&args.queue, package).await)
        .await?;
    ctl.show(&submitted, |submitted, page| {
        let mut text = page.paint("Taken, and safe on disk.", Tone::Good);
        for warning in &submitted.warnings {
            text += &format!("\n{}", page.paint(&format!("note: {warning}"), Tone::Warn));
        }
        format!("{text}\n\n{}", show::draw(&submitted.post, page))
    })
}

/// From the command line's own words.
fn written(text: &str, args: &Args) -> Result<Package, Failure> {
    let mut post = toml::Table::new();
    post.insert("text".to_owned(), text.into());
    if let Some(at) = &args.at {
        let time: toml::value::Datetime = at.replace(' ', "T").parse().map_err(|_| {
            Failure::Usage(format!(
                "{at:?} is no time. Write 2026-12-01T09:00:00 (the queue's time zone) or 2026-12-01T09:00:00+01:00."
            ))
        })?;
        post.insert("at".to_owned(), time.into());
    }
    if let Some(expires) = &args.expires {
        post.insert("expires".to_owned(), expires.as_str().into());
    }
    if !args.account.is_empty() {
        let names: Vec<toml::Value> = args.account.iter().map(|name| name.as_str().into()).collect();
        post.insert("accounts".to_owned(), names.into());
    }
    let mut media = Vec::new();
    let mut listed = Vec::new();
    for (n, path) in args.media.iter().enumerate() {
        let name = file_name(path)?;
        let mut entry = toml::Table::new();
        entry.insert("file".to_owned(), name.as_str().into());
        if let Some(alt) = args.alt.get(n) {
            entry.insert("alt".to_owned(), alt.as_str().into());
        }
        listed.push(toml::Value::from(entry));
        media.push((name, path.clone()));
    }
    if !listed.is_empty() {
        post.insert("media".to_owned(), listed.into());
    }
    let body = toml::to_string(&post).map_err(|e| Failure::Software(e.to_string()))?;
    Ok(Package {
        name: args.name.clone().unwrap_or_else(|| name_of(&body)),
        body: body.into_bytes(),
        media,
    })
}

/// A name that the same words always get: posting them twice by mistake is noticed.
fn name_of(body: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(body.as_bytes());
    format!("ctl-{}.toml", &hex::encode(hash)[..12])
}

fn piped(args: &Args, ctl: &mut Ctl<'_>) -> Result<Package, Failure> {
    let name = args.name.clone().ok_or_else(|| {
        Failure::Usage(
            "From standard input it needs a name that says what it is: --name hello.txt (or .toml, .md)."
                .to_owned(),
        )
    })?;
    let body = ctl
        .terminal
        .read_all()
        .map_err(|e| Failure::Input(format!("cannot read standard input: {e}")))?;
    Ok(Package {
        name,
        body,
        media: Vec::new(),
    })
}

fn read(file: &Path, args: &Args) -> Result<Package, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::Input(format!("cannot read {}: {e}", file.display()));
    let meta = std::fs::metadata(file).map_err(|e| failed(&e))?;
    if meta.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is a directory. Name the queue file in it; its media come along.",
            file.display()
        )));
    }
    if meta.len() > FILE_MAX {
        return Err(Failure::Usage(format!(
            "{} is longer than 1 MiB.",
            file.display()
        )));
    }
    let body = std::fs::read(file).map_err(|e| failed(&e))?;
    let directory = file.parent().unwrap_or(Path::new(""));
    let media = named_media(&body)
        .into_iter()
        .map(|name| {
            let path = directory.join(&name);
            (name, path)
        })
        .collect();
    Ok(Package {
        name: match &args.name {
            Some(name) => name.clone(),
            None => file_name(file)?,
        },
        body,
        media,
    })
}

fn file_name(path: &Path) -> Result<String, Failure> {
    path.file_name()
        .and_then(|name| name.to_str())
        .map(str::to_owned)
        .ok_or_else(|| Failure::Usage(format!("{} has no usable file name.", path.display())))
}

/// The media that a queue file names: `file`, `cover` and the like in tables under `media`. What is wrong
/// with the file otherwise is the daemon's to say, in better words.
fn named_media(body: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Vec::new();
    };
    let front = text
        .strip_prefix("+++")
        .and_then(|rest| rest.split("\n+++").next())
        .unwrap_or(text);
    let mut names = Vec::new();
    if let Ok(table) = front.parse::<toml::Table>() {
        walk(&toml::Value::Table(table), false, &mut names);
    }
    names
}

fn walk(value: &toml::Value, in_media: bool, names: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value {
                    toml::Value::String(name) if in_media && (key == "file" || key == "cover") => {
                        if !name.contains('/') && !names.contains(name) {
                            names.push(name.clone());
                        }
                    }
                    _other => walk(value, key == "media", names),
                }
            }
        }
        toml::Value::Array(list) => list.iter().for_each(|value| walk(value, in_media, names)),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_found_wherever_the_file_names_them() {
        let body = br#"
text = "file = 'no.jpg'"
file = "no.jpg"
media = [{ file = "door.jpg", alt = "x" }, { file = "clip.mp4", cover = "cover.jpg" }]
thread = [{ text = "two", media = [{ file = "door.jpg" }, { file = "b.png" }] }]
[only.club]
media = [{ file = "c.png" }, { file = "../up.png" }, { file = "/etc/passwd" }]
"#;
        let mut names = named_media(body);
        names.sort();
        assert_eq!(names, ["b.png", "c.png", "clip.mp4", "cover.jpg", "door.jpg"]);
        assert_eq!(
            named_media(b"+++\nmedia = [{ file = \"a.png\" }]\n+++\n# Hello"),
            ["a.png"]
        );
        assert_eq!(named_media(b"just words, no [toml"), Vec::<String>::new());
        assert_eq!(named_media(b"\xff\xfe"), Vec::<String>::new());
    }

    #[test]
    fn the_same_words_get_the_same_name() {
        assert_eq!(name_of("text = \"a\"\n"), name_of("text = \"a\"\n"));
        assert_ne!(name_of("text = \"a\"\n"), name_of("text = \"b\"\n"));
    }
}
