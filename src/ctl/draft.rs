//! Judging a queue file as the daemon would, without one: the same reader, the same measurements, the same
//! rules. What only the daemon knows counts as far as it was asked: granted scopes, ends of tokens. What went out
//! before is left out.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::settings::Settings;
use crate::core::diagnose::{Diagnostic, Diagnostics, nearest};
use crate::core::facts::Facts;
use crate::core::intake::draft::Draft;
use crate::core::intake::{self, Context, Identity, Made, Measured, Target, accept_made};
use crate::core::platform::Platform;
use crate::core::reach::Reach;
use crate::core::schedule::due_time;
use crate::core::standing::unable;
use crate::domain::account::Connection;
use crate::domain::id::{AccountName, PlatformName, PostId, QueueName};
use crate::domain::media::MediaFacts;
use crate::domain::post::Origin;
use crate::domain::queue::Queue;
use crate::domain::time::Timestamp;
use crate::platforms;
use crate::spool::draft::{self, FILE_MAX, Format};
use crate::spool::fit::Workshop;
use crate::spool::media::{Unmeasured, measure};
use crate::spool::name::check_media_path;
use crate::spool::snapshot::NoSnapshot;

/// An id that no post has: it is only judged.
const NO_ID: &str = "00000000000000000000000000";

/// How accounts stand, as far as the daemon told; the others count as never connected.
pub(super) type Connections = BTreeMap<AccountName, Connection>;

/// What is wrong with a queue file, and what is to be known about it. The error is a sentence: the question
/// itself made no sense.
pub(super) fn check(
    settings: &Settings,
    connections: &Connections,
    queue: Option<&QueueName>,
    path: &Path,
    now: Timestamp,
) -> Result<Diagnostics, String> {
    let queue = queue_of(settings, queue, path)?;
    let file = match words_of(path) {
        Ok(file) => file,
        Err(told) => return Ok(told),
    };
    let draft = match read(&file) {
        Ok(draft) => draft,
        Err(told) => return Ok(told),
    };
    let beside = file.parent().unwrap_or(Path::new(""));
    let measured: Measured = draft
        .files()
        .into_iter()
        .map(|name| (name.to_owned(), media(beside, name)))
        .collect();
    judge(settings, connections, queue, &draft, (beside, &measured), now)
}

fn judge(
    settings: &Settings,
    connections: &Connections,
    queue: &Queue,
    draft: &Draft,
    (beside, originals): (&Path, &Measured),
    now: Timestamp,
) -> Result<Diagnostics, String> {
    let known = known(settings, queue);
    let never = Connection::default();
    let targets: Vec<Target<'_>> = known
        .iter()
        .map(|(account, platform, facts, options)| Target {
            account,
            platform: *platform,
            facts,
            options,
            connection: connections.get(account).unwrap_or(&never),
            reach: reach(settings, *platform),
        })
        .collect();
    let context = Context {
        queue,
        targets: &targets,
        now,
    };
    let identity = Identity {
        id: PostId::new(NO_ID).map_err(|e| e.to_string())?,
        origin: Origin::File(draft.source.name.to_string()),
        revision: 1,
        admitted: now,
    };
    let (measured, made) = match fitted(settings, draft, beside, originals, &context) {
        Ok(fitted) => fitted,
        Err(why) => return Ok(wrong(why)),
    };
    Ok(match accept_made(identity, draft, &measured, &made, &context) {
        Err(told) => told,
        Ok(admission) => {
            let mut told = Diagnostics::new();
            let due = due_time(queue, &admission.post.when, &[], now).map_or(now, |due| due.at);
            let asked = targets.iter().filter(|t| connections.contains_key(t.account));
            let reached = asked.filter(|t| admission.post.contents.contains_key(t.account));
            let unable =
                reached.filter_map(|t| unable(t.account, t.platform, t.facts, t.options, t.connection, due));
            for warning in admission.post.warnings.into_iter().chain(unable) {
                let words = format!("{}: {warning}", draft.source.name);
                told.push(Diagnostic::general(words).warning());
            }
            told
        }
    })
}

/// What the daemon would make of the media, made in a directory that goes again.
fn fitted(
    settings: &Settings,
    draft: &Draft,
    beside: &Path,
    originals: &Measured,
    context: &Context<'_>,
) -> Result<(Measured, Made), String> {
    let trouble = |e: NoSnapshot| match e {
        NoSnapshot::Changed(file) => format!("{file} was changed while it was looked at"),
        NoSnapshot::System(e) => format!("the media cannot be tried: {e}"),
    };
    let dir = tempfile::tempdir().map_err(|e| format!("the media cannot be tried: {e}"))?;
    let mut workshop = Workshop::new(dir.path().join("fit"), settings.media.ffmpeg.clone())
        .with_heif(settings.media.heif_convert.clone());
    let opened = |name: &str| open(&beside.join(name)).map_err(NoSnapshot::System);
    let measured = workshop.clean(originals, opened).map_err(trouble)?;
    let tasks = intake::tasks(draft, &measured, context);
    let made = workshop.make(tasks, originals, opened).map_err(trouble)?;
    Ok((measured, made))
}

