//! The real crierd as a child.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Told;
use super::house::House;

/// How often its end is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// How long crierd may take to stop before it is killed.
const STOP_TIME: Duration = Duration::from_secs(20);

/// Finds crierd and lets it write its key.
pub(super) fn program(house: &House) -> Told<PathBuf> {
    let program = beside("crierd")?;
    let made = Command::new(&program)
        .arg("keygen")
        .arg(house.key())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{} cannot be run: {e}", program.display()))?;
    if !made.status.success() {
        return Err(format!(
            "crierd keygen failed ({}): {}",
            made.status,
            String::from_utf8_lossy(&made.stderr).trim()
        ));
    }
    Ok(program)
}

/// A program of crier's that lies beside this one.
fn beside(name: &str) -> Told<PathBuf> {
    let own =
        std::env::current_exe().map_err(|e| format!("this program does not know where it lies: {e}"))?;
    let program = own.with_file_name(name);
    if program.is_file() {
        return Ok(program);
    }
    Err(format!(
        "{} is not there; build all programs of crier, with `cargo build --release` or `cargo build`",
        program.display()
    ))
}

/// What a person types to reach `crierctl`: the one beside this program if there is one.
pub(super) fn crierctl() -> String {
    beside("crierctl").map_or_else(|_| "crierctl".to_owned(), |path| path.display().to_string())
}

/// A crierd that runs; killed when it is dropped while it runs.
#[derive(Debug)]
pub(super) struct Crierd {
    child: Child,
}

impl Crierd {
    /// Starts it with an empty environment, in a process group of its own: Ctrl-C reaches the demonstration
    /// alone, which then ends crierd in good order.
    pub(super) fn start(program: &Path, house: &House) -> Told<Self> {
        let log = File::create(house.log()).map_err(|e| format!("{}: {e}", house.log().display()))?;
        let child = Command::new(program)
            .arg("--config")
            .arg(house.config())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|e| format!("{} cannot be run: {e}", program.display()))?;
        Ok(Self { child })
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> String {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) => tokio::time::sleep(LOOK).await,
                Err(e) => return e.to_string(),
            }
        }
    }

    /// SIGTERM, and SIGKILL to one that does not listen.
    pub(super) async fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Some(pid) = i32::try_from(self.child.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            // It is not reaped yet, so the number is still its own.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(STOP_TIME, self.ended()).await.is_err() {
            eprintln!(
                "crierd did not stop within {} s and is killed",
                STOP_TIME.as_secs()
            );
        }
    }
}

impl Drop for Crierd {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Nothing can be done about a process that cannot be killed.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
