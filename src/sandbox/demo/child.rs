//! The real crierd as a child.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Told;
use super::house::House;
use crate::say::complain;

/// How often its end is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// How long crierd may take to stop before it is killed.
const STOP_TIME: Duration = Duration::from_secs(20);

/// What is run as crierd.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
}

impl Program {
    /// The crierd beside this program. Where only this one was built, it is crierd itself when it is called
    /// by that name.
    pub(super) fn find() -> Told<Self> {
        let own =
            std::env::current_exe().map_err(|e| format!("this program does not know where it lies: {e}"))?;
        let path = beside("crierd").unwrap_or(own);
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// With an empty environment: the demonstration shows what its config says and nothing else.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.arg0("crierd").env_clear().stdin(Stdio::null());
        command
    }

    /// Lets it write its key.
    pub(super) fn keygen(&self, house: &House) -> Told<()> {
        let made = self.command().arg("keygen").arg(house.key()).output();
        let made = made.map_err(|e| self.cannot(&e))?;
        if made.status.success() {
            return Ok(());
        }
        Err(format!(
            "crierd keygen failed ({}): {}",
            made.status,
            String::from_utf8_lossy(&made.stderr).trim()
        ))
    }

    fn cannot(&self, error: &std::io::Error) -> String {
        format!("{} cannot be run: {error}", self.path.display())
    }
}

/// A program of crier's that lies beside this one.
pub(super) fn beside(name: &str) -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.with_file_name(name);
    path.is_file().then_some(path)
}

/// A crierd that runs; killed when it is dropped while it runs.
#[derive(Debug)]
pub(super) struct Crierd {
    child: Child,
}

impl Crierd {
    /// Starts it in a process group of its own: Ctrl-C reaches the demonstration alone, which then ends crierd
    /// in good order.
    pub(super) fn start(program: &Program, house: &House) -> Told<Self> {
        let log = File::create(house.log()).map_err(|e| format!("{}: {e}", house.log().display()))?;
        let mut command = program.command();
        command.arg("--config").arg(house.config());
        command.stdout(Stdio::null()).stderr(log).process_group(0);
        let child = command.spawn().map_err(|e| program.cannot(&e))?;
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
            complain!(
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
