//! How other tasks talk to the loop: by events only.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::api::{Answer, Caller, Problem, ProblemKind};
use super::event::{ChangeRequest, Event};
use super::{Engine, Shared};
use crate::core::desk::{Input, Request};
use crate::domain::id::DeliveryId;

/// A way into the loop; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
}

impl Handle {
    /// A handle over what the loop shares.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What the loop shares.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Hands an event to the loop; `false`: it has stopped.
    pub async fn send(&self, event: Event) -> bool {
        self.shared.tx.send(event).await.is_ok()
    }

    /// The same from a blocking thread.
    pub fn send_blocking(&self, event: Event) -> bool {
        self.shared.tx.blocking_send(event).is_ok()
    }

    /// Looks at the engine from inside the loop.
    pub async fn look<T: Send + 'static>(&self, f: impl FnOnce(&Engine) -> T + Send + 'static) -> Answer<T> {
        let (tx, rx) = oneshot::channel();
        let look = Box::new(move |engine: &Engine| {
            // The asker may have gone; then nobody wants to know.
            let _ = tx.send(f(engine));
        });
        if !self.send(Event::Look(look)).await {
            return Err(stopping());
        }
        rx.await.map_err(|_| stopping())
    }

    /// Changes something, with its audit record; answers when it is durable.
    pub async fn change(
        &self,
        who: &Caller,
        what: &'static str,
        target: impl Into<String>,
        inputs: Vec<Input>,
        detail: BTreeMap<String, String>,
    ) -> Answer<()> {
        let (done, rx) = oneshot::channel();
        let request = ChangeRequest {
            inputs,
            who: who.clone(),
            what,
            target: target.into(),
            detail,
            done,
        };
        if !self.send(Event::Change(Box::new(request))).await {
            return Err(stopping());
        }
        rx.await.map_err(|_| stopping())?
    }

    /// Asks whether a one-off request may go out; answers when what it counts against is durable.
    pub async fn may_ask(&self, request: Request) -> Answer<()> {
        let (done, rx) = oneshot::channel();
        if !self.send(Event::Ask(Box::new(request), done)).await {
            return Err(stopping());
        }
        rx.await.map_err(|_| stopping())?
    }

    /// Notes that a vendor fetches what a commit handed out; answers when that is durable.
    pub(super) async fn fetched(&self, delivery: DeliveryId, attempt: u32) -> Answer<()> {
        let (done, rx) = oneshot::channel();
        if !self.send(Event::Fetched(delivery, attempt, done)).await {
            return Err(stopping());
        }
        rx.await.map_err(|_| stopping())?
    }

    /// The line of `systemctl status`.
    pub async fn status_line(&self) -> Answer<String> {
        self.look(Engine::status_line).await
    }

    /// Asks the loop to finish what is open and stop.
    pub async fn stop(&self) {
        self.send(Event::Stop).await;
    }
}

fn stopping() -> Problem {
    Problem::new(ProblemKind::Busy, "crierd is stopping")
        .help("`systemctl status crierd` says why; ask again when it runs")
}
