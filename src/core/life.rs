//! The life of a token set, as rules without IO: when it is renewed, when a person is warned, when it is over.
//!
//! Rotating refresh tokens (x.md 2.5, tiktok.md 2.5) are used up by each renewal, so a renewal whose answer is lost
//! may have killed the set. What can still be saved is saved: the mark on disk before sending, the same token again
//! at once, and the access token's own time for a person to log in.

use super::login::RefreshRule;
use crate::domain::account::{Connection, ConnectionStatus, Profile};
use crate::domain::time::{Span, Timestamp};

/// Calls of one renewal when answers are lost: the first, and "again at once, then once more" (x.md 2.5).
pub const RENEWAL_TRIES: u32 = 3;
/// After this many failures in a row people hear of it, each time.
pub const FAILURES_TO_TELL: u32 = 3;
/// A token that was renewed because it was refused, and is refused again within this, is not helped by another.
const FORCED_PAUSE: Span = Span::mins(60);
/// How long after the next renewal a call that waits for it looks whether it came off.
pub const RENEWAL_LOOK: Span = Span::mins(1);
/// No token is renewed sooner after it was issued, however short its life.
const RENEWAL_PAUSE: Span = Span::mins(1);
/// Waits after failed renewals, in minutes; the last stands for all further ones.
const BACKOFF_MINS: &[i64] = &[1, 5, 15, 60, 180, 360];

/// How long to wait after this many failures in a row.
pub fn backoff(failures: u32) -> Span {
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    Span::mins(BACKOFF_MINS[index.min(BACKOFF_MINS.len() - 1)])
}

/// When the account's token is to be renewed; `None`: never. `lost`: when a renewal was begun of which no answer is
/// known; it is asked again at once.
pub fn refresh_at(
    connection: &Connection,
    rule: Option<RefreshRule>,
    lost: Option<Timestamp>,
) -> Option<Timestamp> {
    let rule = rule?;
    if connection.renewal_over {
        return None;
    }
    let patient = connection.refresh_after.unwrap_or(Timestamp::MIN);
    if !connection.status.has_login() {
        return forced_at(connection, rule).map(|at| at.max(patient));
    }
    if let Some(begun) = lost {
        return Some(begun.max(patient));
    }
    let begin = match connection.refused.filter(|_| rule.rotating) {
        Some(at) => at,
        None => ahead(connection, rule)?,
    };
    Some(begin.max(ripe_at(connection, rule)).max(patient))
}

/// When a token is renewed that nobody has refused: by its margin before its end, and when half of its life is over at the
/// latest. A life as short as the margin would be renewed again as soon as it is.
fn ahead(connection: &Connection, rule: RefreshRule) -> Option<Timestamp> {
    let (ends, margin) = (connection.expires?, Span::secs(rule.margin_secs));
    let Some(issued) = connection.issued else {
        return Some(ends - margin);
    };
    let life = ends.since(issued);
    let third = if rule.third { Span(life.0 / 3) } else { Span::ZERO };
    let margin = third.max(margin).min(Span(life.0 / 2));
    Some((ends - margin).max(issued + RENEWAL_PAUSE))
}

/// What it means that the vendor refused the token of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refused {
    /// Another set was issued since the call left: it is made again with that.
    Older,
    /// It is the one in use, which is renewed once before anybody is asked; the call waits for that.
    Renew,
    /// Only a person gives another.
    #[default]
    Final,
}

/// The vendor refused the token of a call that left at `sent`: "one forced refresh, one repeat, then reauthorise"
/// (x.md 2.6, tiktok.md 7). A token that renews itself (Meta's) is not renewed once it is refused.
pub fn refused(
    connection: &Connection,
    rule: Option<RefreshRule>,
    sent: Timestamp,
    now: Timestamp,
) -> Refused {
    if !connection.status.has_login() {
        return Refused::Final;
    }
    if connection.issued.is_some_and(|at| sent <= at) {
        return Refused::Older;
    }
    let renewable = rule.is_some_and(|rule| rule.rotating) && !connection.renewal_over;
    let lately = |at: Timestamp| at <= now && now < at + FORCED_PAUSE;
    // A token whose time is over is refused whatever becomes of its renewal.
    let waits = connection.refused.is_some() || connection.expires.is_some_and(|at| at <= now);
    if renewable && (waits || !connection.forced.is_some_and(lately)) {
        Refused::Renew
    } else {
        Refused::Final
    }
}

