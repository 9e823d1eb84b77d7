//! Every key of queue files that all platforms share, once: the reader knows them by it, suggestions come from it, and
//! docs/queue-files.md is printed from it. A platform's own are [`crate::core::platform::FieldSpec`]s.

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// An example of its value, as written.
    pub example: &'static str,
    /// What it means, in a line.
    pub doc: &'static str,
}

const fn key(name: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key { name, example, doc }
}

/// When and for whom; not in `[only.ACCOUNT]`.
pub static TOP: &[Key] = &[
    key(
        "at",
        "2026-12-01T09:00",
        "when, in the queue's time zone, or with an offset (`2026-12-01T09:00+01:00`); without it the queue's next free slot, or at once where it has none",
    ),
    key(
        "expires",
        "\"2h\"",
        "too late is worse than never: so long after its time, or at this date and time, it is not published any more",
    ),
    key(
        "again",
        "true",
        "publish it though the same content went to the same account a short time ago (`duplicate_window`)",
    ),
    key(
        "fit",
        "\"auto\"",
        "media that breaks a platform's rule is made to fit: \"auto\", \"pad\", \"crop\" or \"off\"; without it as the queue says",
    ),
    key(
        "accounts",
        "[\"club-threads\"]",
        "only these of the queue's accounts",
    ),
    key(
        "only",
        "[only.club-instagram]",
        "a table for one account: what it publishes otherwise",
    ),
];

/// What is published; also in `[only.ACCOUNT]`.
pub static WHAT: &[Key] = &[
    key(
        "text",
        "\"We open at nine.\"",
        "the words; of several lines between `\"\"\"`",
    ),
    key(
        "media",
        "[{ file = \"door.jpg\", alt = \"The open door\" }]",
        "pictures and videos; of a video also `cover` (a picture's file) and `thumbnail` (a moment, `\"2s\"`)",
    ),
    key(
        "kind",
        "\"story\"",
        "\"post\" without it; \"reel\", \"story\", \"message\"",
    ),
    key(
        "thread",
        "[\"And at ten there is cake.\"]",
        "the posts after the first, chained as replies: texts, or tables with `text`, `media`, `link`, `poll`",
    ),
    key(
        "reply_to",
        "\"17890000000000000\"",
        "answer this post: its id or permalink",
    ),
    key(
        "quote",
        "\"17890000000000000\"",
        "quote this post: its id or permalink",
    ),
    key(
        "repost",
        "\"17890000000000000\"",
        "repost this post: its id or permalink",
    ),
    key("link", "\"https://club.example/news\"", "a link with its card"),
    key(
        "poll",
        "{ options = [\"Yes\", \"No\"], duration = \"1d\" }",
        "a poll; the list of its choices is enough",
    ),
    key(
        "first_comment",
        "\"#opening #club\"",
        "a comment below it, as soon as it is out",
    ),
    key("topic", "\"Opening hours\"", "the topic that it is filed under"),
    key(
        "audience",
        "\"followers\"",
        "who may see or answer it, in the platform's words",
    ),
    key("visibility", "\"followers\"", "the same as `audience`"),
    key(
        "to",
        "[\"members@club.example\"]",
        "whom a message or a mail is for",
    ),
    key("subject", "\"Opening hours\"", "the subject of a mail"),
];

/// The names of these keys.
pub fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// Whether one of these keys has this name.
pub fn has(keys: &[Key], name: &str) -> bool {
    keys.iter().any(|key| key.name == name)
}
