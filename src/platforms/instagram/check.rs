//! Rules that no table holds (instagram.md 4.2, 5).

use serde_json::{Value, json};

use super::offers::{big, size};
use super::shape::{self, Shape};
use super::way::{LOGIN, PAGE};
use crate::core::facts::Facts;
use crate::core::login::Options;
use crate::core::platform::{FieldShape, FieldSpec};
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Kind};
use crate::platforms::kit::graph::is_id;
use crate::platforms::kit::meta_login::{CONFIG_ID, bad_config};

pub(super) const LOCATION: &str = "location";
pub(super) const COLLABORATORS: &str = "collaborators";
pub(super) const TAGS: &str = "tags";
pub(super) const SHARE_TO_FEED: &str = "share_to_feed";
pub(super) const AUDIO_NAME: &str = "audio_name";
pub(super) const AI: &str = "ai";

/// Fields of queue files that Instagram understands.
pub(super) static FIELDS: &[FieldSpec] = &[
    FieldSpec {
        key: LOCATION,
        shape: FieldShape::Words,
        help: "where it is: the id of a Facebook Page with an address",
    },
    FieldSpec {
        key: COLLABORATORS,
        shape: FieldShape::List,
        help: "up to three accounts that are asked to share the post",
    },
    FieldSpec {
        key: TAGS,
        shape: FieldShape::List,
        help: "accounts that are in the picture: \"user\", or \"user@0.5,0.8\" with the place from the left and the top",
    },
    FieldSpec {
        key: SHARE_TO_FEED,
        shape: FieldShape::Flag,
        help: "whether a reel is in the feed too, or only among the reels",
    },
    FieldSpec {
        key: AUDIO_NAME,
        shape: FieldShape::Words,
        help: "the name of a reel's sound; it can be given once only",
    },
    FieldSpec {
        key: AI,
        shape: FieldShape::Flag,
        help: "the picture or video was made with the help of AI",
    },
];

/// One account in the picture.
struct Tag<'a> {
    user: &'a str,
    place: Option<(f64, f64)>,
}

/// `user` or `user@0.5,0.8`, perhaps with an `@` in front. `None`: neither.
fn tag(written: &str) -> Option<Tag<'_>> {
    let written = written.trim();
    let written = written.strip_prefix('@').unwrap_or(written);
    let (user, place) = match written.split_once('@') {
        None => (written, None),
        Some((user, place)) => {
            let (x, y) = place.split_once(',')?;
            let number = |n: &str| n.trim().parse::<f64>().ok().filter(|n| (0.0..=1.0).contains(n));
            (user, Some((number(x)?, number(y)?)))
        }
    };
    is_name(user).then_some(Tag { user, place })
}

/// A user name: letters, digits, dots and underscores, at most 30.
fn is_name(name: &str) -> bool {
    (1..=30).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
}

/// `user_tags` of a container: pictures need a place, videos take none (instagram.md 4.2).
pub(super) fn user_tags(content: &Content) -> Option<String> {
    let places = match shape::shape(content) {
        Shape::Photo | Shape::StoryPhoto => true,
        Shape::Reel | Shape::StoryVideo => false,
        Shape::Carousel | Shape::Message => return None,
    };
    let tags: Vec<Value> = content
        .list(TAGS)
        .iter()
        .filter_map(|written| tag(written))
        .map(|tag| {
            if places {
                let (x, y) = tag.place.unwrap_or((0.5, 0.5));
                json!({ "username": tag.user, "x": x, "y": y })
            } else {
                json!({ "username": tag.user })
            }
        })
        .collect();
    (!tags.is_empty()).then(|| Value::Array(tags).to_string())
}

/// Sentences about a content; none when it is fine.
pub(super) fn content(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    if content.kind == Kind::Message {
        message(content, facts, &mut out);
        return out;
    }
    let shape = shape::shape(content);
    caption(content, facts, &mut out);
    names(content, shape, facts, &mut out);
    belongings(content, shape, &mut out);
    for media in shape::files(content) {
        picture_of_video(media, shape, &mut out);
    }
    if let Some(comment) = &content.first_comment {
        first_comment(comment, shape, facts, &mut out);
    }
    out
}

