//! The parts of a post in the order in which they go out: its segments, then its first comment.

use std::borrow::Cow;

use crate::domain::media::Media;
use crate::domain::post::{Content, Segment};

/// How many parts there are, at least one but for reposts.
pub(super) fn count(content: &Content) -> usize {
    content.segments.len() + usize::from(content.first_comment.is_some())
}

/// The `n`th part, from 0.
pub(super) fn part(content: &Content, n: usize) -> Option<Cow<'_, Segment>> {
    if let Some(segment) = content.segments.get(n) {
        return Some(Cow::Borrowed(segment));
    }
    let comment = content.first_comment.as_ref()?;
    (n == content.segments.len()).then(|| {
        Cow::Owned(Segment {
            text: comment.clone(),
            ..Segment::default()
        })
    })
}

/// Whether part `n` is the first comment.
pub(super) fn is_comment(content: &Content, n: usize) -> bool {
    content.first_comment.is_some() && n == content.segments.len()
}

/// The words of a part as they are sent: X has no field for a link, so it stands below the words.
pub(super) fn words(segment: &Segment) -> String {
    match &segment.link {
        Some(link) if !segment.text.contains(link.as_str()) => {
            if segment.text.trim().is_empty() {
                link.clone()
            } else {
                format!("{}\n\n{link}", segment.text.trim_end())
            }
        }
        Some(_) | None => segment.text.clone(),
    }
}

/// Whether X's rejection of duplicates guards a repeat: words, and no poll (x.md 8.2).
pub(super) fn guarded(segment: &Segment) -> bool {
    segment.poll.is_none() && !words(segment).trim().is_empty()
}

/// Whether a file is a GIF, which X treats as a kind of its own.
pub(super) fn is_gif(media: &Media) -> bool {
    media.facts.mime == "image/gif"
}

/// The id of a post, given as an id or as its address (`https://x.com/club/status/123`).
pub(super) fn post_id(text: &str) -> Option<&str> {
    let id = match text.split_once("://") {
        Some(("https" | "http", rest)) => {
            let (host, path) = rest.split_once('/')?;
            let known = matches!(
                host.trim_start_matches("www.").trim_start_matches("mobile."),
                "x.com" | "twitter.com"
            );
            let (_, id) = path.split_once("/status/").filter(|_| known)?;
            id.split(['/', '?', '#']).next()?
        }
        Some(_) => return None,
        None => text,
    };
    is_id(id).then_some(id)
}

/// Whether this is an id of X's: 1 to 19 digits (x.md 1).
pub(super) fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_addresses() {
        for given in [
            "1445880548472328192",
            "https://x.com/club/status/1445880548472328192",
            "https://twitter.com/i/web/status/1445880548472328192?s=20",
            "https://mobile.twitter.com/club/status/1445880548472328192/photo/1",
        ] {
            assert_eq!(post_id(given), Some("1445880548472328192"), "{given}");
        }
        for none in [
            "",
            "club",
            "https://example.org/club/status/1",
            "ftp://x.com/club/status/1",
            "https://x.com/club",
            "https://x.com/club/status/../1",
            "12345678901234567890",
        ] {
            assert_eq!(post_id(none), None, "{none}");
        }
    }

    #[test]
    fn a_link_stands_below_the_words_once() {
        let with = |text: &str| {
            words(&Segment {
                text: text.to_owned(),
                link: Some("https://club.example".to_owned()),
                ..Segment::default()
            })
        };
        assert_eq!(with("Come.\n"), "Come.\n\nhttps://club.example");
        assert_eq!(with(""), "https://club.example");
        assert_eq!(with("See https://club.example!"), "See https://club.example!");
    }
}
