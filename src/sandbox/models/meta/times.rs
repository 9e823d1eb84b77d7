//! Times as Meta reads and writes them (meta-common.md 2).

/// `2024-09-12T23:17:39+0000`, the offset without a colon.
pub(crate) fn timestamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// Unix seconds, an RFC 3339 time, Meta's own form, or a day: what `strtotime` takes of what clients send.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    if let Ok(time) = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text) {
        return Some(time.as_millisecond());
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let zoned = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_that_clients_send() {
        let said = 1_726_183_059_000;
        assert_eq!(timestamp(said), "2024-09-12T23:17:39+0000");
        for text in [
            "1726183059",
            "2024-09-12T23:17:39Z",
            "2024-09-12T23:17:39+0000",
            "2024-09-13T01:17:39+02:00",
        ] {
            assert_eq!(parse(text), Some(said), "{text}");
        }
        assert_eq!(parse("2024-09-12"), Some(1_726_099_200_000));
        assert_eq!(parse("tomorrow"), None);
    }
}
