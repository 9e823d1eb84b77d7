//! Request limits in fixed windows, and the money meter (`x.md` 6).

use std::collections::{HashMap, HashSet};

use super::refusal::{Answer, Refusal};
use super::route::Route;
use super::settings::{Period, RateHeaders, Settings};

/// 15 minutes: the usual window.
pub(super) const QUARTER_MS: i64 = 900_000;
/// 24 hours.
pub(super) const DAY_MS: i64 = 86_400_000;
/// 3 hours: the window of the account's own limit.
const THREE_HOURS_MS: i64 = 10_800_000;

/// Thousandths of a USD (`x.md` 6.3).
pub(super) const POST: i64 = 15;
pub(super) const POST_WITH_URL: i64 = 200;
pub(super) const DELETE: i64 = 10;
pub(super) const MESSAGE: i64 = 15;
pub(super) const METADATA: i64 = 5;
pub(super) const REPOST: i64 = 15;
pub(super) const READ_POST: i64 = 5;
pub(super) const READ_USER: i64 = 10;
pub(super) const READ_MESSAGE: i64 = 10;
pub(super) const READ_OWN: i64 = 1;

/// Who a window belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owner {
    App,
    User(usize),
}

/// The limits of one call: per user and 15 minutes, per user and day, per app and 15 minutes, per app and day.
#[derive(Clone, Copy, Debug, Default)]
struct Limits {
    user: Option<u64>,
    user_day: Option<u64>,
    app: Option<u64>,
    app_day: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    start: i64,
    used: u64,
}

/// What was used of every limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    windows: HashMap<(&'static str, Owner, i64), Window>,
    /// When every profile posted or reposted.
    posted: HashMap<usize, Vec<i64>>,
    /// What was read and paid on which UTC day.
    paid: HashSet<(i64, String)>,
}

fn table(route: &Route, settings: &Settings) -> Limits {
    let of = |user: u64, user_day: u64, app: u64, app_day: u64| Limits {
        user: Some(user).filter(|n| *n > 0),
        user_day: Some(user_day).filter(|n| *n > 0),
        app: Some(app).filter(|n| *n > 0),
        app_day: Some(app_day).filter(|n| *n > 0),
    };
    let mut limits = match route {
        Route::Create => of(100, 0, 0, 10_000),
        Route::Delete(_) | Route::Repost(_) | Route::Unrepost(..) | Route::Hide(_) => of(50, 0, 0, 0),
        Route::Me => of(75, 0, 0, 0),
        Route::UserByName(_) => of(900, 0, 300, 0),
        Route::List(_) => of(900, 0, 10_000, 0),
        Route::GetMany => of(5_000, 0, 3_500, 0),
        Route::Get(_) => of(900, 0, 450, 0),
        Route::Search => of(300, 0, 450, 0),
        Route::Upload | Route::Metadata | Route::Subtitles => of(500, 0, 0, 50_000),
        Route::MediaStatus => of(1_000, 0, 0, 100_000),
        Route::Initialize | Route::Append(_) | Route::Finalize(_) => of(1_875, 0, 0, 180_000),
        Route::SendTo(_) | Route::SendIn(_) | Route::SendGroup => of(15, 1_440, 0, 1_440),
        Route::MessagesWith(_) | Route::MessagesIn(_) | Route::Messages => of(15, 0, 0, 0),
        Route::DeleteMessage(_) => of(300, 1_500, 0, 4_000),
        Route::Usage => of(0, 0, 50, 0),
        Route::Authorize | Route::Token | Route::Revoke | Route::Unknown => Limits::default(),
    };
    let name = route.name();
    limits.user = settings.user_limits.get(name).copied().or(limits.user);
    limits.app_day = settings.app_limits.get(name).copied().or(limits.app_day);
    limits
}

