//! What holds for every platform: its facts, its offers, its names, its saved states, and its patience with
//! nonsense.

mod facts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crier::core::call::{HttpReply, MailPhase, MailReply, Reply};
use crier::core::flow::{Job, Liveness, Next, Verdict};
use crier::core::offer::{Offer, Offers};
use crier::core::platform::{Platform, Saved};
use crier::core::rules;
use crier::domain::account::Profile;
use crier::domain::id::{AccountName, DeliveryId, PlatformName, PostId};
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind};
use crier::domain::post::{Content, Poll, Segment};
use crier::domain::time::Timestamp;
use crier::platforms::{ALL, by_name};

const NOW: Timestamp = Timestamp(1_800_000_300_000);

fn job(platform: &dyn Platform, content: Content) -> Job {
    Job {
        delivery: DeliveryId {
            post: PostId::new("01jcrier0000000000000000aa").unwrap(),
            account: AccountName::new("club").unwrap(),
        },
        content,
        profile: Profile {
            remote_id: "1784".to_owned(),
            ..Profile::default()
        },
        scopes: Vec::new(),
        facts: platform.facts().clone(),
        options: BTreeMap::from([
            ("from".to_owned(), "The Club <news@club.example>".to_owned()),
            (
                "to".to_owned(),
                "a@x.example,b@x.example,c@x.example,d@x.example".to_owned(),
            ),
        ]),
        due: Timestamp(1_800_000_000_000),
        heard: None,
        fetched: false,
    }
}

fn words(text: &str) -> Segment {
    Segment {
        text: text.to_owned(),
        ..Segment::default()
    }
}

fn post(segments: Vec<Segment>) -> Content {
    Content {
        segments,
        ..Content::default()
    }
}

fn file(n: u32, mime: &str) -> Media {
    let video = mime.starts_with("video/");
    Media {
        cover: None,
        thumb_ms: None,
        id: MediaId(n),
        file: format!("file{n}"),
        alt: None,
        facts: MediaFacts {
            kind: if video { MediaKind::Video } else { MediaKind::Image },
            mime: mime.to_owned(),
            bytes: 1000,
            width: 1080,
            height: 1080,
            duration_ms: video.then_some(3000),
            video_codec: video.then(|| "avc1".to_owned()),
            audio_codec: None,
            moov_first: video.then_some(true),
            notes: Default::default(),
            sha256: String::new(),
        },
    }
}

#[test]
fn names_are_names_and_unique() {
    let mut names = BTreeSet::new();
    for p in ALL {
        assert!(PlatformName::new(p.name()).is_ok());
        assert!(names.insert(p.name()), "{} twice", p.name());
        assert_eq!(by_name(p.name()).map(Platform::name), Some(p.name()));
        assert!(!p.title().is_empty());
    }
    assert!(by_name("nothing").is_none());
}

#[test]
fn facts_are_complete() {
    for p in ALL {
        let facts = p.facts();
        assert!(
            facts.iter().count() > 0,
            "{}: facts.toml does not parse",
            p.name()
        );
        for (name, fact) in facts.iter() {
            let place = format!("{}.{name}", p.name());
            assert!(!fact.source.trim().is_empty(), "{place} has no source");
            assert!(!fact.words.trim().is_empty(), "{place} has no words");
            assert!(
                fact.date.parse::<jiff::civil::Date>().is_ok(),
                "{place} has no date"
            );
            assert!(fact.window_secs.is_none_or(|s| s > 0), "{place} has no window");
            if let Some(ends) = fact.sunset {
                let read: jiff::civil::Date = fact.date.parse().unwrap();
                assert!(name.ends_with("version"), "{place} is no version, and ends");
                assert!(
                    ends > read,
                    "{place} had ended when it was read: name a newer one"
                );
            }
        }
        for charge in p.charges(&post(vec![words("a"), words("b")])) {
            // A limit of money has no number of its own: the config gives it.
            let limit = facts.get(&charge.limit).filter(|f| f.window_secs.is_some());
            assert!(
                limit.is_some(),
                "{} counts against {}, which is no quota",
                p.name(),
                charge.limit
            );
        }
    }
}

fn cell<R>(name: &'static str, offer: &Offer<R>) -> (&'static str, Option<&'static str>) {
    match offer {
        Offer::Yes(_) => (name, None),
        Offer::No(why) => (name, Some(why)),
    }
}

