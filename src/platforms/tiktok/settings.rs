//! What an account's settings and a post's own fields say (tiktok.md 4.1, 4.2).

use std::collections::BTreeMap;

use crate::core::login::Options;
use crate::core::platform::{FieldShape, FieldSpec, OptionSpec};
use crate::domain::post::{Content, Extra};

pub(super) const MODE: &str = "mode";
pub(super) const PRIVACY: &str = "privacy";
pub(super) const AUDITED: &str = "audited";
pub(super) const ALLOW: &str = "allow";
pub(super) const PKCE: &str = "pkce";
pub(super) const MORE_SCOPES: &str = "more_scopes";

/// Everybody.
pub(super) const PUBLIC: &str = "PUBLIC_TO_EVERYONE";
/// The account itself alone.
pub(super) const PRIVATE: &str = "SELF_ONLY";
/// Who may see a post, in TikTok's words (tiktok.md 4.2).
pub(super) const LEVELS: [&str; 4] = [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", PRIVATE];
/// What others may do with a post when the account allows it.
pub(super) const INTERACTIONS: [&str; 3] = ["comment", "duet", "stitch"];
/// Scopes beside those without which nothing works.
pub(super) const EXTRA_SCOPES: [&str; 3] = ["user.info.profile", "user.info.stats", "video.list"];

/// Settings of an account.
pub(super) static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: MODE,
        help: "\"direct\" publishes (default), \"inbox\" puts drafts into the inbox of the TikTok app, where a person finishes them",
        required: false,
    },
    OptionSpec {
        key: PRIVACY,
        help: "who may see posts that do not say it in `audience`: PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR or SELF_ONLY; TikTok forbids a default",
        required: false,
    },
    OptionSpec {
        key: AUDITED,
        help: "\"true\" once TikTok has audited the app: until then it takes SELF_ONLY posts alone",
        required: false,
    },
    OptionSpec {
        key: ALLOW,
        help: "what others may do with posts: `comment`, `duet`, `stitch`, separated by commas; TikTok wants them off unless they are chosen",
        required: false,
    },
    OptionSpec {
        key: PKCE,
        help: "how the login's proof key is written: \"hex\" (default), \"base64url\" or \"none\"",
        required: false,
    },
    OptionSpec {
        key: MORE_SCOPES,
        help: "scopes to ask for beside the needed ones: `user.info.profile,user.info.stats,video.list` (default) or fewer, or \"none\"; the app must be approved for each",
        required: false,
    },
];

pub(super) const TITLE: &str = "title";
pub(super) const DISABLE_COMMENT: &str = "disable_comment";
pub(super) const DISABLE_DUET: &str = "disable_duet";
pub(super) const DISABLE_STITCH: &str = "disable_stitch";
pub(super) const AI: &str = "ai";
pub(super) const BRAND_CONTENT: &str = "brand_content";
pub(super) const BRAND_ORGANIC: &str = "brand_organic";
pub(super) const AUTO_ADD_MUSIC: &str = "auto_add_music";
pub(super) const PHOTO_COVER: &str = "photo_cover";

/// Fields of queue files.
pub(super) static FIELDS: &[FieldSpec] = &[
    FieldSpec {
        key: TITLE,
        shape: FieldShape::Words,
        help: "the title of pictures; their text is the description",
    },
    FieldSpec {
        key: DISABLE_COMMENT,
        shape: FieldShape::Flag,
        help: "whether nobody may comment; without it as the account's `allow` says",
    },
    FieldSpec {
        key: DISABLE_DUET,
        shape: FieldShape::Flag,
        help: "whether nobody may make duets with the video; without it as the account's `allow` says",
    },
    FieldSpec {
        key: DISABLE_STITCH,
        shape: FieldShape::Flag,
        help: "whether nobody may stitch the video; without it as the account's `allow` says",
    },
    FieldSpec {
        key: AI,
        shape: FieldShape::Flag,
        help: "label it as made with the help of AI",
    },
    FieldSpec {
        key: BRAND_CONTENT,
        shape: FieldShape::Flag,
        help: "it is a paid partnership that promotes somebody else",
    },
    FieldSpec {
        key: BRAND_ORGANIC,
        shape: FieldShape::Flag,
        help: "it promotes the account's own business",
    },
    FieldSpec {
        key: AUTO_ADD_MUSIC,
        shape: FieldShape::Flag,
        help: "let TikTok add music to pictures",
    },
    FieldSpec {
        key: PHOTO_COVER,
        shape: FieldShape::Number,
        help: "which picture stands for the post, counted from 1",
    },
];