impl Meter {
    /// Counts one request; answers the headers, or 429 with them.
    pub(super) fn count(
        &mut self,
        route: &Route,
        account: usize,
        settings: &Settings,
        now: i64,
    ) -> Answer<Vec<(String, String)>> {
        let limits = table(route, settings);
        let name = route.name();
        let kinds = [
            ("x-rate-limit", Owner::User(account), QUARTER_MS, limits.user),
            (
                "x-user-limit-24hour",
                Owner::User(account),
                DAY_MS,
                limits.user_day,
            ),
            ("", Owner::App, QUARTER_MS, limits.app),
            ("x-app-limit-24hour", Owner::App, DAY_MS, limits.app_day),
        ];
        let mut headers = Vec::new();
        let mut full = false;
        for (header, owner, length, limit) in kinds {
            let Some(limit) = limit else { continue };
            let window = self
                .windows
                .entry((name, owner, length))
                .or_insert(Window { start: now, used: 0 });
            if now.saturating_sub(window.start) >= length {
                *window = Window { start: now, used: 0 };
            }
            full |= window.used >= limit;
            window.used += 1;
            let left = limit.saturating_sub(window.used);
            let reset = (window.start + length).div_euclid(1_000) + 1;
            let shown = match settings.rate_headers {
                RateHeaders::All => true,
                RateHeaders::Short => length != DAY_MS,
                RateHeaders::Missing => false,
            };
            if shown && !header.is_empty() {
                headers.push((format!("{header}-limit"), limit.to_string()));
                headers.push((format!("{header}-remaining"), left.to_string()));
                headers.push((format!("{header}-reset"), reset.to_string()));
            }
        }
        if full {
            Err(Refusal::too_many().headed(headers))
        } else {
            Ok(headers)
        }
    }

    /// The account's own limits over all apps; refuses without saying which (`x.md` 6.1).
    pub(super) fn may_post(&self, account: usize, settings: &Settings, now: i64) -> Answer<()> {
        let Some(times) = self.posted.get(&account) else {
            return Ok(());
        };
        let within = |length: i64| times.iter().filter(|at| now - **at < length).count();
        if within(THREE_HOURS_MS) >= settings.posts_3h || within(DAY_MS) >= settings.posts_day {
            return Err(Refusal::too_many());
        }
        Ok(())
    }

    pub(super) fn posted(&mut self, account: usize, now: i64) {
        let times = self.posted.entry(account).or_default();
        times.retain(|at| now - *at < DAY_MS);
        times.push(now);
    }

    /// Which of these things are not yet paid on this UTC day; marks them as paid (`x.md` 6.3, reads).
    pub(super) fn unpaid(&mut self, ids: &[String], now: i64) -> i64 {
        let day = now.div_euclid(DAY_MS);
        self.paid.retain(|(paid, _)| *paid == day);
        let new = ids.iter().filter(|id| self.paid.insert((day, (*id).clone())));
        i64::try_from(new.count()).unwrap_or(i64::MAX)
    }
}

/// Refuses when this price cannot be paid (`x.md` 7, 402).
pub(super) fn afford(settings: &Settings, price: i64) -> Answer<()> {
    match settings.credits {
        Some(left) if left < price || left <= 0 => Err(Refusal::credits()),
        Some(_) | None => Ok(()),
    }
}

/// Takes the price.
pub(super) fn pay(settings: &mut Settings, price: i64) {
    settings.spent = settings.spent.saturating_add(price);
    if let Some(left) = &mut settings.credits {
        *left = left.saturating_sub(price).max(0);
    }
}

/// Refuses everything while the plan's cap is reached.
pub(super) fn capped(settings: &Settings) -> Answer<()> {
    match settings.usage_capped {
        None => Ok(()),
        Some(Period::Daily) => Err(Refusal::usage_capped(settings.usage_cap_status, "Daily")),
        Some(Period::Monthly) => Err(Refusal::usage_capped(settings.usage_cap_status, "Monthly")),
    }
}