/// All cells; a new field of `Offers` does not compile until it is here.
fn cells(offers: &Offers) -> Vec<(&'static str, Option<&'static str>)> {
    let Offers {
        text,
        link,
        photo,
        video,
        carousel,
        poll,
        reel,
        story,
        message,
        mail,
        thread,
        reply,
        quote,
        repost,
        topic,
        audience,
        first_comment,
        delete,
        edit,
        history,
        insights,
        read_messages,
    } = offers;
    vec![
        cell("text", text),
        cell("link", link),
        cell("photo", photo),
        cell("video", video),
        cell("carousel", carousel),
        cell("poll", poll),
        cell("reel", reel),
        cell("story", story),
        cell("message", message),
        cell("mail", mail),
        cell("thread", thread),
        cell("reply", reply),
        cell("quote", quote),
        cell("repost", repost),
        cell("topic", topic),
        cell("audience", audience),
        cell("first_comment", first_comment),
        cell("delete", delete),
        cell("edit", edit),
        cell("history", history),
        cell("insights", insights),
        cell("read_messages", read_messages),
    ]
}

#[test]
fn offers_say_yes_or_why_not() {
    for p in ALL {
        for (name, why) in cells(p.offers()) {
            assert!(why.is_none_or(|w| w.len() > 15), "{}.{name}: no reason", p.name());
        }
        // What is offered can be asked for, and the other way round.
        let ctx = crier::core::platform::Enquiry {
            profile: Profile::default(),
            scopes: Vec::new(),
            facts: p.facts().clone(),
            // Where a platform has several logins, what is offered is what one of them can.
            options: BTreeMap::from([("login".to_owned(), "facebook".to_owned())]),
            now: NOW,
            of: None,
        };
        let e = p.enquiries();
        let offers = p.offers();
        assert_eq!(
            e.history(&ctx, 1).is_some(),
            matches!(offers.history, Offer::Yes(_)),
            "{}",
            p.name()
        );
        assert_eq!(
            e.insights(&ctx, None).is_some(),
            matches!(offers.insights, Offer::Yes(_)),
            "{}",
            p.name()
        );
        assert_eq!(
            e.delete(&ctx, "1").is_some(),
            matches!(offers.delete, Offer::Yes(_)),
            "{}",
            p.name()
        );
    }
}

#[test]
fn hosts_and_options_are_unique() {
    for p in ALL {
        let hosts: BTreeSet<&str> = p.hosts().iter().map(|h| h.key).collect();
        assert_eq!(hosts.len(), p.hosts().len(), "{}", p.name());
        for host in p.hosts() {
            assert!(
                host.default.starts_with("https://") && !host.default.ends_with('/'),
                "{}",
                host.default
            );
            assert!(
                host.key.ends_with("_base") && !host.help.is_empty(),
                "{}",
                host.key
            );
        }
        let options: BTreeSet<&str> = p.options().iter().map(|o| o.key).collect();
        assert_eq!(options.len(), p.options().len(), "{}", p.name());
        assert!(p.options().iter().all(|o| !o.help.is_empty()), "{}", p.name());
    }
}

