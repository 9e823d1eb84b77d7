//! `crierctl check`: config and queue files, also before they are dropped; needs no daemon. Where one runs it is asked
//! how the accounts stand, so that a missing scope is told here too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::json;

use crate::config::settings::Settings;
use crate::config::{self, DROPIN_DIRS};
use crate::core::diagnose::{Diagnostic, Diagnostics, Severity, render};
use crate::core::sunset;
use crate::ctl::accounts::Accounts;
use crate::ctl::args::name;
use crate::ctl::page::{Tone, count};
use crate::ctl::{Ctl, Failure, clean, draft};
use crate::domain::id::{PlatformName, QueueName};
use crate::domain::time::Timestamp;
use crate::platforms;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl check                              the config with its drop-ins\n  crierctl check --config ./crier.toml        one that is not installed yet; its conf.d/ beside it\n  crierctl check hello.toml                   a queue file; the queue is its directory's name\n  crierctl check --queue news *.toml *.post   before they are dropped\n  git diff --cached --name-only -- news/ | xargs -r crierctl check --queue news    as a git hook\n\nExit codes: 0 all good, 65 a queue file has mistakes, 78 the config has mistakes."
)]
pub(in crate::ctl) struct Args {
    /// Queue files or NAME.post directories; none: the config alone
    files: Vec<PathBuf>,
    /// The main config file
    #[arg(long, short, value_name = "FILE", default_value = "/etc/crier/crier.toml")]
    config: PathBuf,
    /// The queue that the files are for [default: the name of each file's directory]
    #[arg(long, short, value_name = "NAME", value_parser = name::<QueueName>)]
    queue: Option<QueueName>,
}

/// What was read, and what was found in it.
struct Checked {
    what: String,
    told: Diagnostics,
}

pub(super) async fn run(args: &Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let mut loaded = config::load(&args.config, &dropins(&args.config));
    let now = ctl.terminal.look.now;
    if let Some(settings) = &loaded.settings {
        versions(settings, now, &mut loaded.diagnostics);
    }
    let accounts = match &loaded.settings {
        Some(settings) => Accounts::asked(settings, ctl).await,
        None => Accounts::default(),
    };
    if let Some(settings) = &loaded.settings {
        accounts.remarks(settings, &mut loaded.diagnostics);
    }
    let mut all = vec![Checked {
        what: args.config.display().to_string(),
        told: loaded.diagnostics,
    }];
    if let Some(settings) = &loaded.settings {
        for file in &args.files {
            let told = draft::check(settings, &accounts.connections, args.queue.as_ref(), file, now)
                .map_err(Failure::Usage)?;
            all.push(Checked {
                what: file.display().to_string(),
                told,
            });
        }
    }
    report(&all, args.files.is_empty() || loaded.settings.is_none(), ctl)?;
    verdict(&all)
}

/// Versions of the accounts' platforms that end soon, unless the config names others.
fn versions(settings: &Settings, now: Timestamp, told: &mut Diagnostics) {
    let today = now.to_jiff().to_zoned(TimeZone::UTC).date();
    let used: BTreeSet<&PlatformName> = settings.accounts.values().map(|a| &a.platform).collect();
    for (name, platform) in used
        .iter()
        .filter_map(|n| Some((n, platforms::by_name(n.as_str())?)))
    {
        let facts = platform.facts().overridden(&settings.platform(name).facts);
        for sunset in sunset::ahead(&facts, today) {
            let warning = Diagnostic::general(sunset.words(platform.title())).warning();
            told.push(warning.help(sunset.help(platform.name())));
        }
    }
}

/// For the installed config the three directories of systemd's order; for another one `conf.d` beside it.
fn dropins(config: &Path) -> Vec<PathBuf> {
    if config == Path::new("/etc/crier/crier.toml") {
        return DROPIN_DIRS.map(PathBuf::from).to_vec();
    }
    vec![config.parent().unwrap_or(Path::new("")).join("conf.d")]
}

/// Prints all that was found; the config's warnings only when the config is what was asked for.
fn report(all: &[Checked], with_config: bool, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if ctl.json {
        let list: Vec<serde_json::Value> = all.iter().map(as_json).collect();
        return ctl.print_json(&list);
    }
    let colour = ctl.terminal.look.colour;
    for (n, checked) in all.iter().enumerate() {
        if n == 0 && !with_config {
            continue;
        }
        if checked.told.is_empty() {
            let line = format!("{}: good", clean::text(&checked.what));
            let line = ctl.page().paint(&line, Tone::Good);
            ctl.say(&line);
        } else {
            // Drawn texts hold what others wrote; colours are only put around it afterwards.
            let drawn = render(&checked.told, false);
            let drawn = if colour {
                render(&checked.told, true)
            } else {
                clean::text(&drawn)
            };
            ctl.say(&format!("{drawn}\n"));
        }
    }
    Ok(())
}

fn as_json(checked: &Checked) -> serde_json::Value {
    let problems: Vec<serde_json::Value> = checked
        .told
        .iter()
        .map(|d| {
            let place = d.place.as_ref();
            json!({
                "severity": match d.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                "message": d.message,
                "label": d.label,
                "help": d.help,
                "source": place.map(|(source, _)| source.name.to_string()),
                "line": place.map(|(source, span)| line_of(&source.text, span.start)),
            })
        })
        .collect();
    json!({ "file": checked.what, "good": !checked.told.has_errors(), "problems": problems })
}

/// The line of a byte, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn verdict(all: &[Checked]) -> Result<(), Failure> {
    let [config, files @ ..] = all else {
        return Ok(());
    };
    if config.told.has_errors() {
        return Err(Failure::Config(format!(
            "{} has {}; crierd would not take it.",
            config.what,
            errors(&config.told)
        )));
    }
    let bad = files.iter().filter(|file| file.told.has_errors()).count();
    if bad == 0 {
        return Ok(());
    }
    Err(Failure::Data(format!(
        "{} of {} would be refused when dropped.",
        bad,
        count(files.len() as u64, "file", "files")
    )))
}

fn errors(told: &Diagnostics) -> String {
    let n = told.iter().filter(|d| d.severity == Severity::Error).count();
    count(n as u64, "mistake", "mistakes")
}
