//! Housekeeping by `tokio-cron-scheduler`, in UTC: token sweep, quota refresh, validation, pruning.
//!
//! Each job only tells the engine its [`Chore`]; the engine does the work. Posting never depends on it:
//! posting times come from the engine's own timer.
//!
//! The scheduler's loop looks at its jobs twice a second for as long as it runs, and that would keep an idle
//! machine awake. So it does not run while nothing is due: the next moment of all jobs is computed with
//! `croner`, one [`WallTimer`] sleeps until then, the scheduler's loop is started, what is due fires within
//! its half second, and the loop is stopped again. The jobs stay in its memory all the while; only the loop comes and
//! goes. When somebody sets the clock the jobs are laid anew, so none waits for a time that has been undone.
//!
//! Chores may come late (suspend) or be merged (several missed ones run once): each is a "look whether there
//! is anything to do".

use std::io;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, Fired, WallTimer};
use crate::engine::event::{Chore, Event};

/// What is done when: six fields (second first), UTC. Odd minutes, away from the full hour at which all the world's
/// machines call the same servers.
const SCHEDULE: [(Chore, &str); 4] = [
    (Chore::SweepTokens, "12 7 * * * *"),
    (Chore::RefreshQuotas, "42 37 */6 * * *"),
    (Chore::ValidateAccounts, "22 17 4 * * *"),
    (Chore::Prune, "52 47 3 * * *"),
];

/// Why housekeeping cannot run.
#[derive(Debug, thiserror::Error)]
pub enum HousekeepingError {
    /// A schedule does not parse or never comes.
    #[error("the housekeeping schedule {0:?} is not one")]
    Schedule(String),
    /// The scheduler failed.
    #[error("the housekeeping scheduler failed: {0}")]
    Scheduler(#[from] JobSchedulerError),
    /// The timer failed.
    #[error("the housekeeping timer failed: {0}")]
    Timer(#[from] io::Error),
}

/// The scheduler ticks every half second; a job that has not fired after this long will not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs for as long as the engine listens. Needs a tokio runtime with IO and time.
pub async fn run(clock: Clock, engine: mpsc::Sender<Event>) -> Result<(), HousekeepingError> {
    run_with(clock, &SCHEDULE, engine).await
}

async fn run_with(
    clock: Clock,
    schedule: &[(Chore, &str)],
    engine: mpsc::Sender<Event>,
) -> Result<(), HousekeepingError> {
    let mut plan = Plan::new(schedule, clock.now())?;
    let mut scheduler = Scheduler::new(schedule).await?;
    let mut timer = WallTimer::new()?;
    loop {
        timer.set(plan.next())?;
        let fired = tokio::select! {
            fired = timer.fired() => fired?,
            () = engine.closed() => return Ok(()),
        };
        match fired {
            Fired::Due => {
                let due = plan.take_due(clock.now())?;
                scheduler.fire(due.len(), &engine).await?;
            }
            Fired::ClockChanged => {
                plan = Plan::new(schedule, clock.now())?;
                // The old one's tasks stay parked on their channels: a few KiB for each time that a person
                // sets the clock.
                scheduler = Scheduler::new(schedule).await?;
            }
        }
    }
}

/// When each chore falls due next: pure.
struct Plan(Vec<(Chore, Cron, Timestamp)>);

impl Plan {
    fn new(schedule: &[(Chore, &str)], now: Timestamp) -> Result<Self, HousekeepingError> {
        let parser = CronParser::builder().seconds(Seconds::Required).build();
        let entry = |(chore, text): &(Chore, &str)| {
            let bad = || HousekeepingError::Schedule((*text).to_owned());
            let cron = parser.parse(text).map_err(|_| bad())?;
            let next = next_after(&cron, now).ok_or_else(bad)?;
            Ok((*chore, cron, next))
        };
        schedule.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    fn next(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, _, next)| *next).min()
    }

    /// What is due, each once however often it was missed; their next times are those after `now`.
    fn take_due(&mut self, now: Timestamp) -> Result<Vec<Chore>, HousekeepingError> {
        let mut due = Vec::new();
        for (chore, cron, next) in self.0.iter_mut().filter(|(_, _, next)| *next <= now) {
            due.push(*chore);
            *next =
                next_after(cron, now).ok_or_else(|| HousekeepingError::Schedule(cron.pattern.to_string()))?;
        }
        Ok(due)
    }
}

fn next_after(cron: &Cron, now: Timestamp) -> Option<Timestamp> {
    let now = now.to_jiff().to_zoned(TimeZone::UTC);
    let next = cron.find_next_occurrence(&now, false).ok()?;
    Some(Timestamp::from(next.timestamp()))
}

/// The scheduler with its jobs; its loop runs only inside [`Scheduler::fire`].
struct Scheduler {
    jobs: JobScheduler,
    fired: mpsc::UnboundedReceiver<Chore>,
}

impl Scheduler {
    async fn new(schedule: &[(Chore, &str)]) -> Result<Self, HousekeepingError> {
        let mut jobs = JobScheduler::new().await?;
        jobs.init().await?;
        // Unbounded, yet never longer than the jobs: each is read before the loop starts again.
        let (tell, fired) = mpsc::unbounded_channel();
        for (chore, text) in schedule {
            let (chore, tell) = (*chore, tell.clone());
            let job = Job::new_async(*text, move |_, _| {
                // Nobody listens: the daemon ends.
                let _ = tell.send(chore);
                Box::pin(std::future::ready(()))
            })?;
            jobs.add(job).await?;
        }
        Ok(Self { jobs, fired })
    }