/// How many words begin with this mark.
fn marked(text: &str, mark: char) -> usize {
    let mut before = ' ';
    let mut found = 0;
    for c in text.chars() {
        if before == mark && (c.is_alphanumeric() || c == '_') {
            found += 1;
        }
        // An address (name@host) is no mention.
        before = if c == mark && (before.is_alphanumeric() || before == '_') {
            ' '
        } else {
            c
        };
    }
    found
}

fn caption(content: &Content, facts: &Facts, out: &mut Vec<String>) {
    let words = shape::words(content);
    for (mark, what, most) in [
        ('#', "hashtags", size(facts, "hashtags_max")),
        ('@', "@ names", size(facts, "mentions_max")),
    ] {
        let has = marked(words, mark);
        if has > most {
            out.push(format!(
                "the caption has {has} {what}, Instagram takes at most {most}"
            ));
        }
    }
    let link = content.segments.first().and_then(|s| s.link.as_ref());
    if link.is_some() && !shape::files(content).is_empty() {
        out.push(
            "`link` makes a card, and Instagram has none; write the address into the text (it cannot be tapped there)"
                .to_owned(),
        );
    }
}

fn names(content: &Content, shape: Shape, facts: &Facts, out: &mut Vec<String>) {
    let collaborators = content.list(COLLABORATORS);
    let most = size(facts, "collaborators_max");
    if collaborators.len() > most {
        out.push(format!(
            "there are {} `collaborators`, Instagram takes at most {most}",
            collaborators.len()
        ));
    }
    for name in collaborators {
        if !is_name(name.trim_start_matches('@')) {
            out.push(format!("{name:?} in `collaborators` is no Instagram user name"));
        }
    }
    if !collaborators.is_empty() && matches!(shape, Shape::StoryPhoto | Shape::StoryVideo) {
        out.push("a story takes no `collaborators`".to_owned());
    }
    let tags = content.list(TAGS);
    if !tags.is_empty() && shape == Shape::Carousel {
        out.push("Instagram lets apps tag accounts in single pictures and videos, not in a carousel; leave `tags` out".to_owned());
    }
    for written in tags {
        match tag(written) {
            None => out.push(format!(
                "{written:?} in `tags` is neither \"user\" nor \"user@0.5,0.8\" (the place from the left and the top, 0 to 1)"
            )),
            Some(tag) if tag.place.is_some() && matches!(shape, Shape::Reel | Shape::StoryVideo) => {
                out.push(format!(
                    "{written:?} in `tags` has a place, but in a video accounts are tagged by name only"
                ));
            }
            Some(_) => {}
        }
    }
    let most = size(facts, "mentions_max");
    if tags.len() > most {
        out.push(format!(
            "there are {} `tags`, Instagram takes at most {most}",
            tags.len()
        ));
    }
}

/// Fields that only some kinds have.
fn belongings(content: &Content, shape: Shape, out: &mut Vec<String>) {
    if let Some(location) = content.words(LOCATION) {
        if !is_id(location) {
            out.push(format!(
                "`location` must be the numeric id of a Facebook Page with an address, not {location:?}"
            ));
        }
        if matches!(shape, Shape::StoryPhoto | Shape::StoryVideo) {
            out.push("a story takes no `location`".to_owned());
        }
    }
    for key in [SHARE_TO_FEED, AUDIO_NAME] {
        if content.extras.contains_key(key) && shape != Shape::Reel {
            out.push(format!("`{key}` is for reels (a single video) only"));
        }
    }
}

fn picture_of_video(media: &Media, shape: Shape, out: &mut Vec<String>) {
    if (media.cover.is_some() || media.thumb_ms.is_some()) && shape != Shape::Reel {
        out.push(format!(
            "Instagram lets a cover be chosen for reels only, and {} is none",
            media.file
        ));
    }
    if let (Some(thumb), Some(length)) = (media.thumb_ms, media.facts.duration_ms)
        && thumb >= length
    {
        out.push(format!(
            "the thumbnail of {} is at {thumb} ms, but it lasts {length} ms",
            media.file
        ));
    }
}

