//! What a login was not granted, in the words of all platforms.

use crate::core::platform::Refusal;

/// The cells whose scope is not among those granted; nothing while the grants are not known.
pub(crate) fn not_granted(granted: &[String], wanted: &[(&'static str, &'static str)]) -> Vec<Refusal> {
    wanted
        .iter()
        .filter(|(_, scope)| !granted.is_empty() && !granted.iter().any(|g| g == scope))
        .map(|(cell, scope)| Refusal {
            cell,
            scope: Some(scope),
            why: format!(
                "its login did not grant {scope}: connect the account again with `crierctl connect` and grant it"
            ),
        })
        .collect()
}
