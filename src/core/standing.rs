//! What one account cannot do though its platform can: by its scopes, its kind, its way of logging in.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::life::lives_until;
use super::platform::{Platform, Standing};
use super::reach::{Reach, unreachable};
use crate::domain::account::Connection;
use crate::domain::id::AccountName;
use crate::domain::media::{Media, MediaFacts, MediaId, MediaKind, Notes};
use crate::domain::post::{Content, Kind, Poll, Segment};
use crate::domain::time::Timestamp;

/// For each cell that this account cannot use, why, and what to do: what the platform says of it, then the scopes that
/// a post of that kind needs and the login did not grant, and files that the platform cannot fetch. Before the first login nothing is held against it but
/// what its settings say.
pub fn refusals(
    platform: &dyn Platform,
    account: &str,
    standing: &Standing<'_>,
    reach: Reach<'_>,
) -> BTreeMap<&'static str, String> {
    let mut all: BTreeMap<&'static str, String> = BTreeMap::new();
    for refusal in platform.refuses(standing) {
        let why = all.entry(refusal.cell).or_default();
        if !why.is_empty() {
            why.push_str("; ");
        }
        why.push_str(&refusal.why);
    }
    for (cell, content) in samples() {
        if let Some(why) = unreachable(platform, standing, &content, reach) {
            all.entry(cell).or_insert(why);
        }
    }
    if standing.scopes.is_empty() {
        return all;
    }
    for (cell, content) in samples() {
        let missing: Vec<&str> = platform
            .scopes_needed_with(&content, standing.options)
            .into_iter()
            .filter(|scope| !standing.scopes.iter().any(|granted| granted == scope))
            .collect();
        if !missing.is_empty() {
            let first = platform.login().before_granting(standing.options);
            let why = format!(
                "its login did not grant {}: {}`crierctl connect {account}` and grant it",
                missing.join(" and "),
                first.map(|first| format!("{first}, then ")).unwrap_or_default()
            );
            all.entry(cell).or_insert(why);
        }
    }
    all
}

/// Why the platform can fetch no files for this account, where the plainest posts need that.
pub fn out_of_reach(platform: &dyn Platform, standing: &Standing<'_>, reach: Reach<'_>) -> Option<String> {
    let mut samples = samples().into_iter();
    samples.find_map(|(_, content)| unreachable(platform, standing, &content, reach))
}

/// What stands in the way of a post that is due then: its account cannot publish now, or can no more by then.
pub fn unable(
    account: &AccountName,
    platform: &dyn Platform,
    facts: &Facts,
    options: &BTreeMap<String, String>,
    connection: &Connection,
    due: Timestamp,
) -> Option<String> {
    if !connection.status.usable() {
        let why = connection.reason.as_ref().map(|why| format!(" ({why})"));
        return Some(format!(
            "account {account} {}{}: this waits until `crierctl connect {account}` has worked",
            connection.status.predicate(),
            why.unwrap_or_default()
        ));
    }
    let rule = platform.login().refresh_rule(facts, options);
    let ends = lives_until(connection, rule)?;
    let failing = rule.is_some() && !connection.renewal_over && connection.renewal_ends.is_none();
    let why = if failing {
        "its renewal keeps failing"
    } else {
        "nothing renews it"
    };
    (ends <= due).then(|| {
        format!(
            "the token of {account} ends at {ends}, before this is due, and {why}: `crierctl connect {account}`"
        )
    })
}

/// The plainest post that uses each cell.
fn samples() -> Vec<(&'static str, Content)> {
    let mut all = kinds();
    all.extend(deeds());
    all
}

fn words() -> Segment {
    Segment {
        text: "x".to_owned(),
        ..Segment::default()
    }
}

fn with(media: &[MediaKind]) -> Segment {
    Segment {
        media: media.iter().map(|kind| file(*kind)).collect(),
        ..words()
    }
}

fn post(segment: Segment) -> Content {
    Content {
        segments: vec![segment],
        ..Content::default()
    }
}

fn kinds() -> Vec<(&'static str, Content)> {
    let of = |kind: Kind, segment: Segment| Content {
        kind,
        ..post(segment)
    };
    let link = Segment {
        link: Some("https://example.org".to_owned()),
        ..words()
    };
    let poll = Segment {
        poll: Some(Poll {
            options: vec!["a".to_owned(), "b".to_owned()],
            duration: None,
        }),
        ..words()
    };
    let video = || with(&[MediaKind::Video]);
    vec![
        ("text", post(words())),
        ("link", post(link)),
        ("photo", post(with(&[MediaKind::Image]))),
        ("video", post(video())),
        ("carousel", post(with(&[MediaKind::Image, MediaKind::Image]))),
        ("poll", post(poll)),
        ("reel", of(Kind::Reel, video())),
        ("story", of(Kind::Story, video())),
        ("message", of(Kind::Message, words())),
    ]
}

fn deeds() -> Vec<(&'static str, Content)> {
    let some = || Some("1".to_owned());
    let mut all = vec![("thread", post(words()))];
    all[0].1.segments.push(words());
    let mut add = |cell: &'static str, change: fn(&mut Content, Option<String>)| {
        let mut content = post(words());
        change(&mut content, some());
        all.push((cell, content));
    };
    add("reply", |c, id| c.reply_to = id);
    add("quote", |c, id| c.quote = id);
    add("topic", |c, word| c.topic = word);
    add("audience", |c, word| c.audience = word);
    add("first_comment", |c, text| c.first_comment = text);
    add("repost", |c, id| {
        c.segments.clear();
        c.repost = id;
    });
    all
}

fn file(kind: MediaKind) -> Media {
    let movie = kind == MediaKind::Video;
    Media {
        id: MediaId(0),
        file: "x".to_owned(),
        alt: None,
        cover: None,
        thumb_ms: None,
        facts: MediaFacts {
            kind,
            mime: if movie { "video/mp4" } else { "image/jpeg" }.to_owned(),
            bytes: 1000,
            width: 1080,
            height: if movie { 1920 } else { 1080 },
            duration_ms: movie.then_some(10_000),
            video_codec: movie.then(|| "avc1".to_owned()),
            audio_codec: None,
            moov_first: movie.then_some(true),
            sha256: String::new(),
            notes: Notes::default(),
        },
    }
}
