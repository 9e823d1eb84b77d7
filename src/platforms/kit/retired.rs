//! Answers that speak of more than their call: the version of the API has ended (meta-common.md 1.1), or the person has
//! taken the app's access away (4.2).

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
    if error.is_revoked() {
        return Some(Heard::Revoked {
            why: format!("{}; connect the account again", error.describe()),
        });
    }
    graph::classify(&error).ends_version.then(|| Heard::VersionEnded {
        fact: FACT,
        why: error.describe(),
    })
}
