//! Loading: files, drop-ins, syntax, sections; all problems at once. The checker is the loader.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{self, Text, Unread};
use super::origin::Origins;
use super::reader::{Found, Reader};
use super::settings::Settings;
use super::syntax::Lines;
use super::tree::{self, Place, Table};
use super::{accounts, mask, queues, sections, syntax};
use crate::core::diagnose::{Diagnostic, Diagnostics, Severity, Source};

/// More problems than this are counted, not shown.
const SHOWN_MAX: usize = 100;

/// What came of a reading.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The config; `None` when there is any error.
    pub settings: Option<Settings>,
    /// Errors and warnings, in the order of files and lines, secrets starred out.
    pub diagnostics: Diagnostics,
    /// Where each value was written.
    pub origins: Origins,
}

/// Reads the main file and the drop-ins of these directories, the first of which wins
/// ([`files::DROPIN_DIRS`]); later names of drop-ins override earlier ones, all override the main file.
pub fn load(main: &Path, dropins: &[PathBuf]) -> Loaded {
    let (paths, mut unread) = files::dropins(dropins);
    let mut texts = Vec::new();
    for path in std::iter::once(main.to_owned()).chain(paths) {
        match files::read(&path) {
            Ok(text) => texts.push(text),
            Err(why) => unread.push(why),
        }
    }
    loaded(texts, unread)
}

/// The same for one text that is in no file; `name` stands in its messages.
pub fn load_text(name: &str, text: &str) -> Loaded {
    let text = Text {
        path: PathBuf::from(name),
        text: text.to_owned(),
        open_to_all: false,
    };
    loaded(vec![text], Vec::new())
}

fn loaded(texts: Vec<Text>, unread: Vec<Unread>) -> Loaded {
    let mut reader = Reader {
        incomplete: !unread.is_empty(),
        ..Reader::default()
    };
    for why in unread {
        reader.general(Severity::Error, why.message).help = why.help;
    }
    let mut root = Table::new();
    for (source, file) in texts.iter().enumerate() {
        tree::lay_over(&mut root, syntax::parse(&mut reader, source, &file.text));
        if file.open_to_all {
            let message = format!(
                "{}: anybody on this machine may change this file",
                file.path.display()
            );
            let help = format!("chmod o-w {}", file.path.display());
            reader.general(Severity::Warning, message).help(help);
        }
    }
    let settings = settings(&mut reader, &root);
    let sources: Vec<Source> = texts.iter().map(source).collect();
    let origins = Origins::of(&root, &sources);
    let broken = reader.found.iter().any(|f| f.severity == Severity::Error);
    Loaded {
        settings: (!broken).then_some(settings),
        diagnostics: diagnostics(reader, &sources),
        origins,
    }
}

fn source(file: &Text) -> Source {
    Source {
        name: Arc::from(file.path.to_string_lossy()),
        text: Arc::from(file.text.as_str()),
    }
}

fn settings(reader: &mut Reader, root: &Table) -> Settings {
    sections::unknown(reader, root);
    let daemon = sections::daemon(reader, root);
    Settings {
        admin: sections::admin(reader, root),
        callback: sections::callback(reader, root),
        http: sections::http(reader, root),
        media: sections::media(reader, root),
        apps: sections::apps(reader, root),
        accounts: accounts::accounts(reader, root),
        queues: queues::queues(reader, root, &daemon.timezone),
        platforms: queues::platforms(reader, root),
        daemon,
    }
}

/// Problems in the order of files and lines, each shown with its line, no secret in any.
fn diagnostics(mut reader: Reader, sources: &[Source]) -> Diagnostics {
    let lines: Vec<Lines> = sources.iter().map(|s| Lines::of(&s.text)).collect();
    let broken = std::mem::take(&mut reader.broken_lines);
    let line = |p: &Place| Some((p.source, lines.get(p.source)?.number(p.span.start)));
    let on_broken = |f: &Found| {
        f.place
            .as_ref()
            .and_then(line)
            .is_some_and(|at| broken.contains(&at))
    };
    reader.found.retain(|f| f.syntax || !on_broken(f));
    reader
        .found
        .sort_by_key(|f| f.place.as_ref().map(|p| (p.source, p.span.start)));
    let shown: Vec<(Source, mask::Masked)> = sources
        .iter()
        .enumerate()
        .map(|(id, source)| masked(source, id, &reader.masks))
        .collect();
    let more = reader.found.len().saturating_sub(SHOWN_MAX);
    let mut all = Diagnostics::new();
    // Errors are kept before warnings, should there be too many to show.
    let errors = reader
        .found
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .count();
    for found in reader.found {
        let fits = all.len() < SHOWN_MAX && (found.severity == Severity::Error || errors < SHOWN_MAX);
        if fits {
            all.push(diagnostic(found, &shown));
        }
    }
    if more > 0 {
        all.push(Diagnostic::general(format!("{more} more problems are not shown")).help("mend these first"));
    }
    all
}

fn masked(source: &Source, id: tree::SourceId, masks: &[Place]) -> (Source, mask::Masked) {
    let mut ranges = mask::find(&source.text);
    ranges.extend(masks.iter().filter(|p| p.source == id).map(|p| p.span.clone()));
    let masked = mask::apply(&source.text, ranges);
    let source = Source {
        name: source.name.clone(),
        text: Arc::from(masked.text.as_str()),
    };
    (source, masked)
}

fn diagnostic(found: Found, shown: &[(Source, mask::Masked)]) -> Diagnostic {
    let place = found.place.and_then(|place| {
        let (source, masked) = shown.get(place.source)?;
        Some((source.clone(), masked.moved(&place.span)))
    });
    Diagnostic {
        severity: found.severity,
        message: found.message,
        place,
        label: found.label,
        help: found.help,
    }
}