fn first_comment(comment: &str, shape: Shape, facts: &Facts, out: &mut Vec<String>) {
    if matches!(shape, Shape::StoryPhoto | Shape::StoryVideo) {
        out.push("`first_comment` is not possible below a story".to_owned());
    }
    if comment.trim().is_empty() {
        out.push("`first_comment` has no words".to_owned());
    }
    for (has, what, most) in [
        (comment.chars().count(), "characters", size(facts, "comment_max")),
        (
            marked(comment, '#'),
            "hashtags",
            size(facts, "comment_hashtags_max"),
        ),
    ] {
        if has > most {
            out.push(format!(
                "`first_comment` has {has} {what}, Instagram takes at most {most}"
            ));
        }
    }
}

/// An answer to one person: words, a file, or both (instagram.md 5).
fn message(content: &Content, facts: &Facts, out: &mut Vec<String>) {
    match content.to.as_slice() {
        // Without any the message cell says so.
        [] => {}
        [one] if is_id(one) => {}
        [one] => out.push(format!(
            "`to` must be the numeric id that Instagram gives a person in the conversation, not {one:?}"
        )),
        more => out.push(format!(
            "`to` names {} people; a message on Instagram goes to one",
            more.len()
        )),
    }
    let files = shape::files(content);
    if shape::message_parts(content) == 0 {
        out.push("a message needs words or a file".to_owned());
    }
    for media in files {
        attachment(media, facts, out);
    }
    if content.first_comment.is_some() {
        out.push("`first_comment` is for posts, not for messages".to_owned());
    }
    for field in FIELDS.iter().filter(|f| content.extras.contains_key(f.key)) {
        out.push(format!("`{}` is for posts, not for messages", field.key));
    }
}

fn attachment(media: &Media, facts: &Facts, out: &mut Vec<String>) {
    let most = match media.facts.kind {
        MediaKind::Image => big(facts, "message_image_max_bytes"),
        MediaKind::Video | MediaKind::Other => big(facts, "message_file_max_bytes"),
    };
    if media.facts.bytes > most {
        out.push(format!(
            "{} has {} bytes, a message on Instagram takes at most {most}",
            media.file, media.facts.bytes
        ));
    }
    let image = ["image/jpeg", "image/png", "image/gif"];
    if media.facts.kind == MediaKind::Image && !image.contains(&media.facts.mime.as_str()) {
        out.push(format!(
            "{} is {}, a message on Instagram takes {}",
            media.file,
            media.facts.mime,
            image.join(", ")
        ));
    }
}

/// Bad settings of an account.
pub(super) fn options(options: &Options) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let login = options.get(LOGIN).map(String::as_str);
    match login {
        None | Some("instagram" | "facebook") => {}
        Some("basic" | "basic-display" | "basic_display") => {
            out.push((LOGIN.to_owned(), super::login::BASIC_DISPLAY.to_owned()));
        }
        Some(other) => out.push((
            LOGIN.to_owned(),
            format!("{other:?} is neither \"instagram\" (Instagram's own login) nor \"facebook\" (through the Page that the account is linked to)"),
        )),
    }
    if login == Some("facebook") {
        out.extend(bad_config(options));
    } else if options.contains_key(CONFIG_ID) {
        let why =
            "`config_id` is for `login = \"facebook\"` only; Instagram's own login has no configurations";
        out.push((CONFIG_ID.to_owned(), why.to_owned()));
    }
    if let Some(page) = options.get(PAGE) {
        if login != Some("facebook") {
            out.push((
                PAGE.to_owned(),
                "`page` is for `login = \"facebook\"` only; Instagram's own login knows no Pages".to_owned(),
            ));
        } else if page.trim().is_empty() {
            out.push((
                PAGE.to_owned(),
                "write the id or the name of the Page, or the Instagram user name".to_owned(),
            ));
        }
    }
    out
}