/// Why an account is lost by the refusal of its token, with what was tried.
pub fn lost_words(connection: &Connection, why: &str, now: Timestamp) -> String {
    let renewed = connection
        .forced
        .is_some_and(|at| at <= now && now < at + FORCED_PAUSE);
    if connection.renewal_over {
        format!("{why}; it cannot be renewed any more: log in again")
    } else if renewed {
        format!("{why}, also after it was renewed: log in again")
    } else {
        why.to_owned()
    }
}

/// Why calls wait for the renewal of the account's token; `None`: they need not. A token whose time is over would only
/// be refused.
pub fn renewing(connection: &Connection, rule: Option<RefreshRule>, now: Timestamp) -> Option<String> {
    let rule = rule.filter(|_| connection.status.usable() && !connection.renewal_over)?;
    if let Some(at) = connection.refused.filter(|_| rule.rotating) {
        return Some(format!("its platform refused it at {at}"));
    }
    let ended = connection.expires.filter(|at| *at <= now)?;
    Some(format!("it ended at {ended}"))
}

/// An account whose renewed token was refused too is tried again where there is a refresh token of its own, while a person
/// is asked (x.md 2.6); not again and again.
fn forced_at(connection: &Connection, rule: RefreshRule) -> Option<Timestamp> {
    if !rule.rotating || connection.status != ConnectionStatus::Expired {
        return None;
    }
    let newest = connection
        .refreshed
        .max(connection.connected)
        .max(connection.forced);
    Some(newest.map_or(Timestamp::MIN, |at| at + FORCED_PAUSE))
}

/// From when on the vendor renews this token (Meta: not before it is a day old).
pub fn ripe_at(connection: &Connection, rule: RefreshRule) -> Timestamp {
    connection
        .issued
        .map_or(Timestamp::MIN, |at| at + Span::secs(rule.min_age_secs))
}

/// Whether a refresh token of its own can still renew the account's token after that has ended: only its vendor's word, or
/// its own end, is final, and no outage is.
fn outlives(connection: &Connection, rule: Option<RefreshRule>, now: Timestamp) -> bool {
    let rotating = rule.is_some_and(|rule| rule.rotating);
    rotating && !connection.renewal_over && connection.renewal_ends.is_none_or(|at| at > now)
}

/// What time alone has made of an account: a new status with its reason. `warn_secs`: how long before its end a person
/// is told when nothing renews it by itself; `rule`: what does.
pub fn turn(
    connection: &Connection,
    warn_secs: i64,
    rule: Option<RefreshRule>,
    now: Timestamp,
) -> Option<(ConnectionStatus, String)> {
    if !connection.status.usable() {
        return None;
    }
    let (expires, renewable) = (connection.expires?, rule.is_some());
    // Only a token that is renewed has an end that its vendor defines as final; others may go on working. While its
    // renewal is still being tried, calls wait for it.
    let alone = renewable && !connection.renewal_over && connection.refresh_failures < FAILURES_TO_TELL;
    let final_end = !alone && !outlives(connection, rule, now) && (renewable || connection.renewal_over);
    if expires <= now && final_end {
        let why = connection.reason.clone();
        return Some((
            ConnectionStatus::Expired,
            why.unwrap_or_else(|| format!("its token ended at {expires}")),
        ));
    }
    let early = !connection.renewal_over && expires - Span::secs(warn_secs) > now;
    if alone || connection.status == ConnectionStatus::Expiring || early {
        return None;
    }
    let why = if outlives(connection, rule, now) {
        let failures = connection.refresh_failures;
        format!("its token could not be renewed {failures} times; it is tried again by itself")
    } else {
        format!("its token ends at {expires} and is not renewed by itself: log in again before then")
    };
    Some((ConnectionStatus::Expiring, why))
}

/// What a proof that was asked for at `asked` makes of an account: it works, and whatever a person was warned of stands.
pub fn proved(
    before: &Connection,
    profile: Profile,
    asked: Timestamp,
    (warn_secs, rule): (i64, Option<RefreshRule>),
    now: Timestamp,
) -> Connection {
    let well = Connection {
        status: ConnectionStatus::Connected,
        reason: None,
        profile: Some(profile),
        last_verified: Some(now),
        refused: before.refused.filter(|at| *at >= asked),
        ..before.clone()
    };
    // Who was not warned yet is warned by time.
    let warned = before.status == ConnectionStatus::Expiring;
    let fails = rule.is_some() && before.refresh_failures >= FAILURES_TO_TELL;
    if warned && (fails || turn(&well, warn_secs, rule, now).is_some()) {
        return Connection {
            status: before.status,
            reason: before.reason.clone(),
            ..well
        };
    }
    well
}

