//! Lengths of time as people write them.

use crate::domain::time::Span;

/// The longest length of time that is taken: a hundred years.
const MAX_MS: i64 = 100 * 366 * 86_400_000;

/// Reads `90s`, `6h`, `2d`, `1h 30m`, `2 weeks`; the error is a sentence without the key's name.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let bad = || {
        format!("{text:?} is no length of time; write it as \"90s\", \"30m\", \"6h\", \"2d\" or \"1h 30m\"")
    };
    let mut rest = text.trim();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: i64 = rest[..digits].parse().map_err(|_| bad())?;
        rest = rest[digits..].trim_start();
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit = unit(&rest[..letters]).ok_or_else(bad)?;
        rest = rest[letters..].trim_start();
        total = number
            .checked_mul(unit)
            .and_then(|part| total.checked_add(part))
            .filter(|sum| *sum <= MAX_MS)
            .ok_or_else(|| format!("{text:?} is longer than a hundred years"))?;
    }
    Ok(Span(total))
}

fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "ms" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "w" | "week" | "weeks" => 7 * 86_400_000,
        _ => return None,
    })
}
