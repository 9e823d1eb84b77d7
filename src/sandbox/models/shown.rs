//! What every model shows of itself and lets be changed: its switches, and the vendor's rules that were broken.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Changes switches by name; none when one of them is wrong.
pub(crate) fn change<S: Serialize + DeserializeOwned>(
    settings: &mut S,
    changes: &Map<String, Value>,
) -> Result<(), String> {
    let mut all = json!(settings);
    for (name, value) in changes {
        all[name] = value.clone();
    }
    *settings = serde_json::from_value(all).map_err(|e| e.to_string())?;
    Ok(())
}

/// Each rule that was broken, with how often; words by the counter's name.
pub(crate) fn broken(counts: &impl Serialize, words: &[(&str, &str)]) -> Vec<String> {
    let counts = json!(counts);
    let count = |name: &str| serde_json::from_value(counts[name].clone()).unwrap_or(0);
    told(words.iter().map(|(name, words)| (*words, count(name))))
}

/// Each rule that was broken, with how often.
pub(crate) fn told<'a>(counted: impl IntoIterator<Item = (&'a str, u32)>) -> Vec<String> {
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    counted.map(|(what, count)| format!("{what}: {count}")).collect()
}
