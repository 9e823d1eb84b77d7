//! The engine's signs of life, for systemd.

use std::time::Duration;

use super::env::Env;
use super::sdnotify::Notifier;
use crate::engine::beat::Heart;

/// Tells systemd; without one it tells nobody.
pub struct Systemd(Notifier);

impl Systemd {
    /// Connects to systemd's socket, if there is one.
    pub fn new(env: &Env) -> std::io::Result<Self> {
        Notifier::new(env).map(Self)
    }
}

impl Heart for Systemd {
    fn status(&mut self, line: &str) {
        // A status that is not told is told with the next change.
        let _ = self.0.status(line);
    }

    fn alive(&mut self) {
        if let Err(error) = self.0.watchdog() {
            tracing::warn!("the watchdog could not be told: {error}");
        }
    }

    fn is_heard(&self) -> bool {
        self.0.is_heard()
    }

    fn interval(&self) -> Option<Duration> {
        self.0.watchdog_interval()
    }
}
