//! Hints from the kernel, carried into the loop.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::id::QueueName;
use crate::engine::event::Event;
use crate::engine::{Engine, Handle};
use crate::spool::{Queue, Stir, Watch};

/// A directory to be watched from now on.
pub type Watched = (QueueName, PathBuf);

/// Carries hints until the daemon ends.
pub async fn watch(handle: Handle, mut watch: Watch, mut more: mpsc::UnboundedReceiver<Watched>) {
    loop {
        tokio::select! {
            added = more.recv() => {
                let Some((name, path)) = added else { return };
                add(&handle, &mut watch, &name, &path).await;
            }
            stirs = watch.next() => match stirs {
                Ok(stirs) => {
                    for (name, stir) in &stirs.queues {
                        stirred(&handle, &mut watch, name, stir).await;
                    }
                    if stirs.overflow {
                        hint_all(&handle).await;
                    }
                }
                Err(error) => {
                    tracing::error!("dropped files are no longer noticed at once ({error}): `crierctl reload` looks at them");
                    return;
                }
            },
        }
    }
}

/// Watched first, scanned afterwards, so that nothing falls between.
async fn add(handle: &Handle, watch: &mut Watch, name: &QueueName, path: &std::path::Path) {
    if let Err(error) = watch.queue(name, path) {
        tracing::error!(
            "queue {name}: {} cannot be watched: {error} (see fs.inotify.max_user_watches)",
            path.display()
        );
    }
    handle.send(Event::Hint(name.clone())).await;
}

async fn stirred(handle: &Handle, watch: &mut Watch, name: &QueueName, stir: &Stir) {
    if let Some(dir) = handle.shared().queue(name) {
        dir.arrived(stir.arrived.iter().map(String::as_str));
        for bundle in stir.arrived.iter().filter(|n| n.ends_with(".post")) {
            // Without this watch the bundle is seen when it settles.
            let _ = watch.bundle(name, dir.path(), bundle);
        }
    }
    if stir.lost {
        handle.send(Event::QueueLost(name.clone())).await;
    }
    handle.send(Event::Hint(name.clone())).await;
}

async fn hint_all(handle: &Handle) {
    let names: Vec<QueueName> = handle.shared().live().house.queues.keys().cloned().collect();
    for name in names {
        handle.send(Event::Hint(name)).await;
    }
}

impl Engine {
    /// Opens the directories of the queues in force that are not open, and lets them be watched.
    pub(in crate::engine) fn watch_queues(&mut self) {
        let names: Vec<QueueName> = self.shared.live().house.queues.keys().cloned().collect();
        for name in names {
            if self.shared.queue(&name).is_none() {
                self.open_queue(&name);
            } else {
                self.scan(&name);
            }
        }
    }

    pub(in crate::engine) fn open_queue(&mut self, name: &QueueName) {
        let path = self.shared.queue_dir(name);
        match Queue::open(name.clone(), &path) {
            Ok(queue) => {
                self.shared.put_queue(name.clone(), Arc::new(queue));
                // The watcher ends only with the process.
                let _ = self.watching.send((name.clone(), path));
            }
            Err(why) => self.queue_trouble(name, why),
        }
    }

    fn queue_trouble(&mut self, name: &QueueName, why: String) {
        tracing::error!(crier_queue = name.to_string(), "queue {name}: {why}");
        self.seen.troubles.insert(name.clone(), why);
        self.reopen.insert(name.clone());
        self.rescan
            .insert(name.clone(), self.last_tick + crate::domain::time::Span::secs(30));
    }
}
