//! Signs of life, from the loop itself: the watchdog and the status line.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Who is told: systemd, or nobody.
pub trait Heart: Send {
    /// The line of `systemctl status`, when it has changed.
    fn status(&mut self, line: &str);
    /// The loop has gone round.
    fn alive(&mut self);
    /// Whether anybody is told.
    fn is_heard(&self) -> bool;
    /// How often it must be told that the loop lives; `None`: nobody counts.
    fn interval(&self) -> Option<Duration>;
}

/// Nobody listens.
pub struct Silent;

impl Heart for Silent {
    fn status(&mut self, _line: &str) {}
    fn alive(&mut self) {}
    fn is_heard(&self) -> bool {
        false
    }
    fn interval(&self) -> Option<Duration> {
        None
    }
}

/// The loop's side of it. Without a watchdog it never wakes anybody.
pub struct Beat {
    heart: Box<dyn Heart>,
    ticks: Option<Interval>,
}

impl Beat {
    /// Beats for this heart.
    pub fn new(heart: Box<dyn Heart>) -> Self {
        let ticks = heart.interval().map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self { heart, ticks }
    }

    /// When the next sign of life is due; never without a watchdog.
    pub async fn due(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Whether anybody reads the status line.
    pub fn is_heard(&self) -> bool {
        self.heart.is_heard()
    }

    /// A sign of life.
    pub fn tell(&mut self) {
        self.heart.alive();
    }

    /// The status line.
    pub fn status(&mut self, line: String) {
        self.heart.status(&line);
    }
}
