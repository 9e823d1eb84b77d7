//! The units as systemd reads them, and the journal's catalogue against the ids in the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crier::engine::message_id;

const UNITS: [&str; 3] = ["crierd.service", "crier-admin.socket", "crier-callback.socket"];

fn systemd_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(systemd_dir().join(name)).unwrap_or_else(|e| panic!("systemd/{name}: {e}"))
}

/// Runs `systemd-analyze`; `None`, with a word on standard error, where there is none.
fn analyze(args: &[&str], dir: &Path) -> Option<Output> {
    let run = Command::new("systemd-analyze")
        .args(args)
        .current_dir(dir)
        .env("SYSTEMD_PAGER", "")
        .env("SYSTEMD_COLORS", "0")
        .output();
    match run {
        Ok(output) => Some(output),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: systemd-analyze is not installed");
            None
        }
        Err(e) => panic!("systemd-analyze: {e}"),
    }
}

/// The units as they would be installed: with programs that exist, and without the references to manual pages,
/// for which `verify` runs `man`.
fn installed(dir: &Path) {
    for unit in UNITS {
        let text: String = read(unit)
            .lines()
            .filter(|line| !line.starts_with("Documentation=man:"))
            .map(|line| {
                let line = line.replace("/usr/bin/crierd", "/bin/true");
                line.replace("/usr/bin/crierctl", "/bin/true") + "\n"
            })
            .collect();
        std::fs::write(dir.join(unit), text).expect("the unit is written");
    }
}

#[test]
fn the_units_verify() {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let mut args = vec!["verify", "--recursive-errors=no"];
    args.extend(
        UNITS
            .iter()
            .map(|u| Box::leak(format!("./{u}").into_boxed_str()) as &str),
    );
    let Some(output) = analyze(&args, dir.path()) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let about_ours: Vec<&str> = said.lines().filter(|l| l.contains("crier")).collect();
    assert!(about_ours.is_empty(), "{said}");
}

#[test]
fn the_service_is_exposed_as_little_as_promised() {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let args = ["security", "--offline=true", "--threshold=15", "./crierd.service"];
    let Some(output) = analyze(&args, dir.path()) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "more than 1.5:\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the other parts of crier rely on, and what a well-meant edit would break.
#[test]
fn the_service_says_what_crier_relies_on() {
    let unit = read("crierd.service");
    let lines: BTreeSet<&str> = unit.lines().map(str::trim).collect();
    for line in [
        "Type=notify",
        "NotifyAccess=main",
        "ExecReload=/usr/bin/crierctl reload",
        "WatchdogSec=30s",
        "KillMode=mixed",
        "RestartPreventExitStatus=64 78",
        "StateDirectory=crier",
        "RuntimeDirectory=crier",
        "LoadCredential=crier.key:/etc/crier/credentials/crier.key",
        "LimitCORE=0",
        // An ffmpeg that the kernel kills must not end the service.
        "OOMPolicy=continue",
        "SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
    ] {
        assert!(lines.contains(line), "crierd.service: {line} is missing");
    }
    let users = lines.iter().any(|l| l.starts_with("PrivateUsers="));
    assert!(
        !users,
        "PrivateUsers= would show every caller of the admin socket as nobody"
    );
    assert!(read("crier-admin.socket").contains("\nFileDescriptorName=admin\n"));
    assert!(read("crier-callback.socket").contains("\nFileDescriptorName=callback\n"));
}

#[test]
fn the_catalogue_explains_every_message_and_no_other() {
    let catalogue = read("crier.catalog");
    let explained: Vec<&str> = catalogue.lines().filter_map(|l| l.strip_prefix("-- ")).collect();
    let known: Vec<&str> = message_id::ALL.iter().map(|m| m.id()).collect();
    assert_eq!(explained, known, "in the order of src/engine/message_id.rs");
    for entry in catalogue.split("\n-- ").skip(1) {
        let id = entry.lines().next().unwrap_or_default();
        let (head, body) = entry
            .split_once("\n\n")
            .unwrap_or_else(|| panic!("{id}: no text"));
        for field in ["Subject: ", "Defined-By: crier", "Support: ", "Documentation: "] {
            assert!(head.lines().any(|l| l.starts_with(field)), "{id}: no {field}");
        }
        assert!(
            body.trim().contains("\n\n"),
            "{id}: what happened, an empty line, what to do"
        );
    }
}