/// Until when an account can be used without a person; `None`: no end is known. A renewal that fails again and again, and
/// says nothing of its own end, is not counted on.
pub fn lives_until(connection: &Connection, rule: Option<RefreshRule>) -> Option<Timestamp> {
    let failing = connection.refresh_failures >= FAILURES_TO_TELL;
    match rule {
        Some(_) if !connection.renewal_over => {
            connection.renewal_ends.or(connection.expires.filter(|_| failing))
        }
        Some(_) | None => connection.expires,
    }
}

/// What the vendor's final word about a refresh token makes of an account. A vendor that takes refresh tokens back
/// leaves the access token its time, so posts go on until it ends, and a person hears at once.
pub fn renewal_dead(
    before: &Connection,
    rotating: bool,
    lost: Option<Timestamp>,
    vendor: &str,
    now: Timestamp,
) -> Connection {
    let why = match lost {
        Some(begun) => format!(
            "the answer to the renewal of {begun} was lost, and its refresh token is used up ({vendor})"
        ),
        None => vendor.to_owned(),
    };
    let works = rotating && before.status.usable() && before.refused.is_none();
    let works_until = before.expires.filter(|at| works && *at > now);
    match works_until {
        Some(until) => Connection {
            status: ConnectionStatus::Expiring,
            reason: Some(format!(
                "{why}; the access token still works until {until}: log in again before then"
            )),
            renewal_over: true,
            ..before.clone()
        },
        None => Connection {
            status: ConnectionStatus::Expired,
            reason: Some(match lost {
                Some(_) => format!("{why}: log in again"),
                None => why,
            }),
            renewal_over: true,
            ..before.clone()
        },
    }
}

