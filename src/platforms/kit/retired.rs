//! An answer that says that the version of the API has ended (meta-common.md 1.1): nothing will work before another is named.

use super::graph::{self, Read};
use crate::core::call::Reply;
use crate::core::platform::Heard;

/// The fact that names the version, in every platform that uses this.
const FACT: &str = "api_version";

/// What it said, if it says so.
pub(crate) fn heard(reply: &Reply) -> Option<Heard> {
    let Reply::Http(http) = reply else {
        return None;
    };
    let Read::Bad(error) = graph::read(http) else {
        return None;
    };
    graph::classify(&error).ends_version.then(|| Heard::VersionEnded {
        fact: FACT,
        why: error.describe(),
    })
}
