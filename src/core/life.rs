//! The life of a token set, as rules without IO: when it is renewed, when a person is warned, when it is over.
//!
//! Rotating refresh tokens (x.md 2.5, tiktok.md 2.5) are used up by each renewal, so a renewal whose answer is lost
//! may have killed the set. What can still be saved is saved: the mark on disk before sending, the same token again
//! at once, and the access token's own time for a person to log in.

use super::login::RefreshRule;
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::time::{Span, Timestamp};

/// Calls of one renewal when answers are lost: the first, and "again at once, then once more" (x.md 2.5).
pub const RENEWAL_TRIES: u32 = 3;
/// After this many failures in a row people hear of it, each time.
pub const FAILURES_TO_TELL: u32 = 3;
/// A token younger than this that is refused anyway is not helped by another.
const FORCED_PAUSE: Span = Span::mins(60);
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
    if !connection.status.usable() {
        return forced_at(connection, rule).map(|at| at.max(patient));
    }
    if let Some(begun) = lost {
        return Some(begun.max(patient));
    }
    let begin = connection.expires? - Span::secs(rule.margin_secs);
    Some(begin.max(ripe_at(connection, rule)).max(patient))
}

/// An access token that the vendor refuses is renewed once where there is a refresh token of its own, before a person is
/// needed (x.md 2.6); not again and again when a fresh one is refused too.
fn forced_at(connection: &Connection, rule: RefreshRule) -> Option<Timestamp> {
    if !rule.rotating || connection.status != ConnectionStatus::Expired {
        return None;
    }
    let newest = connection.refreshed.max(connection.connected);
    Some(newest.map_or(Timestamp::MIN, |at| at + FORCED_PAUSE))
}

/// From when on the vendor renews this token (Meta: not before it is a day old).
pub fn ripe_at(connection: &Connection, rule: RefreshRule) -> Timestamp {
    connection
        .issued
        .map_or(Timestamp::MIN, |at| at + Span::secs(rule.min_age_secs))
}

/// What time alone has made of an account: a new status with its reason. `warn_secs`: how long before its end a person
/// is told when nothing renews it by itself; `renewable`: something does.
pub fn turn(
    connection: &Connection,
    warn_secs: i64,
    renewable: bool,
    now: Timestamp,
) -> Option<(ConnectionStatus, String)> {
    if !connection.status.usable() {
        return None;
    }
    let expires = connection.expires?;
    // Only a token that is renewed has an end that its vendor defines as final; others may go on working.
    if expires <= now && (renewable || connection.renewal_over) {
        let why = connection.reason.clone();
        return Some((
            ConnectionStatus::Expired,
            why.unwrap_or_else(|| format!("its token ended at {expires}")),
        ));
    }
    let alone = renewable && !connection.renewal_over && connection.refresh_failures < FAILURES_TO_TELL;
    if alone || connection.status == ConnectionStatus::Expiring || expires - Span::secs(warn_secs) > now {
        return None;
    }
    Some((
        ConnectionStatus::Expiring,
        format!("its token ends at {expires} and is not renewed by itself: log in again before then"),
    ))
}

/// Until when an account can be used without a person; `None`: no end is known.
pub fn lives_until(connection: &Connection, rule: Option<RefreshRule>) -> Option<Timestamp> {
    match rule {
        Some(_) if !connection.renewal_over => connection.renewal_ends,
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
    let works = rotating && before.status.usable();
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
        warn_secs: 600,
        rotating: true,
    };

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
        assert_eq!(at(&living(1_000)), Some(NOW.after_secs(60)));
        assert_eq!(refresh_at(&living(7_200), None, None), None);
        let patient = Connection {
            refresh_after: Some(NOW.after_secs(5_000)),
            ..living(7_200)
        };
        assert_eq!(at(&patient), Some(NOW.after_secs(5_000)));
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
        assert_eq!(turn(&living(7_200), 600, true, NOW), None);
        assert_eq!(turn(&living(7_200), 600, false, NOW), None);
        let (status, why) = turn(&living(500), 600, false, NOW).unwrap();
        assert_eq!(status, ConnectionStatus::Expiring);
        assert!(why.contains("log in again"), "{why}");
        assert_eq!(turn(&living(500), 600, true, NOW), None);
        let (status, _) = turn(&living(0), 600, true, NOW).unwrap();
        assert_eq!(status, ConnectionStatus::Expired);
        let (status, _) = turn(&living(0), 600, false, NOW).unwrap();
        assert_eq!(
            status,
            ConnectionStatus::Expiring,
            "only the vendor's word ends it"
        );
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
