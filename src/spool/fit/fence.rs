//! What a child of crier's may touch: the file that it reads, the file that it writes, and the system's programs
//! and libraries. No network, and nothing of other processes.
//!
//! Between fork and exec only `unsafe` code could do that. So a thread of its own is fenced in and starts the child,
//! which inherits the fence; then the thread ends. Landlock keeps files, seccomp keeps system calls; each works where
//! the kernel has it and the unit does not forbid it, and [`Fence::of_this_machine`] says which do.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::thread;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// The newest Landlock whose rights are asked for; an older kernel keeps those that it knows.
const NEWEST: ABI = ABI::V6;
/// Where programs and their libraries are. What is not there is left out.
const PROGRAMS: [&str; 9] = [
    "/usr",
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/sys/devices/system/cpu",
];
/// Files that the loader and the C library read.
const FILES: [&str; 5] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
];

/// How much of the fence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Files but those that are named are out of reach (Landlock).
    pub files: bool,
    /// The network and other processes are (seccomp).
    pub network: bool,
}

impl Fence {
    /// What can be had here, tried once, in a thread that ends.
    pub fn of_this_machine() -> Fence {
        static FOUND: OnceLock<Fence> = OnceLock::new();
        let trial = || {
            let tried = thread::spawn(|| raise(Path::new("/usr/bin/env"), &[], &[])).join();
            tried.unwrap_or(Fence {
                files: false,
                network: false,
            })
        };
        *FOUND.get_or_init(trial)
    }

    /// What does not stand, for people; `None`: all of it does.
    pub fn missing(self) -> Option<&'static str> {
        match (self.files, self.network) {
            (true, true) => None,
            (false, true) => Some("crier's own files (no Landlock here)"),
            (true, false) => Some("the network (no seccomp here)"),
            (false, false) => Some("crier's own files and the network (neither Landlock nor seccomp here)"),
        }
    }
}

/// What the child may use beside programs and libraries.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Files that it reads.
    pub(super) reads: Vec<PathBuf>,
    /// Files that it writes, which are there already, and directories beneath which it may do all.
    pub(super) writes: Vec<PathBuf>,
}

/// Starts the child behind as much of the fence as can be had.
pub(super) fn spawn(mut command: Command, reach: &Reach) -> io::Result<Child> {
    let start = || {
        let program = PathBuf::from(command.get_program());
        // What does not stand is said when crier starts.
        let _ = raise(&program, &reach.reads, &reach.writes);
        command.spawn()
    };
    let lost = || io::Error::other("the thread that starts it was lost");
    thread::scope(|scope| scope.spawn(start).join()).unwrap_or_else(|_| Err(lost()))
}

/// Fences in this thread and all that it starts.
fn raise(program: &Path, reads: &[PathBuf], writes: &[PathBuf]) -> Fence {
    // Landlock first: the calls for it need not pass the other.
    let files = keep_files(program, reads, writes).is_ok_and(|status| status != RulesetStatus::NotEnforced);
    let network = calls().is_some_and(|program| apply_filter(&program).is_ok());
    Fence { files, network }
}

fn keep_files(program: &Path, reads: &[PathBuf], writes: &[PathBuf]) -> Result<RulesetStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let run = AccessFs::from_read(NEWEST);
    let read = BitFlags::from(AccessFs::ReadFile);
    for place in PROGRAMS.map(Path::new) {
        rules = allow(rules, place, run)?;
    }
    rules = allow(rules, program, read | AccessFs::Execute)?;
    for file in FILES.map(Path::new) {
        rules = allow(rules, file, read)?;
    }
    rules = allow(rules, Path::new("/dev/null"), read | AccessFs::WriteFile)?;
    for file in reads {
        rules = allow(rules, file, read)?;
    }
    for place in writes {
        let rights = if place.is_dir() {
            AccessFs::from_all(NEWEST)
        } else {
            read | AccessFs::WriteFile | AccessFs::Truncate
        };
        rules = allow(rules, place, rights)?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

/// One rule more; what is not there needs none.
fn allow(
    rules: RulesetCreated,
    place: &Path,
    rights: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(place) {
        Ok(fd) => rules.add_rule(PathBeneath::new(fd, rights)),
        Err(_) => Ok(rules),
    }
}

/// The filter that answers these calls with "not permitted"; `None`: not for this processor. No socket can be made,
/// nor by io_uring, which would pass by; no other process can be read, signalled or asked for its files, nor keys
/// of crier's session.
fn calls() -> Option<BpfProgram> {
    let refused: BTreeMap<i64, Vec<seccompiler::SeccompRule>> = [
        libc::SYS_socket,
        libc::SYS_io_uring_setup,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_kill,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_keyctl,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();
    let no = SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?);
    let here = std::env::consts::ARCH.try_into().ok()?;
    let filter = SeccompFilter::new(refused, SeccompAction::Allow, no, here).ok()?;
    filter.try_into().ok()
}
