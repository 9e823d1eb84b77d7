//! The club on Instagram by Instagram's own login, and its shop by Facebook's.

use crate::sandbox::demo::cast::shared::{DOOR, NIGHT};
use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone, nobody};
use crate::sandbox::demo::drops::{Answers, Dropped, Expected, Wish, accounts_key, media_key};
use crate::sandbox::demo::house::Ground;
use crate::sandbox::model::WallKind;
use crate::sandbox::world::World;

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "instagram",
    roles: &[ROLE, SHOP_ROLE],
    switches: Vec::new,
};

const CLUB: &str = "club-instagram";
const CLUB_PROFILE: &str = "the_club";
const SHOP: &str = "shop-instagram";
/// The shop's profile, and the Page that it is linked to.
const SHOP_PROFILE: &str = "the_club_shop";
/// Who wrote to the club, and may be answered.
const GUEST: &str = "Ben";

/// With Instagram's own login.
const ROLE: Role = Role {
    account: CLUB,
    title: "Instagram",
    profile: CLUB_PROFILE,
    login: Login::Redirects(CLUB_PROFILE),
    takes: &[Share::Picture, Share::Album, Share::Film],
    config,
    film: WallKind::Reel,
    someone,
    files,
};

/// With Facebook's login.
const SHOP_ROLE: Role = Role {
    account: SHOP,
    title: "Instagram by Facebook",
    profile: SHOP_PROFILE,
    login: Login::Redirects(SHOP_PROFILE),
    takes: &[Share::Picture, Share::Film],
    config: shop_config,
    film: WallKind::Reel,
    someone: nobody,
    files: shop_files,
};

fn config(ground: &Ground<'_>) -> String {
    format!(
        r#"
[platform.instagram]            # two logins, each with hosts of its own
api_base = "{base}/api_base"
auth_base = "{base}/auth_base"
token_base = "{base}/token_base"
fb_api_base = "{base}/fb_api_base"
fb_auth_base = "{base}/fb_auth_base"
fb_upload_base = "{base}/fb_upload_base"

[app.instagram]
platform = "instagram"
{app}
[account.{CLUB}]
app = "instagram"
"#,
        base = ground.vendor("instagram"),
        app = ground.app(),
    )
}

fn shop_config(_ground: &Ground<'_>) -> String {
    format!(
        r#"
[account.{SHOP}]
app = "instagram"
login = "facebook"
page = "{SHOP_PROFILE}"
"#
    )
}

fn someone(world: &mut World, now_ms: i64) -> Someone {
    let text = "May I bring my dog?";
    Someone {
        person: world.instagram.person_writes(CLUB_PROFILE, GUEST, text, now_ms),
        ..Someone::default()
    }
}

fn files(someone: &Someone) -> Vec<Dropped> {
    vec![story(CLUB, "story.post"), comment(), message(someone)]
}

fn shop_files(_someone: &Someone) -> Vec<Dropped> {
    vec![story(SHOP, "shop-story.post")]
}

fn story(account: &'static str, name: &str) -> Dropped {
    let wish = Wish {
        kind: WallKind::Story,
        ..Wish::post(account, "", 1)
    };
    let content = format!(
        "kind = \"story\"\n{}{}",
        accounts_key(&[account]),
        media_key(&[NIGHT])
    );
    Dropped::new(
        name,
        "a story on Instagram",
        content,
        &[NIGHT],
        Expected::posts(vec![wish]),
    )
}

fn comment() -> Dropped {
    let (text, comment) = (
        "The door, once more, for the album.",
        "Photographed by the porter.",
    );
    let wishes = vec![
        Wish::post(CLUB, text, 1),
        Wish {
            kind: WallKind::Comment,
            answers: Answers::Before,
            ..Wish::post(CLUB, comment, 0)
        },
    ];
    let content = format!(
        "text = \"{text}\"\nfirst_comment = \"{comment}\"\n{}{}",
        accounts_key(&[CLUB]),
        media_key(&[DOOR])
    );
    let about = "a picture, and a first comment";
    Dropped::new("comment.post", about, content, &[DOOR], Expected::posts(wishes))
}

fn message(someone: &Someone) -> Dropped {
    let text = "Dogs are welcome.";
    let wish = Wish {
        kind: WallKind::Message,
        to: Some(GUEST),
        ..Wish::post(CLUB, text, 0)
    };
    let content = format!(
        "kind = \"message\"\nto = [\"{}\"]\ntext = \"{text}\"\n{}",
        someone.person,
        accounts_key(&[CLUB])
    );
    Dropped::new(
        "dogs.toml",
        "a message to a guest",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}
