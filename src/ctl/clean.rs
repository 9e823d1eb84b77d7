//! What others wrote must not drive a terminal: control characters are shown as `?` before anything is drawn.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;

/// The same value with every text in it made harmless.
pub(super) fn cleaned<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, Failure> {
    let fault = |e: serde_json::Error| Failure::Software(e.to_string());
    let mut tree = serde_json::to_value(value).map_err(fault)?;
    walk(&mut tree);
    serde_json::from_value(tree).map_err(fault)
}

fn walk(value: &mut Value) {
    match value {
        Value::String(string) => *string = text(string),
        Value::Array(list) => list.iter_mut().for_each(walk),
        Value::Object(map) => {
            let had = std::mem::take(map);
            map.extend(had.into_iter().map(|(key, mut value)| {
                walk(&mut value);
                (text(&key), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Text without control characters but line ends and tabs, and without what turns the direction of writing.
pub(super) fn text(text: &str) -> String {
    text.chars().map(|c| if harmful(c) { '?' } else { c }).collect()
}

fn harmful(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_pass() {
        let hostile = serde_json::json!({
            "a\u{1b}[2J": ["\u{1b}]0;title\u{7}", "two\nlines\tand a tab"],
            "b": "file\u{202e}gpj.exe\r",
            "n": 5,
        });
        let clean = cleaned(&hostile).unwrap();
        assert_eq!(
            clean,
            serde_json::json!({
                "a?[2J": ["?]0;title?", "two\nlines\tand a tab"],
                "b": "file?gpj.exe?",
                "n": 5,
            })
        );
    }
}
