//! ffmpeg, or libheif's decoder, in a child: never through a shell, fenced in ([`super::fence`]), within limits, and
//! dead with all that it began when it is over.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process_group, prlimit, setpriority_process,
    waitid,
};

use super::fence::{self, Reach};
use super::stop::{End, Stop};
use super::{Unmade, create, stopped};

/// Of its complaints, as much is shown.
const WORDS_MAX: u64 = 4096;
/// Everything else on the machine goes first.
const NICE: i32 = 15;
/// Bytes that it may address: its libraries map much that they never touch.
const ADDRESSED: u64 = 4 << 30;
/// When memory is short it is the first to be killed, never crierd.
const OOM_FIRST: &str = "1000";

/// What one call of ffmpeg may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From beginning to end.
    pub wall: Duration,
    /// Seconds of processor time.
    pub cpu_secs: u64,
    /// Bytes of memory of its own; less than the unit's `MemoryMax=`. What it only maps, its libraries, is not counted.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(15 * 60),
            cpu_secs: 20 * 60,
            memory: 768 << 20,
        }
    }
}

/// Under what it works.
pub(super) struct Bench<'a> {
    /// What it may take.
    pub(super) limits: &'a Limits,
    /// A word that ends it.
    pub(super) stop: &'a Stop,
    /// What it may use beside the two files.
    pub(super) reach: &'a Reach,
}

/// Makes the second file of the first, or says in a sentence that follows the file's name why not. `arguments`
/// are the program's, made of the two names; `most`: the bytes that it may write.
pub(super) fn make(
    program: &Path,
    arguments: impl Fn(&str, &str) -> Vec<String>,
    (from, to): (&Path, &Path),
    bench: &Bench<'_>,
    most: u64,
) -> Result<(), Unmade> {
    let (Some(input), Some(output)) = (from.to_str(), to.to_str()) else {
        return why("cannot be given to another program: the state directory's name is no text");
    };
    let name = name(program);
    let log = to.with_extension("log");
    let told = File::create(&log)?;
    // It may write this file, and make none.
    drop(create(to)?);
    let mut reach = bench.reach.clone();
    reach.reads.push(from.to_owned());
    reach.writes.push(to.to_owned());
    let mut command = Command::new(program);
    command
        .args(arguments(input, output))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(told)
        .process_group(0);
    let ended = match fence::spawn(command, &reach) {
        Ok(child) => watch(child, &name, bench.limits, most, bench.stop),
        Err(e) => why(&format!(
            "was not given to {name}: {} cannot be run: {e}",
            program.display()
        )),
    };
    let words = words(&log);
    // The sentence says all of it that anybody needs.
    let _ = fs::remove_file(&log);
    match ended? {
        status if status.success() => Ok(()),
        status => why(&format!(
            "cannot be made to fit: {name} ended with {status}{words}"
        )),
    }
}

/// What people call a program: `ffmpeg`.
pub(super) fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}

fn why<T>(words: &str) -> Result<T, Unmade> {
    Err(Unmade::Why(words.to_owned()))
}

/// Waits within the limits; whatever happens, nothing of its group is alive afterwards.
fn watch(
    mut child: Child,
    name: &str,
    limits: &Limits,
    most: u64,
    stop: &Stop,
) -> Result<ExitStatus, Unmade> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    restrict(group, limits, most);
    let end = group.and_then(|child| ends_within(child, limits.wall, stop));
    if let Some(group) = group {
        // That nothing is left to be killed is what one hopes for. Its number is nobody else's before `wait`.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = child.wait();
    match (end, status) {
        (Some(End::Stopped), _) => Err(stopped()),
        (Some(End::Exited), Ok(status)) => Ok(status),
        (Some(End::Exited), Err(e)) => why(&format!("cannot be made to fit: {name} was lost: {e}")),
        (None, _) => why(&format!(
            "cannot be made to fit: {name} was not done after {} s; make it shorter or smaller",
            limits.wall.as_secs()
        )),
    }
}

/// How it ends in time; `None`: it does not. Its number stays its own until somebody waits for it in earnest.
fn ends_within(child: Pid, wall: Duration, stop: &Stop) -> Option<End> {
    let (tell, told) = mpsc::channel();
    stop.tell(tell.clone());
    // It ends with the child, which is dead soon in any case.
    thread::spawn(move || {
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(child), how), Err(Errno::INTR)) {}
        // Nobody listens any more when it was too late.
        let _ = tell.send(End::Exited);
    });
    told.recv_timeout(wall).ok()
}

/// From outside and at once: between fork and exec only `unsafe` code could do it.
fn restrict(child: Option<Pid>, limits: &Limits, file: u64) {
    let most = |n: u64| Rlimit {
        current: Some(n),
        maximum: Some(n),
    };
    for (resource, n) in [
        (Resource::Cpu, limits.cpu_secs),
        (Resource::Data, limits.memory),
        (Resource::As, ADDRESSED.max(limits.memory)),
        (Resource::Fsize, file),
        (Resource::Core, 0),
    ] {
        // It may be over already.
        let _ = prlimit(child, resource, most(n));
    }
    let _ = setpriority_process(child, NICE);
    if let Some(pid) = child {
        let place = format!("/proc/{}/oom_score_adj", pid.as_raw_nonzero());
        let _ = fs::write(place, OOM_FIRST);
    }
}

/// The last of what it complained of, as one line.
fn words(log: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|file| file.take(WORDS_MAX).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let shown: String = text
        .lines()
        .next_back()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    match read {
        Ok(_) if !shown.trim().is_empty() => format!(" ({})", shown.trim()),
        Ok(_) | Err(_) => String::new(),
    }
}