/// How posts reach the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Published.
    Direct,
    /// As drafts.
    Inbox,
}

/// The account's mode. Other words are refused when the config is read.
pub(super) fn mode(options: &Options) -> Mode {
    match options.get(MODE).map(String::as_str) {
        Some("inbox") => Mode::Inbox,
        Some(_) | None => Mode::Direct,
    }
}

/// Who may see it: the post's word, else the account's.
pub(super) fn privacy<'a>(content: &'a Content, options: &'a Options) -> Option<&'a str> {
    content
        .audience
        .as_deref()
        .or_else(|| options.get(PRIVACY).map(String::as_str))
        .filter(|word| !word.is_empty())
}

/// Whether the app has passed TikTok's audit, as its owner says.
pub(super) fn audited(options: &Options) -> bool {
    options.get(AUDITED).is_some_and(|word| word == "true")
}

/// Words between commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Whether the post switches `what` off: its own word, else the account's (tiktok.md 4.2: off by default).
pub(super) fn off(content: &Content, options: &Options, what: &str) -> bool {
    content.flag(&format!("disable_{what}")).unwrap_or_else(|| {
        !options
            .get(ALLOW)
            .is_some_and(|allowed| list(allowed).any(|word| word == what))
    })
}

/// A flag that is false unless written.
pub(super) fn yes(content: &Content, key: &str) -> bool {
    content.flag(key) == Some(true)
}

/// The picture that stands for the post, from 0.
pub(super) fn photo_cover(content: &Content) -> u64 {
    match content.extras.get(PHOTO_COVER) {
        Some(Extra::Number(n)) => u64::try_from(n.saturating_sub(1)).unwrap_or(0),
        Some(Extra::Flag(_) | Extra::Words(_) | Extra::List(_)) | None => 0,
    }
}

/// The scopes to ask for beside the needed ones.
pub(super) fn more_scopes(options: &Options) -> Vec<&'static str> {
    match options.get(MORE_SCOPES).map(String::as_str) {
        None => EXTRA_SCOPES.to_vec(),
        Some(written) => EXTRA_SCOPES
            .into_iter()
            .filter(|scope| list(written).any(|word| word == *scope))
            .collect(),
    }
}

/// Bad settings: key and sentence.
pub(super) fn check(options: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut one_of = |key: &str, words: &[&str], what: &str| {
        if let Some(word) = options.get(key).filter(|w| !words.contains(&w.as_str())) {
            out.push((key.to_owned(), format!("{word:?} is not {what}")));
        }
    };
    one_of(
        MODE,
        &["direct", "inbox"],
        "\"direct\" (publish) or \"inbox\" (drafts that a person finishes in the TikTok app)",
    );
    one_of(PRIVACY, &LEVELS, &format!("one of {}", LEVELS.join(", ")));
    one_of(AUDITED, &["true", "false"], "\"true\" or \"false\"");
    one_of(
        PKCE,
        &["hex", "base64url", "none"],
        "\"hex\", \"base64url\" or \"none\"",
    );
    let mut all_of = |key: &str, words: &[&str]| {
        let written = options.get(key).map(String::as_str).unwrap_or_default();
        let unknown: Vec<&str> = list(written)
            .filter(|word| *word != "none" && !words.contains(word))
            .collect();
        if !unknown.is_empty() {
            let why = format!(
                "{} is not known here; it takes {} or \"none\"",
                unknown.join(", "),
                words.join(", ")
            );
            out.push((key.to_owned(), why));
        }
    };
    all_of(ALLOW, &INTERACTIONS);
    all_of(MORE_SCOPES, &EXTRA_SCOPES);
    let exposed = options
        .get(PRIVACY)
        .is_some_and(|p| p != PRIVATE && LEVELS.contains(&p.as_str()));
    if exposed && !audited(options) && mode(options) == Mode::Direct {
        out.push((PRIVACY.to_owned(), NOT_AUDITED.to_owned()));
    }
    out
}

/// Why more than the account itself may not see it (tiktok.md, five facts, 1).
pub(super) const NOT_AUDITED: &str = "an app that TikTok has not audited may publish for SELF_ONLY alone, and only while the account is set to private; write `privacy = \"SELF_ONLY\"`, or `audited = \"true\"` once the app has passed the Content Posting audit, or `mode = \"inbox\"`";