/// The scopes of a login that were not granted; nothing while the grants are not known.
pub fn missing_scopes(wanted: &[String], connection: &Connection) -> Vec<String> {
    if connection.scopes.is_empty() || connection.status == ConnectionStatus::Never {
        return Vec::new();
    }
    wanted
        .iter()
        .filter(|scope| !connection.scopes.contains(scope))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const RULE: RefreshRule = RefreshRule {
        min_age_secs: 60,
        margin_secs: 3_600,
        third: false,
        warn_secs: 600,
        rotating: true,
    };

    /// As Meta's, which renews itself.
    const ALONE: RefreshRule = RefreshRule {
        rotating: false,
        ..RULE
    };

    fn failing(connection: Connection) -> Connection {
        Connection {
            refresh_failures: FAILURES_TO_TELL,
            ..connection
        }
    }

    fn living(secs: i64) -> Connection {
        Connection {
            status: ConnectionStatus::Connected,
            issued: Some(NOW),
            expires: Some(NOW.after_secs(secs)),
            ..Connection::default()
        }
    }

    #[test]
    fn it_is_renewed_ahead_but_not_too_young() {
        let at = |connection: &Connection| refresh_at(connection, Some(RULE), None);
        assert_eq!(at(&living(7_200)), Some(NOW.after_secs(3_600)));
        assert_eq!(at(&living(1_000)), Some(NOW.after_secs(500)), "half of its life");
        assert_eq!(at(&living(60)), Some(NOW.after_secs(60)));
        assert_eq!(refresh_at(&living(7_200), None, None), None);
        let patient = Connection {
            refresh_after: Some(NOW.after_secs(5_000)),
            ..living(7_200)
        };
        assert_eq!(at(&patient), Some(NOW.after_secs(5_000)));
    }

    #[test]
    fn a_short_life_is_renewed_when_a_third_of_what_was_told_is_left() {
        let rule = RefreshRule {
            third: true,
            margin_secs: 600,
            ..RULE
        };
        let at = |secs| refresh_at(&living(secs), Some(rule), None);
        assert_eq!(at(86_400), Some(NOW.after_secs(57_600)));
        assert_eq!(at(7_200), Some(NOW.after_secs(4_800)));
        assert_eq!(at(1_200), Some(NOW.after_secs(600)));
    }

    #[test]
    fn a_refused_token_is_renewed_at_once_and_once_an_hour() {
        let at = |secs: i64| NOW.after_secs(secs);
        let means = |connection: &Connection, sent| refused(connection, Some(RULE), sent, at(100));
        let fresh = living(7_200);
        assert_eq!(means(&fresh, NOW), Refused::Older, "it was issued since");
        assert_eq!(means(&fresh, at(90)), Refused::Renew);
        let once = Connection {
            refused: Some(at(100)),
            forced: Some(at(100)),
            ..fresh.clone()
        };
        assert_eq!(refresh_at(&once, Some(RULE), None), Some(at(100)));
        assert_eq!(means(&once, at(90)), Refused::Renew, "one renewal for all");
        assert!(renewing(&once, Some(RULE), at(100)).is_some());
        let renewed = Connection {
            refused: None,
            issued: Some(at(95)),
            ..once
        };
        assert_eq!(
            means(&renewed, at(98)),
            Refused::Final,
            "the new one is refused too"
        );
        assert_eq!(
            refused(&renewed, Some(RULE), at(3_700), at(3_701)),
            Refused::Renew
        );
        assert_eq!(refused(&fresh, None, at(90), at(100)), Refused::Final);
        let alone = RefreshRule {
            rotating: false,
            ..RULE
        };
        assert_eq!(refused(&fresh, Some(alone), at(90), at(100)), Refused::Final);
        let over = Connection {
            renewal_over: true,
            ..fresh.clone()
        };
        assert_eq!(means(&over, at(90)), Refused::Final);
        assert_eq!(renewing(&fresh, Some(RULE), at(7_199)), None);
        assert!(
            renewing(&fresh, Some(RULE), at(7_200)).is_some(),
            "its time is over"
        );
        assert_eq!(renewing(&over, Some(RULE), at(7_200)), None);
    }

    #[test]
    fn a_proof_leaves_a_warning_standing() {
        let who = || Profile::default();
        let proof = |before: &Connection, renewable: bool| {
            let rule = renewable.then_some(RULE);
            let after = proved(before, who(), NOW, (600, rule), NOW);
            (after.status, after.reason)
        };
        let warned = |secs| Connection {
            status: ConnectionStatus::Expiring,
            reason: Some("log in again".to_owned()),
            ..living(secs)
        };
        let stands = (ConnectionStatus::Expiring, Some("log in again".to_owned()));
        let over = Connection {
            renewal_over: true,
            ..warned(7_200)
        };
        assert_eq!(proof(&over, true), stands);
        assert_eq!(proof(&warned(500), false), stands);
        let failing = Connection {
            refresh_failures: FAILURES_TO_TELL,
            ..warned(7_200)
        };
        assert_eq!(proof(&failing, true), stands);
        assert_eq!(proof(&warned(7_200), false), (ConnectionStatus::Connected, None));
        let restricted = Connection {
            status: ConnectionStatus::Error,
            reason: Some("a checkpoint".to_owned()),
            ..living(7_200)
        };
        assert_eq!(proof(&restricted, true), (ConnectionStatus::Connected, None));
    }

    #[test]
    fn a_renewal_without_an_answer_is_asked_again_at_once() {
        let lost = Some(NOW.after_secs(-5));
        assert_eq!(refresh_at(&living(7_200), Some(RULE), lost), lost);
        let over = Connection {
            renewal_over: true,
            ..living(7_200)
        };
        assert_eq!(refresh_at(&over, Some(RULE), lost), None);
    }

    #[test]
    fn a_refused_access_token_is_renewed_once_before_a_person_is_asked() {
        let refused = Connection {
            status: ConnectionStatus::Expired,
            connected: Some(NOW),
            ..living(7_200)
        };
        let at = |connection: &Connection, rule| refresh_at(connection, Some(rule), None);
        assert_eq!(at(&refused, RULE), Some(NOW.after_secs(3_600)));
        let again = Connection {
            refreshed: Some(NOW.after_secs(5_000)),
            ..refused.clone()
        };
        assert_eq!(at(&again, RULE), Some(NOW.after_secs(8_600)));
        let single = RefreshRule {
            rotating: false,
            ..RULE
        };
        assert_eq!(at(&refused, single), None);
        let over = renewal_dead(&refused, true, None, "invalid_request", NOW);
        assert_eq!(over.status, ConnectionStatus::Expired);
        assert_eq!(at(&over, RULE), None);
    }

    #[test]
    fn time_warns_and_ends() {
        let turned = |connection: &Connection, rule| turn(connection, 600, rule, NOW);
        for rule in [Some(RULE), Some(ALONE), None] {
            assert_eq!(turned(&living(7_200), rule), None);
        }
        let (status, why) = turned(&living(500), None).unwrap();
        assert_eq!(status, ConnectionStatus::Expiring);
        assert!(why.contains("log in again"), "{why}");
        for rule in [Some(RULE), Some(ALONE)] {
            assert_eq!(turned(&living(500), rule), None);
            assert_eq!(turned(&living(0), rule), None, "it is still being renewed");
        }
        let (status, _) = turned(&failing(living(0)), Some(ALONE)).unwrap();
        assert_eq!(status, ConnectionStatus::Expired, "what renews it is over too");
        let over = Connection {
            renewal_over: true,
            ..living(7_200)
        };
        let (status, _) = turned(&over, Some(RULE)).unwrap();
        assert_eq!(status, ConnectionStatus::Expiring, "at once");
        let (status, _) = turned(&living(0), None).unwrap();
        assert_eq!(
            status,
            ConnectionStatus::Expiring,
            "only the vendor's word ends it"
        );
    }

    #[test]
    fn an_outage_ends_no_account_whose_refresh_token_lives() {
        let ends = |secs| Connection {
            renewal_ends: Some(NOW.after_secs(secs)),
            ..failing(living(-86_400))
        };
        for lives in [ends(9_000), failing(living(-86_400))] {
            let (status, why) = turn(&lives, 600, Some(RULE), NOW).unwrap();
            assert_eq!(status, ConnectionStatus::Expiring);
            assert!(why.contains("tried again by itself"), "{why}");
            let told = Connection { status, ..lives };
            assert_eq!(turn(&told, 600, Some(RULE), NOW), None, "once");
            assert!(renewing(&told, Some(RULE), NOW).is_some(), "posts wait");
            let asked = refused(&told, Some(RULE), NOW.after_secs(1), NOW.after_secs(2));
            assert_eq!(asked, Refused::Renew, "a token whose time is over says nothing");
            let just = Connection {
                forced: Some(NOW),
                ..told
            };
            let again = refused(&just, Some(RULE), NOW.after_secs(1), NOW.after_secs(2));
            assert_eq!(again, Refused::Renew);
        }
        let (status, _) = turn(&ends(0), 600, Some(RULE), NOW).unwrap();
        assert_eq!(status, ConnectionStatus::Expired);
        let over = Connection {
            renewal_over: true,
            ..ends(9_000)
        };
        let (status, _) = turn(&over, 600, Some(RULE), NOW).unwrap();
        assert_eq!(status, ConnectionStatus::Expired, "by the vendor's word");
    }

    #[test]
    fn a_renewal_that_keeps_failing_is_not_counted_on() {
        let until = |connection: &Connection, rule| lives_until(connection, rule);
        let end = Some(NOW.after_secs(7_200));
        assert_eq!(until(&living(7_200), Some(ALONE)), None, "it is renewed");
        assert_eq!(until(&failing(living(7_200)), Some(ALONE)), end);
        assert_eq!(until(&living(7_200), None), end);
        let ends = Connection {
            renewal_ends: Some(NOW.after_secs(9_000)),
            ..failing(living(7_200))
        };
        assert_eq!(until(&ends, Some(RULE)), Some(NOW.after_secs(9_000)));
    }

    #[test]
    fn a_used_up_refresh_token_leaves_the_access_token_its_time() {
        let after = renewal_dead(
            &living(900),
            true,
            Some(NOW.after_secs(-9)),
            "invalid_request",
            NOW,
        );
        assert_eq!(after.status, ConnectionStatus::Expiring);
        assert!(after.reason.unwrap().contains("still works until"));
        let after = renewal_dead(&living(900), false, None, "190/460", NOW);
        assert_eq!(
            (after.status, after.reason.unwrap().as_str()),
            (ConnectionStatus::Expired, "190/460")
        );
        let after = renewal_dead(&living(-1), true, None, "invalid_grant", NOW);
        assert_eq!(after.status, ConnectionStatus::Expired);
    }
}
