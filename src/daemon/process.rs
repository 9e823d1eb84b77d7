//! What the process gives up at start: core dumps, being read by others, and files that others may read.

use std::io;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// No core dumps and no `ptrace` by others of the same user (tokens are in this memory), and new files are
/// for this user alone; files that others must read are given their mode one by one.
///
/// Call it first, before any thread and any secret.
pub fn harden() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    umask(Mode::RWXG | Mode::RWXO);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the other test in a process of its own: what it gives up it cannot take back.
    #[test]
    fn a_hardened_process_leaves_nothing_to_dump() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "daemon::process::tests::hardened"])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    #[ignore = "hardens the process it runs in; run by the test above"]
    fn hardened() {
        harden().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits
            .lines()
            .find(|l| l.starts_with("Max core file size"))
            .unwrap();
        let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(numbers, ["0", "0"]);
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            DumpableBehavior::NotDumpable
        );
        assert_eq!(umask(Mode::empty()), Mode::RWXG | Mode::RWXO);
    }
}