/// What the largest and the smallest of each kind come to: nothing for what is admitted, a sentence for the rest.
#[test]
fn rules_at_their_edges() {
    let threads = by_name("threads").unwrap();
    let poll = |options: &[&str]| {
        let mut segment = words("When?");
        segment.poll = Some(Poll {
            options: options.iter().map(|o| (*o).to_owned()).collect(),
            duration: None,
        });
        post(vec![segment])
    };
    let pictures = |n: u32| {
        let mut segment = words("");
        segment.media = (0..n).map(|i| file(i, "image/jpeg")).collect();
        post(vec![segment])
    };
    let good = [
        post(vec![words(&"x".repeat(500))]),
        post(vec![words(&"ü".repeat(500))]),
        post(vec![words(&"😀".repeat(125))]),
        post(vec![words("x"); 20]),
        pictures(1),
        pictures(20),
        poll(&["a", "b"]),
        poll(&["a", "b", "c", &"d".repeat(25)]),
    ];
    for content in good {
        assert_eq!(
            rules::check_for(&content, threads, threads.facts(), &BTreeMap::new()),
            [],
            "{content:?}"
        );
        let job = job(threads, content);
        let next = threads.next(&job, &threads.begin(&job), NOW).unwrap();
        assert!(matches!(next, Next::Quiet(_)), "{next:?}");
    }
    let mut link = words("x");
    link.link = Some("https://club.example".to_owned());
    link.media = vec![file(0, "image/jpeg")];
    let bad = [
        post(vec![words(&"x".repeat(501))]),
        post(vec![words(&"😀".repeat(126))]),
        post(vec![words("")]),
        post(vec![words("x"); 21]),
        pictures(21),
        poll(&["a"]),
        poll(&["a", "b", "c", "d", "e"]),
        poll(&["a", &"b".repeat(26)]),
        post(vec![link]),
        post(vec![words(
            "a.example b.example c.example d.example e.example f.example",
        )]),
        Content {
            reply_to: Some("https://www.threads.net/@club/post/abc".to_owned()),
            ..post(vec![words("x")])
        },
        Content {
            topic: Some("a.b&c".to_owned()),
            ..post(vec![words("x")])
        },
        Content {
            first_comment: Some("x".to_owned()),
            ..post(vec![words("x"); 20])
        },
    ];
    let told: Vec<String> = bad
        .iter()
        .map(|content| {
            let told = rules::check_for(content, threads, threads.facts(), &BTreeMap::new());
            assert!(!told.is_empty(), "{content:?}");
            told.iter()
                .map(|v| v.message.as_str())
                .collect::<Vec<_>>()
                .join(" | ")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// What each version of its flow has saved, by file and name.
fn fixtures(platform: &str) -> Vec<(String, Saved)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/states");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(version) = file.strip_prefix(&format!("{platform}-")) else {
            continue;
        };
        let version: u16 = version
            .parse()
            .unwrap_or_else(|_| panic!("{file}: PLATFORM-VERSION"));
        let states: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        all.extend(states.into_iter().map(|(name, json)| {
            let json = json.to_string();
            (format!("{file}: {name}"), Saved { version, json })
        }));
    }
    all
}

/// A post that fits every state of the fixtures: two parts, the first with two pictures; it also reposts.
fn fitting(p: &dyn Platform) -> Job {
    let mut first = words("One");
    first.media = vec![file(0, "image/jpeg"), file(1, "image/jpeg")];
    let mut job = job(p, post(vec![first, words("Two")]));
    job.content.repost = Some("777".to_owned());
    job
}

#[test]
fn states_of_every_version_still_open() {
    for p in ALL {
        let job = fitting(*p);
        let (now, known) = (p.begin(&job).version, fixtures(p.name()));
        for version in 1..=now {
            let there = known.iter().any(|(_, saved)| saved.version == version);
            assert!(there, "tests/fixtures/states/{}-{version}.json", p.name());
        }
        for (place, saved) in known {
            assert!(p.next(&job, &saved, NOW).is_ok(), "{place}");
            assert!(p.live(&job, &saved).is_ok(), "{place}");
            assert!(p.settle(&job, &saved, None, NOW).is_ok(), "{place}");
            assert_ne!(p.step_name(&saved), "unreadable", "{place}");
        }
        for bad in [
            Saved {
                version: 0,
                json: p.begin(&job).json,
            },
            Saved {
                version: now,
                json: "{".to_owned(),
            },
            Saved {
                version: now,
                json: String::new(),
            },
            Saved {
                version: now + 1,
                json: p.begin(&job).json,
            },
        ] {
            assert!(p.next(&job, &bad, NOW).is_err(), "{}: {bad:?}", p.name());
            assert!(p.absorb(&job, &bad, &http(200, "{}"), NOW).is_err());
        }
    }
}

fn http(status: u16, body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    })
}

fn smtp(phase: MailPhase, code: u16, text: &str) -> Reply {
    Reply::Mail(MailReply {
        phase,
        code,
        text: text.to_owned(),
        server: BTreeMap::new(),
    })
}

