//! Small readings of text that came from outside.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::domain::time::Timestamp;

/// What may stand unencoded in a path segment (RFC 3986 unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One path segment, percent-encoded: whatever it holds, it stays one segment.
pub(crate) fn segment(text: &str) -> String {
    match text {
        // These two mean something to a path even when nothing in them is special.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        other => utf8_percent_encode(other, SEGMENT).to_string(),
    }
}

/// Text for people: without control characters, at most `max` characters.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(max)
        .collect();
    if text.chars().nth(max).is_some() {
        out.push('…');
    }
    out
}

/// A string or whole number as a string: vendors write ids both ways (meta-common.md 2).
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(s) if !s.is_empty() => Some(s.clone()),
        Value::Number(n) => n
            .as_u64()
            .map(|n| n.to_string())
            .or_else(|| n.as_i64().map(|n| n.to_string())),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds (of a life, or of a time), as a number or as a string; `None`: not told.
pub(crate) fn seconds(json: &Value, key: &str) -> Option<i64> {
    let value = json.get(key)?;
    let secs = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    secs.filter(|s| *s > 0)
}

/// A time as vendors write it: RFC 3339, or with an offset without colon (`2024-09-12T23:17:39+0000`).
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    if let Ok(t) = text.parse::<jiff::Timestamp>() {
        return Some(t.into());
    }
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text)
        .ok()?
        .to_timestamp()
        .ok()
        .map(Timestamp::from)
}

/// The same words in the same form: NFC, one kind of line end, trimmed.
pub(crate) fn plainly(text: &str) -> String {
    let text: String = text.replace("\r\n", "\n").nfc().collect();
    text.trim().to_owned()
}

/// The same without `#` (threads.md 8: an in-text tag may come back without it).
pub(crate) fn comparable(text: &str) -> String {
    plainly(&text.replace('#', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_never_becomes_two() {
        assert_eq!(segment("17889615691921648"), "17889615691921648");
        assert_eq!(segment("a/../b?x=1#y"), "a%2F..%2Fb%3Fx%3D1%23y");
        assert_eq!(segment(".."), "%2E%2E");
    }

    #[test]
    fn times_with_and_without_colon() {
        let a = time("2023-10-17T05:42:03+0000").unwrap();
        assert_eq!(a, time("2023-10-17T05:42:03Z").unwrap());
        assert_eq!(a, time("2023-10-17T07:42:03+0200").unwrap());
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn ids_of_both_kinds() {
        assert_eq!(
            id(&serde_json::json!(17_841_405_793_187_218_u64)).unwrap(),
            "17841405793187218"
        );
        assert_eq!(id(&serde_json::json!("1")).unwrap(), "1");
        assert_eq!(id(&serde_json::json!(1.5)), None);
        assert_eq!(id(&serde_json::json!("")), None);
    }

    #[test]
    fn comparable_forgives_form_only() {
        assert_eq!(comparable(" Caf\u{65}\u{301} #news\r\n"), comparable("Café news"));
        assert_ne!(comparable("one"), comparable("two"));
    }

    #[test]
    fn plain_text_has_no_controls_and_an_end() {
        assert_eq!(plain("a\u{1b}[31m\nb", 99), "a [31m b");
        assert_eq!(plain("abcdef", 3), "abc…");
    }
}
