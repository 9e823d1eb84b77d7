//! Counts by the vendor's clock, in what the vendor shows and heard.

use crier::domain::time::{Span, Timestamp};

use super::limits::{self, Counted, Limit};
use super::others::OTHERS;
use super::when;
use crate::sim::cast::Cast;
use crate::sim::outside::Heard;
use crate::sim::scene::{START, account, delivery};
use crate::sim::state::Sim;

/// After a refusal because of a limit nothing like it is tried for so long.
const PAUSE: Span = Span::secs(55);

/// The step that stands for a start of crier.
const START_MARK: &str = "start";

/// What was seen in a month.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub account: &'static str,
    /// What crier published.
    pub posts: usize,
    pub restarts: usize,
    /// Refusals that others brought about.
    pub refused: usize,
    pub windows: usize,
    /// The fullest window of each limit, against its maximum.
    pub fullest: Vec<Fullest>,
}

/// One limit's fullest window.
#[derive(Clone, Debug)]
pub struct Fullest {
    pub words: &'static str,
    pub inside: usize,
    pub max: usize,
    pub window: Span,
    fills: bool,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} posts, {} restarts, {} refusals because of others, {} windows; the fullest:",
            self.account, self.posts, self.restarts, self.refused, self.windows
        )?;
        for one in &self.fullest {
            write!(
                f,
                " {} of {} {} in {},",
                one.inside, one.max, one.words, one.window
            )?;
        }
        Ok(())
    }
}

impl Seen {
    /// A month that comes nowhere near a limit shows nothing: the one that is always run must fill them.
    pub fn full(&self, seed: u64) -> Result<(), String> {
        if seed > 1 {
            return Ok(());
        }
        if self.posts < 30 || self.restarts < 3 {
            return Err(format!("a quiet month: {self}"));
        }
        match self.fullest.iter().find(|one| one.fills && one.inside < one.max) {
            Some(one) => Err(format!("never full: {} of {self}", one.words)),
            None => Ok(()),
        }
    }
}

/// When each thing happened that counts against the limit.
fn times(sim: &Sim, cast: &Cast, limit: &Limit) -> Vec<Timestamp> {
    let calls = sim.outside.calls.iter();
    let mut times: Vec<Timestamp> = match &limit.counted {
        Counted::Posts(counts) => published(sim, cast, *counts),
        Counted::Calls(step) => calls.filter(|c| c.step == *step).map(|c| c.at).collect(),
        Counted::Made(step) => calls
            .filter(|c| c.step == *step && c.status < 400)
            .map(|c| c.at)
            .collect(),
        Counted::Mails { recipients } => {
            let mails = sim.outside.world.mail.messages().iter();
            let ours = mails.filter(|m| !m.from.starts_with(OTHERS));
            ours.flat_map(|m| {
                let many = if *recipients { m.rcpts.len() } else { 1 };
                std::iter::repeat_n(when(m.at_ms), many)
            })
            .collect()
        }
    };
    times.sort_unstable();
    times
}

fn published(
    sim: &Sim,
    cast: &Cast,
    counts: impl Fn(&crier::sandbox::model::WallPost) -> bool,
) -> Vec<Timestamp> {
    let Some(model) = sim.outside.world.vendor(cast.platform) else {
        return Vec::new();
    };
    let ours = |text: &str| !text.starts_with(OTHERS);
    model
        .posts()
        .iter()
        .filter(|p| p.username == cast.account() && p.at_ms >= START.0 && ours(&p.text) && counts(p))
        .map(|p| when(p.at_ms))
        .collect()
}

/// Whether a limit was exceeded; what else there was to see.
pub fn judge(sim: &Sim, cast: &'static Cast) -> Result<Seen, String> {
    let mut seen = Seen {
        account: cast.account(),
        ..Seen::default()
    };
    let limits = limits::of(cast);
    let mut own = Vec::new();
    for limit in &limits {
        let times = times(sim, cast, limit);
        let mut fullest = 0;
        for (n, end) in times.iter().enumerate() {
            let inside = times[..=n].iter().filter(|at| **at + limit.window > *end).count();
            if inside > limit.max {
                return Err(format!(
                    "{inside} {} in {} until {end}, {} allowed",
                    limit.words, limit.window, limit.max
                ));
            }
            fullest = fullest.max(inside);
        }
        seen.windows += times.len();
        seen.fullest.push(Fullest {
            words: limit.words,
            inside: fullest,
            max: limit.max,
            window: limit.window,
            fills: limit.fills,
        });
        own.push(times);
    }
    seen.posts = if cast.platform == "email" {
        own.last().map_or(0, Vec::len)
    } else {
        published(sim, cast, |_| true).len()
    };
    seen.refused = refusals(sim, cast)?;
    Ok(seen)
}

/// A start, among the calls.
pub fn start(sim: &Sim, cast: &Cast) -> Heard {
    Heard {
        account: account(cast.account()),
        of: (delivery(0, cast.account()), 0),
        told: true,
        step: START_MARK,
        at: sim.true_now(),
        status: 0,
        full: false,
    }
}

/// Refusals because of a limit: others brought them about, and crier waits once it was told.
fn refusals(sim: &Sim, cast: &Cast) -> Result<usize, String> {
    let mut last: Option<(&str, Timestamp)> = None;
    let mut count = 0;
    let calls = sim.outside.calls.iter();
    for call in calls.filter(|c| c.account.as_str() == cast.account()) {
        // Counts that were told are asked for again at a start; a post may be faster than that question.
        if call.step == START_MARK && cast.platform == "instagram" {
            last = None;
        }
        if let Some((step, at)) = last
            && step == call.step
            && call.at < at + PAUSE
        {
            return Err(format!(
                "{step} again {} after it was told to wait",
                call.at.since(at)
            ));
        }
        if call.full {
            count += 1;
            if !others_active(sim, call.at) {
                return Err(format!(
                    "{} at {} ran into a limit that crier alone had used up: {:?}",
                    call.step,
                    call.at,
                    before(sim, call.at)
                ));
            }
            last = call.told.then_some((call.step, call.at));
        }
    }
    Ok(count)
}

/// Whether others used the account's quotas in the day until then, or still do.
fn others_active(sim: &Sim, at: Timestamp) -> bool {
    let before = sim.outside.others_at.iter().filter(|(when, _)| *when <= at);
    let used = |text: &str| !text.ends_with(" 0");
    before.clone().next_back().is_some_and(|(_, text)| used(text))
        || before
            .clone()
            .any(|(when, text)| used(text) && *when + Span::days(1) > at)
}

/// The calls of the hours before.
fn before(sim: &Sim, at: Timestamp) -> Vec<(&'static str, String, u16)> {
    let calls = sim.outside.calls.iter();
    let near = calls.filter(|c| c.at <= at && c.at + Span::hours(3) > at);
    near.map(|c| (c.step, at.since(c.at).to_string(), c.status))
        .collect()
}
