//! X: posts, threads, polls, media in pieces, reposts, and messages.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crier::core::login::TokenSet;
use crier::domain::post::{Content, Kind as Shape, Poll};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::SandboxRequest;
use crier::sandbox::model::Model as _;
use crier::sandbox::models::x::{RateHeaders, Spelling};
use crier::sandbox::world::World;
use sha2::{Digest as _, Sha256};

use super::{Cast, Kind, Steps, unprepared};
use crate::sim::faults;
use crate::sim::request::Files;
use crate::sim::scene::{media, segment, words};

const POST: Steps = Steps {
    commit: "x.create",
    nth: 1,
    nths: &[1],
    quiet: &[],
    looks: &[("x.list", 1)],
};

const MEDIA: Steps = Steps {
    quiet: &["x.initialize", "x.append", "x.finalize", "x.upload", "x.metadata"],
    ..POST
};

const fn kind(name: &'static str, content: fn(&str, &str) -> Content, steps: Steps) -> Kind {
    Kind { name, content, steps }
}

/// By the browser.
pub static CAST: Cast = BROWSER;

const BROWSER: Cast = Cast {
    platform: "x",
    accounts: &["bird"],
    options: &[],
    scopes: &[],
    facts: &[],
    kinds: &[
        kind("x-text", |text, _| words(text), POST),
        kind(
            "x-link",
            |text, _| {
                let mut content = words(text);
                content.segments[0].link = Some("https://club.example/".into());
                content.audience = Some("mentionedUsers".into());
                content
            },
            POST,
        ),
        kind(
            "x-reply",
            |text, other| Content {
                reply_to: other.split(' ').next().map(str::to_owned),
                ..words(text)
            },
            POST,
        ),
        kind(
            "x-quote",
            |text, other| Content {
                quote: other.split(' ').next().map(str::to_owned),
                ..words(text)
            },
            POST,
        ),
        kind(
            "x-comment",
            |text, _| Content {
                first_comment: Some(format!("{text} comment")),
                ..words(text)
            },
            Steps {
                nths: &[1, 2],
                ..POST
            },
        ),
        kind(
            "x-message",
            |text, other| Content {
                kind: Shape::Message,
                to: other.split(' ').nth(1).map(str::to_owned).into_iter().collect(),
                ..words(text)
            },
            Steps {
                commit: "x.message",
                looks: &[("x.messages", 1)],
                ..POST
            },
        ),
        kind(
            "x-picture-thread",
            |text, _| {
                let mut content = words(text);
                content
                    .segments
                    .push(media(&format!("{text} two"), &[1]).segments.remove(0));
                content
            },
            Steps {
                nths: &[1, 2],
                ..MEDIA
            },
        ),
        kind("x-photo", |text, _| media(text, &[1]), MEDIA),
        kind("x-photos", |text, _| media(text, &[1, 2]), MEDIA),
        kind(
            "x-video",
            |text, _| media(text, &[4]),
            Steps {
                quiet: &["x.initialize", "x.append", "x.finalize", "x.media_status"],
                ..POST
            },
        ),
        kind(
            "x-poll",
            |text, _| {
                let mut content = words(text);
                content.segments[0].poll = Some(Poll {
                    options: vec!["yes".into(), "no".into()],
                    duration: Some(Span::days(1)),
                });
                content
            },
            POST,
        ),
        kind(
            "x-thread",
            |text, _| {
                let mut content = words(text);
                content.segments.push(segment(&format!("{text} two")));
                content.segments.push(segment(&format!("{text} three")));
                content
            },
            Steps {
                nths: &[1, 2, 3],
                ..POST
            },
        ),
        kind(
            "x-repost",
            |_, other| Content {
                repost: other.split(' ').next().map(str::to_owned),
                ..Content::default()
            },
            Steps {
                commit: "x.repost",
                ..POST
            },
        ),
    ],
    prepare: unprepared,
    switches,
    before: |world, account, now| {
        world.x.put_post(account, "before", now);
        let post = world.x.put_post("someone", "a post", now);
        format!("{post} {}", world.x.add_account("someone"))
    },
    by_hand: |world, account, text, now| {
        world.x.put_post(account, text, now);
        true
    },
    limits: |_| &["posts"],
    repeats: |part| part.starts_with("repost:"),
    works_alone: false,
    file_first: false,
    words: |segment| match &segment.link {
        Some(link) => format!("{}\n\n{link}", segment.text),
        None => segment.text.clone(),
    },
    without: &[],
    renews: Some(log_in),
    spaced: true,
    faults: |kind| faults::of_calls(&kind.steps),
};

