//! Renewing tokens: `core::renewal` decides as it does in the daemon, the platforms' own calls and readings, and the
//! sandbox's models; killed at every point, twice, under every fault.
//!
//! A point lies before and after each thing that is done: a set that is written, a call on its way and its answer on
//! the way back, the account that is written. What the vendor's rules allow to save must be saved: an account may be
//! lost only when a vendor whose refresh tokens work once did its work and the answer did not get as far as the disk.
//! Then a person must hear of it as soon as crier can know, with what happened and what to do, while the access token
//! still works. Accounts whose tokens stay good must never be lost.

mod broken;
mod judge;
mod players;
mod shell;

use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};

pub use broken::{ALL as RULES, Rule};
use players::Player;
use shell::Account;

use super::plan::{DOWN, mix};

/// What goes wrong beside the crashes.
#[derive(Clone, Default)]
pub struct Fault {
    pub name: &'static str,
    /// What the vendor, or the way to it, does.
    pub rules: Vec<FaultRule>,
    /// The answers of these calls are no JSON, though they worked.
    pub garbage: Vec<u32>,
    /// These calls never leave the machine.
    pub not_sent: Vec<u32>,
    /// These writes find the disk full.
    pub full: Vec<u32>,
    /// The person removes the app before this call.
    pub revoked: Option<u32>,
}

fn faults(step: &str) -> Vec<Fault> {
    let rules = |name, times, kind| Fault {
        name,
        rules: vec![FaultRule {
            times,
            ..FaultRule::once(step, kind)
        }],
        ..Fault::default()
    };
    let other = |name| Fault {
        name,
        ..Fault::default()
    };
    vec![
        other("none"),
        rules("lost-before", 1, FaultKind::LostBefore),
        rules("lost-before-thrice", 3, FaultKind::LostBefore),
        rules("lost-after", 1, FaultKind::LostAfter),
        rules("hang", 1, FaultKind::Hang { applied: false }),
        rules("hang-after", 1, FaultKind::Hang { applied: true }),
        rules("503", 1, FaultKind::ServerError { status: 503 }),
        rules("503-thrice", 3, FaultKind::ServerError { status: 503 }),
        rules("502-after", 1, FaultKind::ServerErrorAfter { status: 502 }),
        rules("cut", 1, FaultKind::Truncated),
        rules("429", 1, FaultKind::RateLimited { retry_after_s: 60 }),
        Fault {
            garbage: vec![1],
            ..other("garbage")
        },
        Fault {
            not_sent: vec![1],
            ..other("not-sent")
        },
        Fault {
            not_sent: vec![2],
            ..other("not-sent-again")
        },
        Fault {
            full: vec![1],
            ..other("full-before")
        },
        Fault {
            full: vec![2, 3, 4],
            ..other("full-after")
        },
        Fault {
            revoked: Some(1),
            ..other("revoked")
        },
        Fault {
            revoked: Some(2),
            ..other("revoked-later")
        },
    ]
}

/// How it went, over many runs.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub runs: usize,
    /// Crashes that struck.
    pub killed: usize,
    /// Calls that renewed.
    pub renewals: usize,
    /// Accounts that a lost answer took.
    pub lost: usize,
    /// Of those: told while the access token still worked.
    pub in_time: usize,
}

/// One run: two crashes at these points (none: 0), with these downtimes after them, then life without either.
fn run(
    player: &'static Player,
    fault: &Fault,
    kills: [u32; 2],
    downs: [Span; 2],
    rule: Option<Rule>,
    tally: &mut Tally,
) -> Result<u32, String> {
    let mut account = Account::new(player, fault, rule);
    let mut passed = 0;
    for (kill, down) in kills.into_iter().zip(downs) {
        account.begin(kill);
        let end = account.now + account.unit();
        match account.live_until(end) {
            Ok(()) => {}
            Err(shell::Stop::Killed) => {
                tally.killed += 1;
                account.crash(down);
            }
            Err(shell::Stop::Wrong(why)) => return Err(why),
        }
        passed = passed.max(account.passed());
        account.check()?;
    }
    account.begin(0);
    let end = account.now + account.unit() + account.unit();
    match account.live_until(end) {
        Ok(()) => {}
        Err(shell::Stop::Killed) => return Err("killed without a reason".into()),
        Err(shell::Stop::Wrong(why)) => return Err(why),
    }
    account.check()?;
    account.check_end()?;
    tally.runs += 1;
    tally.renewals += account.renewals;
    tally.lost += usize::from(account.is_lost());
    tally.in_time += usize::from(account.told_in_time());
    Ok(passed)
}

/// Every pair of points under every fault; the downtimes go round, `more` of them for each pair.
pub fn every_renewal(rule: Option<Rule>, more: usize, tally: &mut Tally) -> Result<(), String> {
    // A broken rule is looked for where it shows.
    let plays = |p: &&Player| rule.is_none_or(|r| r.shows_with() == p.name);
    for player in players::ALL.iter().filter(plays) {
        for fault in &faults(player.step) {
            let mut quiet = Tally::default();
            let free = run(player, fault, [0, 0], [Span::ZERO; 2], None, &mut quiet).unwrap_or(0);
            // The first two renewals of a life: what comes later is like them.
            let last = free.min(player.points);
            for (first, second) in (0..=last).flat_map(|one| (0..=last).map(move |two| (one, two))) {
                let dice = mix(u64::from(first), u64::from(second)) % 1_000 + fault.name.len() as u64;
                for n in 0..more.min(DOWN.len()) {
                    let down =
                        |add: u64| DOWN[usize::try_from((dice + add) % DOWN.len() as u64).unwrap_or(0)];
                    let downs = [down(n as u64), down(n as u64 + dice / 7)];
                    run(player, fault, [first, second], downs, rule, tally).map_err(|why| {
                        format!("{}/{}/{first}.{second}/{downs:?}: {why}", player.name, fault.name)
                    })?;
                }
            }
        }
    }
    Ok(())
}