    /// Runs the loop until `count` jobs have fired, or patience ends; passes on what fired.
    async fn fire(&mut self, count: usize, engine: &mpsc::Sender<Event>) -> Result<(), HousekeepingError> {
        self.jobs.start().await?;
        for _ in 0..count {
            match tokio::time::timeout(PATIENCE, self.fired.recv()).await {
                // Nobody listens: the caller sees it too.
                Ok(Some(chore)) => drop(engine.send(Event::Housekeeping(chore)).await),
                Ok(None) => break,
                Err(_elapsed) => {
                    tracing::warn!("housekeeping: a job that was due did not fire; it runs at its next time");
                    break;
                }
            }
        }
        self.stop().await;
        Ok(())
    }

    /// Ends the loop and puts an unstarted one in its place: `shutdown` alone is final.
    async fn stop(&mut self) {
        let mut inner = self.jobs.scheduler.write().await;
        inner.shutdown().await;
        *inner = Default::default();
        inner.init(&self.jobs.context).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    /// What is told, which is a chore.
    fn chore(told: Option<Event>) -> Chore {
        match told {
            Some(Event::Housekeeping(chore)) => chore,
            Some(_) => panic!("housekeeping tells of chores alone"),
            None => panic!("it tells nothing more"),
        }
    }

    #[test]
    fn the_plan_knows_the_next_moment_in_utc() {
        // The night in which summer time ends in Europe: UTC does not care.
        let mut plan = Plan::new(&SCHEDULE, at("2026-10-25T00:40:00Z")).unwrap();
        assert_eq!(plan.next(), Some(at("2026-10-25T01:07:12Z")));
        assert_eq!(
            plan.take_due(at("2026-10-25T01:07:12Z")).unwrap(),
            [Chore::SweepTokens]
        );
        assert_eq!(plan.next(), Some(at("2026-10-25T02:07:12Z")));
    }

    #[test]
    fn what_was_missed_is_due_once() {
        let mut plan = Plan::new(&SCHEDULE, at("2026-11-01T12:00:00Z")).unwrap();
        let late = at("2026-11-09T12:00:00Z");
        assert_eq!(plan.take_due(late).unwrap(), SCHEDULE.map(|(chore, _)| chore));
        assert_eq!(plan.take_due(late).unwrap(), []);
        assert_eq!(plan.next(), Some(at("2026-11-09T12:07:12Z")));
    }

    #[test]
    fn a_bad_schedule_is_named() {
        for bad in ["nonsense", "0 9 * * Mon", "0 0 0 31 2 *"] {
            let error = Plan::new(&[(Chore::Prune, bad)], at("2026-11-01T12:00:00Z"))
                .err()
                .unwrap();
            assert_eq!(
                error.to_string(),
                format!("the housekeeping schedule {bad:?} is not one")
            );
        }
    }

    /// A six-field schedule that comes at this very second of every day.
    fn daily(at: Timestamp) -> String {
        let zoned = at.to_jiff().to_zoned(TimeZone::UTC);
        format!("{} {} {} * * *", zoned.second(), zoned.minute(), zoned.hour())
    }

    #[tokio::test]
    async fn due_jobs_arrive_and_the_loop_can_run_again() {
        let clock = Clock;
        let first = daily(clock.now() + Span::secs(1));
        let second = daily(clock.now() + Span::secs(3));
        let schedule = [
            (Chore::Prune, first.as_str()),
            (Chore::ValidateAccounts, first.as_str()),
            (Chore::SweepTokens, second.as_str()),
        ];
        let (tell, mut told) = mpsc::channel(1);
        let housekeeping = run_with(clock, &schedule, tell);
        let read = async {
            let mut all = Vec::new();
            for _ in 0..3 {
                all.push(chore(told.recv().await));
            }
            drop(told);
            all
        };
        let both = async { tokio::join!(housekeeping, read) };
        let (end, mut all) = tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
        end.unwrap();
        assert_eq!(all.pop(), Some(Chore::SweepTokens));
        all.sort_by_key(|chore| *chore == Chore::Prune);
        assert_eq!(all, [Chore::ValidateAccounts, Chore::Prune]);
    }

    /// Counts how often the runtime's only thread went to sleep during a window of 1.6 s in which nothing is due;
    /// the scheduler's own loop alone would make it three.
    fn parks(rounds_before: usize) -> u64 {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (tell, mut told) = mpsc::channel(8);
        let soon = daily(Clock.now() + Span::secs(1));
        let far = daily(Clock.now() + Span::hours(12));
        let schedule = if rounds_before == 0 { far } else { soon };
        runtime.spawn(async move { run_with(Clock, &[(Chore::Prune, schedule.as_str())], tell).await });
        for _ in 0..rounds_before {
            assert_eq!(chore(told.blocking_recv()), Chore::Prune);
        }
        let metrics = runtime.metrics();
        let window = |millis| {
            let before = metrics.worker_park_count(0);
            let (_keep, nothing) = std::sync::mpsc::channel::<()>();
            let _ = nothing.recv_timeout(Duration::from_millis(millis));
            metrics.worker_park_count(0) - before
        };
        // The stopped loop ends within its half second; then there must be silence.
        window(900);
        window(1600)
    }

    #[test]
    fn nothing_wakes_up_while_nothing_is_due() {
        assert_eq!(parks(0), 0, "before the first job");
        assert_eq!(parks(1), 0, "after a job has fired");
    }
}