/// By tokens from the console: each call is signed, those of an upload in pieces too.
pub static SIGNED: Cast = Cast {
    accounts: &["swift"],
    options: &[("auth", "oauth1")],
    scopes: &["oauth1"],
    kinds: &[
        kind("signed-text", |text, _| words(text), POST),
        kind("signed-photo", |text, _| media(text, &[1]), MEDIA),
        kind(
            "signed-message",
            |text, other| Content {
                kind: Shape::Message,
                to: other.split(' ').nth(1).map(str::to_owned).into_iter().collect(),
                ..words(text)
            },
            Steps {
                commit: "x.message",
                looks: &[("x.messages", 1)],
                ..POST
            },
        ),
    ],
    without: &[
        ("link", ALIKE),
        ("video", ALIKE),
        ("carousel", ALIKE),
        ("poll", ALIKE),
        ("thread", ALIKE),
        ("reply", ALIKE),
        ("quote", ALIKE),
        ("repost", ALIKE),
        ("audience", ALIKE),
        ("first_comment", ALIKE),
    ],
    renews: None,
    ..BROWSER
};

/// Why kinds of posts are not played by both logins.
const ALIKE: &str = "the steps are those of the other login, whose scenes play it";

/// What x.md leaves open, or X was seen to do both ways (5, 6.4, 7, 8.2).
fn switches(world: &mut World, dice: u64) {
    let settings = &mut world.x.settings;
    let of = |n: u64, sides: u64| usize::try_from(dice / n % sides).unwrap_or(0);
    settings.spelling = [Spelling::Tweet, Spelling::Post][of(1, 2)];
    settings.list_lag_ms = [0, 45_000, 400_000][of(2, 3)];
    // That a message is not out rests on three lists in 260 seconds.
    settings.message_lag_ms = Some([0, 45_000, 200_000][of(3, 3)]);
    settings.rate_headers = [RateHeaders::All, RateHeaders::Short, RateHeaders::Missing][of(7, 3)];
    settings.shorten_messages = (dice / 5).is_multiple_of(2);
    settings.code_88 = (dice / 11).is_multiple_of(2);
}

/// A login through the page, with both tokens.
fn log_in(world: &mut World, account: &str, now: Timestamp) -> TokenSet {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CALLBACK: &str = "http://127.0.0.1:8080/callback";
    world.x.add_account(account);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut page = SandboxRequest::new("GET", "/i/oauth2/authorize");
    "auth_base".clone_into(&mut page.host_role);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "sandbox-app"),
        ("redirect_uri", CALLBACK),
        (
            "scope",
            "tweet.read tweet.write users.read media.write offline.access",
        ),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("_sandbox_auto", "allow"),
        ("_sandbox_account", account),
    ] {
        page = page.with_query(name, value);
    }
    let reply = world.x.answer(&page, now.0, &mut Files::default());
    let code = reply
        .header("location")
        .unwrap()
        .rsplit_once("code=")
        .unwrap()
        .1
        .to_owned();
    let exchange = SandboxRequest::new("POST", "/2/oauth2/token")
        .with_form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .with_header(
            "Authorization",
            &format!("Basic {}", STANDARD.encode("sandbox-app:sandbox-secret")),
        );
    let set = world.x.answer(&exchange, now.0, &mut Files::default()).value();
    let token = |name: &str| set[name].as_str().map(|t| t.to_owned().into());
    TokenSet {
        access: token("access_token"),
        refresh: token("refresh_token"),
        expires: set["expires_in"].as_i64().map(|s| now.after_secs(s)),
        issued: Some(now),
        ..TokenSet::default()
    }
}
