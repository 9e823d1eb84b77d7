//! The usage headers of Meta's APIs: a full window, before it is bumped into (meta-common.md 5).

use serde_json::Value;

use super::text::plain;
use crate::core::call::{HttpReply, Reply};
use crate::core::platform::Heard;
use crate::domain::time::Timestamp;

/// Per cent from which on nothing more is called.
const FULL: f64 = 100.0;
/// How long a full window is left alone when the answer does not say, in seconds (meta-common.md 5: one hour).
const HOUR: i64 = 3600;
/// No header is believed beyond this, in seconds.
const LONGEST: i64 = 7 * 86_400;
/// Business objects that are read of one header (meta-common.md 5: at most 32).
const OBJECTS: usize = 32;

/// Full windows that an answer tells of: the one that frees last.
pub(crate) fn heard(reply: &Reply, now: Timestamp) -> Vec<Heard> {
    let Reply::Http(http) = reply else {
        return Vec::new();
    };
    let app = header(http, "x-app-usage").and_then(|usage| full(&usage, "the app's calls"));
    let business = header(http, "x-business-use-case-usage").and_then(|usage| fullest(&usage));
    app.into_iter()
        .chain(business)
        .max_by_key(|(secs, _)| *secs)
        .map(|(secs, why)| Heard::FullUntil {
            until: now.after_secs(secs),
            why,
        })
        .into_iter()
        .collect()
}

fn header(http: &HttpReply, name: &str) -> Option<Value> {
    serde_json::from_str(http.headers.get(name)?).ok()
}

/// Keyed by the id of a Page or account, each with a list. Advertising has windows of its own.
fn fullest(usage: &Value) -> Option<(i64, String)> {
    usage
        .as_object()?
        .values()
        .take(OBJECTS)
        .filter_map(Value::as_array)
        .flat_map(|list| list.iter().take(OBJECTS))
        .filter(|entry| !kind(entry).starts_with("ads"))
        .filter_map(|entry| full(entry, &format!("calls of the kind “{}”", plain(kind(entry), 40))))
        .max_by_key(|(secs, _)| *secs)
}

fn kind(entry: &Value) -> &str {
    entry.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// How long it is full, in seconds, and what.
fn full(usage: &Value, what: &str) -> Option<(i64, String)> {
    let regain = usage
        .get("estimated_time_to_regain_access")
        .and_then(Value::as_i64)
        .filter(|minutes| *minutes > 0);
    if let Some(minutes) = regain {
        let secs = minutes.saturating_mul(60).min(LONGEST);
        return Some((
            secs,
            format!("{what}: Meta gives access again in {minutes} minutes"),
        ));
    }
    let used = ["call_count", "total_cputime", "total_cpu_time", "total_time"]
        .into_iter()
        .filter_map(|key| usage.get(key).and_then(Value::as_f64))
        .fold(0.0, f64::max);
    (used >= FULL).then(|| (HOUR, format!("{what}: {used:.0} % of Meta's limit are used")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&str, &str)]) -> Vec<Heard> {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let reply = HttpReply {
            status: 200,
            headers: headers.collect(),
            ..HttpReply::default()
        };
        heard(&Reply::Http(reply), Timestamp::from_secs(0))
    }

    fn until(headers: &[(&str, &str)]) -> Option<i64> {
        match told(headers).as_slice() {
            [] => None,
            [Heard::FullUntil { until, .. }] => Some(until.as_secs()),
            more => panic!("{more:?}"),
        }
    }

    #[test]
    fn a_full_window_is_left_alone() {
        let app = "x-app-usage";
        let business = "x-business-use-case-usage";
        assert_eq!(until(&[]), None);
        assert_eq!(
            until(&[(app, r#"{"call_count":28,"total_time":99,"total_cputime":25}"#)]),
            None
        );
        assert_eq!(
            until(&[(app, r#"{"call_count":100,"total_time":5,"total_cputime":5}"#)]),
            Some(3600)
        );
        let one = r#"{"1784":[{"type":"pages","call_count":1,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":0}]}"#;
        assert_eq!(until(&[(business, one)]), None);
        let two = r#"{"1784":[{"type":"pages","call_count":1},{"type":"messenger","call_count":7,"estimated_time_to_regain_access":19}]}"#;
        assert_eq!(until(&[(business, two)]), Some(19 * 60));
        let cpu = r#"{"1784":[{"type":"instagram","total_cpu_time":101.5}]}"#;
        assert_eq!(until(&[(business, cpu)]), Some(3600));
        let ads = r#"{"1784":[{"type":"ads_management","call_count":100}]}"#;
        assert_eq!(until(&[(business, ads)]), None);
        assert_eq!(
            until(&[(app, r#"{"call_count":100}"#), (business, two)]),
            Some(3600)
        );
    }

    #[test]
    fn nonsense_is_nothing() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"1":{}}"#,
            r#"{"1":[1,null,"x"]}"#,
            r#"{"1":[{"call_count":"x"}]}"#,
        ] {
            assert_eq!(
                until(&[("x-business-use-case-usage", text), ("x-app-usage", text)]),
                None
            );
        }
        let long = r#"{"1":[{"type":"pages","estimated_time_to_regain_access":9223372036854775807}]}"#;
        assert_eq!(until(&[("x-business-use-case-usage", long)]), Some(7 * 86_400));
    }
}
