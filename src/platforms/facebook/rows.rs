//! Facebook's own rows of the code table (facebook.md 7, meta-common.md 4.4); what is not here is in the table of all
//! of Meta's APIs.

use crate::platforms::kit::graph::{Class, GraphError, classify};

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Numbers that stand in `code` or in `error_subcode`, whichever it was.
static NUMBERS: &[(i64, Class, &str)] = &[
    (1_363_047, Class::RetryLater, ""),
    (1_609_010, Class::RetryLater, ""),
    (1_366_046, Class::Reject, "use a JPEG or PNG of less than 4 MB"),
    (1_366_051, Class::Duplicate, "these photos were posted before"),
    (
        1_390_008,
        Class::Limited(HOUR),
        "the Page posts too fast: raise `spacing` of its queues",
    ),
    (1_346_003, Class::Reject, "Facebook takes the content for abusive"),
    (
        1_404_006,
        Class::Person,
        "Facebook wants a security check: log in to facebook.com and follow its instructions",
    ),
    (
        1_404_078,
        Class::Person,
        "Facebook wants Page Publishing Authorization: an administrator of the Page must pass it on facebook.com",
    ),
    (
        1_404_102,
        Class::Reject,
        "Facebook says that it goes against its Community Standards",
    ),
    (
        1_404_112,
        Class::Limited(DAY),
        "Facebook limits the account for some days",
    ),
    (
        1_609_008,
        Class::Reject,
        "Facebook takes no links to facebook.com here",
    ),
    (
        1_609_005,
        Class::Fetch,
        "Facebook could not read the link: look at its address",
    ),
    (2_061_006, Class::Reject, "correct the address in the post"),
    (
        1_349_125,
        Class::Reject,
        "Facebook does not take the content's format",
    ),
    (
        2_069_019,
        Class::Reject,
        "Facebook does not take the file: use another",
    ),
    (
        4_854_002,
        Class::Person,
        "Facebook wants an identity confirmed before anything is published as this Page: do it on facebook.com",
    ),
    (
        2_018_278,
        Class::Reject,
        "Messenger lets a Page answer for 24 hours after the person's last message",
    ),
    (
        2_018_001,
        Class::Reject,
        "Messenger knows no such person: an id is known only to the Page to which the person wrote",
    ),
    (
        1_545_041,
        Class::Reject,
        "the person cannot be reached: the Page may be blocked, or the account be gone",
    ),
];

/// Words of the message, in lower case.
static TEXTS: &[(&str, Class, &str)] = &[
    ("name parameter too long", Class::Reject, "shorten the text"),
    (
        "no permission to publish the video",
        Class::Person,
        "whoever logged in needs the task CREATE_CONTENT on the Page; then connect the account again",
    ),
    (
        "page request limit reached",
        Class::Limited(HOUR),
        "the Page's call limit",
    ),
    (
        "before impersonating a user's page",
        Class::Reauthorise,
        "connect the account again and leave every permission switched on",
    ),
];

/// What an error means, and what a person may do about it.
pub(super) fn meaning(error: &GraphError) -> (Class, &'static str) {
    let numbered = NUMBERS
        .iter()
        .find(|(number, _, _)| error.code == Some(*number) || error.subcode == Some(*number));
    if let Some((_, class, advice)) = numbered {
        return (*class, advice);
    }
    let worded = TEXTS.iter().find(|(words, _, _)| error.haystack.contains(words));
    if let Some((_, class, advice)) = worded {
        return (*class, advice);
    }
    let row = classify(error);
    (row.class, row.advice)
}
