//! The club on TikTok, once as an app that may publish, and once as one that may hand in drafts alone.

use serde_json::{Value, json};

use crate::sandbox::demo::cast::shared::{NIGHT, SEA};
use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone, nobody};
use crate::sandbox::demo::drops::{Dropped, Expected, Wish, accounts_key, media_key};
use crate::sandbox::demo::house::Ground;
use crate::sandbox::model::WallKind;

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "tiktok",
    roles: &[ROLE, DRAFTS_ROLE],
    switches,
};

/// It fetches pictures from this machine, and takes less time than it does elsewhere.
fn switches() -> Vec<(&'static str, Value)> {
    vec![
        ("plain_http", json!(true)),
        ("processing_ms", json!(1_000)),
        ("moderation_ms", json!(1_000)),
    ]
}

const CLUB: &str = "club-tiktok";
const CLUB_PROFILE: &str = "the_club";
const DRAFTS: &str = "drafts-tiktok";
const DRAFTS_PROFILE: &str = "the_club_drafts";

/// With an app that TikTok has audited.
const ROLE: Role = Role {
    account: CLUB,
    title: "TikTok",
    profile: CLUB_PROFILE,
    login: Login::Redirects(CLUB_PROFILE),
    takes: &[Share::Picture, Share::Album, Share::Film],
    config,
    film: WallKind::Reel,
    someone: nobody,
    files,
};

/// As most apps are: what it hands in, a person finishes.
const DRAFTS_ROLE: Role = Role {
    account: DRAFTS,
    title: "TikTok's drafts",
    profile: DRAFTS_PROFILE,
    login: Login::Redirects(DRAFTS_PROFILE),
    takes: &[],
    config: drafts_config,
    film: WallKind::Draft,
    someone: nobody,
    files: draft_files,
};

fn config(ground: &Ground<'_>) -> String {
    format!(
        r#"
[platform.tiktok]
api_base = "{base}/api_base"
auth_base = "{base}/auth_base"
upload_base = "{base}/upload_base"

[app.tiktok]
platform = "tiktok"
{app}
[account.{CLUB}]
app = "tiktok"
audited = "true"                # for other apps TikTok shows posts to nobody else
privacy = "PUBLIC_TO_EVERYONE"  # TikTok wants it to be said
allow = "comment"
"#,
        base = ground.vendor("tiktok"),
        app = ground.app(),
    )
}

fn drafts_config(_ground: &Ground<'_>) -> String {
    format!(
        r#"
[account.{DRAFTS}]
app = "tiktok"
mode = "inbox"                  # a person finishes them in the app
"#
    )
}

fn files(_someone: &Someone) -> Vec<Dropped> {
    let text = "The hills by night, for the club alone.";
    let wish = Wish::post(CLUB, text, 1);
    let content = format!(
        "text = \"{text}\"\naudience = \"SELF_ONLY\"\nai = true\n{}{}",
        accounts_key(&[CLUB]),
        media_key(&[NIGHT])
    );
    vec![Dropped::new(
        "tiktok-own.post",
        "a picture on TikTok, for nobody else",
        content,
        &[NIGHT],
        Expected::posts(vec![wish]),
    )]
}

fn draft_files(_someone: &Someone) -> Vec<Dropped> {
    // Of a video's draft TikTok keeps nothing but the video.
    let wish = Wish {
        kind: WallKind::Draft,
        ..Wish::post(DRAFTS, "", 1)
    };
    let content = format!("{}{}", accounts_key(&[DRAFTS]), media_key(&[SEA]));
    vec![Dropped::new(
        "draft.post",
        "a film for the inbox of TikTok's app",
        content,
        &[SEA],
        Expected::posts(vec![wish]),
    )]
}
