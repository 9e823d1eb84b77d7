//! Signals become messages: one stream for all, with who sent them.
//!
//! | signal | what it asks for |
//! | --- | --- |
//! | `SIGHUP` | reload |
//! | `SIGTERM`, `SIGINT` | stop; a second one ends the process at once, by its default action, without a task |
//! | `SIGQUIT` | stop now: wait for no open call |
//! | `SIGUSR1` | write the state to the journal |

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook_tokio::SignalsInfo;

/// What a signal asks the daemon for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Read the config again.
    Reload,
    /// Begin nothing, finish or park what is open, end.
    Stop,
    /// Park everything and end.
    StopNow,
    /// Write the state to the journal.
    Dump,
}

/// Who sent it, when the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its process.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it asks for.
    pub signal: Signal,
    /// The signal itself: `SIGTERM`.
    pub name: &'static str,
    /// Who sent it.
    pub sender: Option<Sender>,
}

/// For the log: `SIGTERM from process 1 of user 0`.
impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.sender {
            Some(Sender { pid, uid }) => write!(f, " from process {pid} of user {uid}"),
            None => Ok(()),
        }
    }
}

/// The stream of signals. Several of one kind that arrive at once may come out as one.
pub struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    /// Takes over the signals of the table above. Call it once, inside the runtime, before serving.
    pub fn register() -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // In this order: the first signal finds the flag down and raises it, the second finds it up. The
            // default action and not an exit code, so that systemd sees a clean end by SIGTERM.
            flag::register_conditional_default(signal, Arc::clone(&stopping))?;
            flag::register(signal, Arc::clone(&stopping))?;
        }
        SignalsInfo::new([SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1]).map(Self)
    }

    /// The next signal. `None` only when the stream was closed. Safe to drop half-way.
    pub async fn next(&mut self) -> Option<Received> {
        loop {
            let origin = self.0.next().await?;
            let Some((signal, name)) = meaning(origin.signal) else {
                continue;
            };
            let sender = origin.process.map(|p| Sender {
                pid: p.pid,
                uid: p.uid,
            });
            return Some(Received { signal, name, sender });
        }
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}

fn meaning(number: i32) -> Option<(Signal, &'static str)> {
    match number {
        SIGHUP => Some((Signal::Reload, "SIGHUP")),
        SIGTERM => Some((Signal::Stop, "SIGTERM")),
        SIGINT => Some((Signal::Stop, "SIGINT")),
        SIGQUIT => Some((Signal::StopNow, "SIGQUIT")),
        SIGUSR1 => Some((Signal::Dump, "SIGUSR1")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// One test for all: signals belong to the process, and the tests share it. No SIGTERM twice here; that is
    /// for the process tests.
    #[tokio::test]
    async fn each_signal_arrives_with_its_sender() {
        let mut signals = Signals::register().unwrap();
        for (number, signal, name) in [
            (SIGHUP, Signal::Reload, "SIGHUP"),
            (SIGUSR1, Signal::Dump, "SIGUSR1"),
            (SIGQUIT, Signal::StopNow, "SIGQUIT"),
            (SIGTERM, Signal::Stop, "SIGTERM"),
        ] {
            signal_hook::low_level::raise(number).unwrap();
            let received = tokio::time::timeout(Duration::from_secs(20), signals.next())
                .await
                .expect("the signal did not arrive")
                .unwrap();
            assert_eq!((received.signal, received.name), (signal, name));
            let sender = received.sender.expect("the kernel knows who raised it");
            assert_eq!(u32::try_from(sender.pid).unwrap(), std::process::id());
            assert!(received.to_string().starts_with(&format!("{name} from process ")));
        }
    }

    /// In a process of its own, since it ends it.
    #[test]
    fn a_second_term_ends_the_process_by_its_default_action() {
        use std::os::unix::process::ExitStatusExt;
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "daemon::signals::tests::term_twice"])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.signal(), Some(SIGTERM), "{status}");
    }

    #[tokio::test]
    #[ignore = "ends the process it runs in; run by the test above"]
    async fn term_twice() {
        let mut signals = Signals::register().unwrap();
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.next().await.unwrap().signal, Signal::Stop);
        signal_hook::low_level::raise(SIGTERM).unwrap();
    }
}