type Known<'a> = (
    AccountName,
    &'static dyn Platform,
    Facts,
    &'a BTreeMap<String, String>,
);

/// The queue's accounts with their platforms.
fn known<'a>(settings: &'a Settings, queue: &Queue) -> Vec<Known<'a>> {
    queue
        .accounts
        .iter()
        .filter_map(|name| {
            let account = settings.accounts.get(name)?;
            let platform = platforms::by_name(account.platform.as_str())?;
            let facts = platform
                .facts()
                .overridden(&settings.platform(&account.platform).facts);
            let facts = platform.facts_with(facts, &account.options);
            Some((name.clone(), platform, facts, &account.options))
        })
        .collect()
}

/// Where a platform would fetch files.
pub(super) fn reach<'a>(settings: &'a Settings, platform: &dyn Platform) -> Reach<'a> {
    match PlatformName::new(platform.name()) {
        Ok(name) => settings.reach(&name),
        Err(_) => Reach {
            public_url: None,
            vendor: true,
        },
    }
}

/// The queue that was named, or that the file's directory is named after, or the only one.
fn queue_of<'a>(settings: &'a Settings, named: Option<&QueueName>, path: &Path) -> Result<&'a Queue, String> {
    let names = || settings.queues.keys().map(QueueName::as_str);
    if let Some(name) = named {
        return settings.queues.get(name).ok_or_else(|| {
            let hint = nearest(name.as_str(), names()).map(|near| format!("; is {near} meant?"));
            format!("The config has no queue {name}{}", hint.unwrap_or_default())
        });
    }
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let directory = whole
        .parent()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    let by_directory = directory
        .and_then(|name| QueueName::new(name).ok())
        .and_then(|name| settings.queues.get(&name));
    let only = || {
        settings
            .queues
            .values()
            .next()
            .filter(|_| settings.queues.len() == 1)
    };
    by_directory.or_else(only).ok_or_else(|| {
        let list: Vec<&str> = names().collect();
        format!(
            "For which queue is {}? Name it with --queue: {}.",
            path.display(),
            if list.is_empty() {
                "(the config has none)".to_owned()
            } else {
                list.join(", ")
            }
        )
    })
}

fn wrong(words: impl Into<String>) -> Diagnostics {
    let mut told = Diagnostics::new();
    told.push(Diagnostic::general(words));
    told
}

/// The file with the words: itself, or `post.*` of a bundle.
fn words_of(path: &Path) -> Result<PathBuf, Diagnostics> {
    let shown = path.display();
    let meta =
        std::fs::symlink_metadata(path).map_err(|e| wrong(format!("cannot read {shown}: {}", plain(&e))))?;
    if !meta.is_dir() {
        return Ok(path.to_owned());
    }
    let found: Vec<PathBuf> = ["toml", "md", "txt"]
        .iter()
        .map(|ending| path.join(format!("post.{ending}")))
        .filter(|file| std::fs::symlink_metadata(file).is_ok())
        .collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(wrong(format!("{shown} holds no post.toml, post.md or post.txt"))),
        _several => Err(wrong(format!(
            "{shown} holds several files named post.*; one is wanted"
        ))),
    }
}

fn read(path: &Path) -> Result<Draft, Diagnostics> {
    let shown = path.display().to_string();
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let format = Format::of(name).ok_or_else(|| {
        wrong(format!(
            "{shown} is no queue file: they end in .toml, .md or .txt"
        ))
    })?;
    let unread = |e: std::io::Error| wrong(format!("cannot read {shown}: {}", plain(&e)));
    let file = open(path).map_err(unread)?;
    let size = file.metadata().map_err(unread)?.len();
    if size > FILE_MAX {
        return Err(draft::too_large(&shown, size));
    }
    let mut bytes = Vec::new();
    file.take(FILE_MAX).read_to_end(&mut bytes).map_err(unread)?;
    draft::read(&shown, format, &bytes)
}

/// A file that the post names, measured; or a sentence on why not.
fn media(beside: &Path, name: &str) -> Result<MediaFacts, String> {
    check_media_path(name)?;
    let file = open(&beside.join(name)).map_err(|e| format!("{name}: {}", plain(&e)))?;
    measure(&file).map_err(|unmeasured| match unmeasured {
        Unmeasured::Bad(why) => format!("{name} {why}"),
        Unmeasured::System(e) => format!("{name}: {}", plain(&e)),
    })
}

/// A regular file, never a link, a pipe or a device: the daemon would not take those either.
fn open(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(std::io::Error::other("it is no regular file"))
}

fn plain(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => "there is no such file".to_owned(),
        Some(libc::ELOOP) => "it is a symbolic link, which crier does not follow".to_owned(),
        Some(libc::EACCES) => "it may not be read by you".to_owned(),
        Some(_) | None => error.to_string(),
    }
}
