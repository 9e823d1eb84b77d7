//! crierd between READY and its end: signals become events; stopping is crashing with courtesy.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::sdnotify::Notifier;
use super::signals::{Received, Signal, Signals};
use super::start::{Failed, rights};
use crate::admin::peer::Rights;
use crate::engine::Handle;
use crate::engine::api::{Caller, Role};
use crate::engine::clock::Clock;

/// Open calls may take this long to end; what is still open then is asked about at the next start.
const GRACE: Duration = Duration::from_secs(75);

/// Serves until a signal, or until the engine ends by itself, which it should not.
pub async fn until_stopped(
    handle: &Handle,
    mut engine: JoinHandle<()>,
    notifier: &mut Notifier,
    rights_in_force: &watch::Sender<Arc<Rights>>,
    stopping: CancellationToken,
    mut signals: Signals,
) -> Result<(), Failed> {
    let mut events = handle.shared().events.subscribe();
    let (reload, wanted) = mpsc::channel(1);
    let (reloaded, mut reloads) = mpsc::channel(1);
    tokio::spawn(reload_each(handle.clone(), wanted, reloaded));
    let grace = loop {
        tokio::select! {
            received = signals.next() => match received {
                Some(received) => {
                    if let Some(grace) = on_signal(handle, notifier, &received, &reload) {
                        break grace;
                    }
                }
                None => break GRACE,
            },
            // READY follows also after a reload that failed, else the unit stays in `reloading`.
            Some(status) = reloads.recv() => tell(notifier.ready(&status)),
            event = events.recv() => if is_reload(&event) {
                // Rights follow the config, whoever reloaded it.
                rights_in_force.send_replace(Arc::new(rights(&handle.shared().live().settings)));
            },
            ended = &mut engine => {
                stopping.cancel();
                let why = ended.err().map(|e| e.to_string()).unwrap_or_default();
                return Err(Failed::new(Exit::Software, format!("the engine has ended by itself: {why}")));
            }
        }
    };
    stop(handle, engine, notifier, stopping, grace).await;
    Ok(())
}

fn is_reload(event: &Result<crate::engine::api::Event, tokio::sync::broadcast::error::RecvError>) -> bool {
    use crate::engine::api::EventKind;
    matches!(event, Ok(e) if e.kind == EventKind::Reloaded)
}

/// `Some`: the daemon is to stop, and to wait so long for open calls. What waits for the engine waits beside: while the disk is
/// full a reload does not end, and the next signal must be heard all the same.
fn on_signal(
    handle: &Handle,
    notifier: &Notifier,
    received: &Received,
    reload: &mpsc::Sender<()>,
) -> Option<Duration> {
    let from = received
        .sender
        .map(|s| format!(" from pid {} of uid {}", s.pid, s.uid))
        .unwrap_or_default();
    match received.signal {
        Signal::Stop => {
            tracing::info!("{}{from}: stopping", received.name);
            Some(GRACE)
        }
        Signal::StopNow => {
            tracing::info!("{}{from}: stopping now", received.name);
            Some(Duration::ZERO)
        }
        Signal::Reload => {
            tracing::info!("{}{from}: reloading", received.name);
            tell(notifier.reloading(Clock.monotonic_micros()));
            // With a full channel one that has not begun reads this change too.
            let _ = reload.try_send(());
            None
        }
        Signal::Dump => {
            tokio::spawn(dump(handle.clone()));
            None
        }
    }
}

/// As `crierctl reload`, without an answer, one after the other; then systemd's status line.
async fn reload_each(handle: Handle, mut wanted: mpsc::Receiver<()>, reloaded: mpsc::Sender<String>) {
    while wanted.recv().await.is_some() {
        // The reason of a refusal is in the journal and in `crierctl status`.
        let _ = handle.reload_config(&signal_caller()).await;
        let status = handle.status_line().await.unwrap_or_default();
        // Nobody listens: the daemon ends.
        let _ = reloaded.send(status).await;
    }
}

fn signal_caller() -> Caller {
    Caller {
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        pid: rustix::process::getpid().as_raw_nonzero().get(),
        role: Role::All,
        name: "signal".to_owned(),
    }
}

async fn dump(handle: Handle) {
    use crate::engine::api::Desk as _;
    if let Ok(status) = handle.status().await {
        // Plain data: serde_json cannot fail on it.
        let json = serde_json::to_string(&status).unwrap_or_default();
        tracing::info!(
            message_id = crate::engine::message_id::STATE.id(),
            "state: {json}"
        );
    }
}

async fn stop(
    handle: &Handle,
    engine: JoinHandle<()>,
    notifier: &mut Notifier,
    stopping: CancellationToken,
    grace: Duration,
) {
    tell(notifier.stopping("finishing what is open"));
    let ending = async {
        handle.stop().await;
        engine.await
    };
    if tokio::time::timeout(grace, ending).await.is_err() {
        tracing::warn!("some calls are still open; the next start asks the platforms what happened");
    }
    stopping.cancel();
}

fn tell(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::debug!("systemd was not told: {error}");
    }
}