const NONSENSE: &[&str] = &[
    "",
    "{",
    "null",
    "[]",
    "{}",
    "0",
    "\"x\"",
    "<html>",
    "{\"id\":\"../../x\"}",
    "{\"id\":-1}",
    "{\"id\":{}}",
    "{\"id\":1e99}",
    "{\"status\":[]}",
    "{\"status\":\"FINISHED\",\"id\":\"1\"}",
    "{\"status\":\"PUBLISHED\"}",
    "{\"status\":\"ERROR\"}",
    "{\"status\":\"WHATEVER\"}",
    "{\"data\":{}}",
    "{\"data\":[null,1,\"x\",{\"id\":\"5\"},{\"text\":\"One\"}]}",
    "{\"error\":null}",
    "{\"error\":{}}",
    "{\"error\":[]}",
    "{\"error\":{\"code\":{}}}",
    "{\"error\":{\"code\":9223372036854775807,\"error_subcode\":-9223372036854775808}}",
    "{\"error\":{\"code\":100}}",
    "{\"error\":{\"code\":1}}",
    "{\"error\":{\"message\":\"\u{202e}\u{0}\"}}",
];

/// No reply makes a platform panic; what follows can always be asked for its next step.
#[test]
fn nonsense_harms_nobody() {
    for p in ALL {
        let job = fitting(*p);
        for (name, saved) in fixtures(p.name()) {
            let mut replies: Vec<Reply> = NONSENSE
                .iter()
                .flat_map(|body| [200, 204, 301, 400, 404, 429, 500, 999].map(|status| http(status, body)))
                .collect();
            for phase in [
                MailPhase::Connect,
                MailPhase::Auth,
                MailPhase::Recipient,
                MailPhase::Body,
            ] {
                for code in [0, 1, 199, 200, 250, 354, 421, 452, 500, 552, 599, 600, 65_535] {
                    replies.extend(
                        ["", "5.1.1", "5.7.", "\u{0}\r\n", "ünï 5.4.5"].map(|t| smtp(phase, code, t)),
                    );
                }
            }
            for reply in replies {
                let verdict = p.absorb(&job, &saved, &reply, NOW).unwrap();
                if let Verdict::Advance(s)
                | Verdict::Found(s)
                | Verdict::NotOut(s)
                | Verdict::Restart { state: s, .. } = verdict
                {
                    assert!(s.json.len() <= 3 * 1024, "{}: {name}: {reply:?}", p.name());
                    assert!(p.next(&job, &s, NOW).is_ok(), "{}: {name}: {reply:?}", p.name());
                }
            }
        }
    }
}

/// A commit that was answered with a server error, a cut body or nothing readable is never taken as not done, and
/// never as done.
#[test]
fn commits_are_never_misread() {
    for p in ALL {
        let job = fitting(*p);
        let commits = fixtures(p.name())
            .into_iter()
            .filter(|(_, s)| matches!(p.next(&job, s, NOW), Ok(Next::Commit(_))));
        let mut seen = 0;
        for (name, saved) in commits {
            seen += 1;
            for body in NONSENSE {
                for status in [200, 201, 301, 408, 500, 502, 503, 504] {
                    if status < 400 && body.contains("\"id\":\"1\"") {
                        continue;
                    }
                    let verdict = p.absorb(&job, &saved, &http(status, body), NOW).unwrap();
                    // The vendor's own word that it did nothing: refused, or a look at the container.
                    let refusal = status < 500 && body.contains("\"code\":100}");
                    let fair = match &verdict {
                        Verdict::Unclear { .. } | Verdict::Doubtful { .. } => true,
                        Verdict::Refused { .. } => refusal,
                        Verdict::Advance(s) => {
                            refusal
                                && matches!(p.next(&job, s, NOW), Ok(Next::Quiet(_)))
                                && p.live(&job, s) == p.live(&job, &saved)
                        }
                        Verdict::Found(_)
                        | Verdict::NotOut(_)
                        | Verdict::Limited { .. }
                        | Verdict::Retry { .. }
                        | Verdict::Restart { .. }
                        | Verdict::Reauthorise { .. }
                        | Verdict::Blocked { .. } => false,
                    };
                    assert!(fair, "{}: {name}: {status} {body}: {verdict:?}", p.name());
                }
            }
        }
        assert!(seen > 0, "{} has no commit in its fixtures", p.name());
    }
}

/// What is live never becomes less, and `Done` says the same as `live`.
#[test]
fn done_is_what_is_live() {
    for p in ALL {
        let job = fitting(*p);
        for (name, saved) in fixtures(p.name()) {
            if let Ok(Next::Done(done)) = p.next(&job, &saved, NOW) {
                assert_eq!(
                    p.live(&job, &saved),
                    Ok(Liveness::All(done)),
                    "{}: {name}",
                    p.name()
                );
            }
        }
    }
}
