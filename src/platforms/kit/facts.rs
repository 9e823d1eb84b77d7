//! Facts from the `facts.toml` beside a platform's code.

use crate::core::facts::Facts;

/// Reads the facts that were compiled in.
///
/// A file that does not parse gives no facts at all; the table test reads each file and would fail.
pub(crate) fn compiled(toml: &str) -> Facts {
    toml::from_str(toml).unwrap_or_default()
}
