//! Numbers for people, and where a limit comes from.

use crate::core::facts::Facts;
use crate::core::facts::toml_value::Plain;

/// The source of the fact that holds `limit`: one whose name has one of `about`, else the only one with
/// that value. A rule is made of facts but does not say which, so a guess between two is not printed.
pub(super) fn source(facts: &Facts, limit: u64, about: &[&str]) -> Option<String> {
    let same: Vec<_> = facts
        .iter()
        .filter(|(_, fact)| match fact.value {
            Plain::Number(n) => u64::try_from(n) == Ok(limit),
            Plain::Word(_) => false,
        })
        .collect();
    let named = same
        .iter()
        .find(|(name, _)| about.iter().any(|a| name.contains(a)));
    let (_, fact) = match named {
        Some(found) => found,
        None if same.len() == 1 => &same[0],
        None => return None,
    };
    Some(format!("{}, read {}", fact.source, fact.date))
}

/// The source of a length in milliseconds, which its fact may hold in seconds.
pub(super) fn length_source(facts: &Facts, ms: u64, about: &[&str]) -> Option<String> {
    source(facts, ms, about).or_else(|| source(facts, ms / 1000, about))
}

/// `8 MB`, `1.2 GB`, `999 bytes`: with the vendors' powers of 1024 when they come out even, else of 1000.
pub fn bytes(n: u64) -> String {
    const KI: u64 = 1024;
    for (power, unit) in [(KI * KI * KI, "GiB"), (KI * KI, "MiB"), (KI, "KiB")] {
        // Numbers of more than a thousand of a unit are nobody's.
        if (power..power * 1025).contains(&n) && n.is_multiple_of(power) {
            return format!("{} {unit}", n / power);
        }
    }
    for (power, unit) in [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")] {
        if n >= power {
            let tenths = n / (power / 10);
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                rest => format!("{}.{rest} {unit}", tenths / 10),
            };
        }
    }
    format!("{n} bytes")
}

/// Both of two sizes, exactly when rounding would hide the difference.
pub(super) fn two_sizes(measured: u64, limit: u64) -> (String, String) {
    let (a, b) = (bytes(measured), bytes(limit));
    if measured.abs_diff(limit) * 10 < limit {
        return (format!("{measured} bytes"), format!("{limit} bytes ({b})"));
    }
    (a, b)
}

/// A ratio of width to height in thousandths: `1.91:1`.
pub(super) fn ratio(milli: u64) -> String {
    let whole = milli / 1000;
    let rest = milli % 1000;
    if rest == 0 {
        return format!("{whole}:1");
    }
    let digits = format!("{rest:03}");
    format!("{whole}.{}:1", digits.trim_end_matches('0'))
}

/// Milliseconds: `95.2 s`.
pub(super) fn millis(ms: u64) -> String {
    match ms % 1000 {
        0 => format!("{} s", ms / 1000),
        rest => format!("{}.{} s", ms / 1000, format!("{rest:03}").trim_end_matches('0')),
    }
}
