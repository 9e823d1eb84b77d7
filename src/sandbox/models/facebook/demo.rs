//! The club's Page on Facebook.

use crate::sandbox::demo::cast::shared::{DOOR, SEA};
use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone};
use crate::sandbox::demo::drops::{Answers, Dropped, Expected, Wish, accounts_key, media_key};
use crate::sandbox::demo::house::Ground;
use crate::sandbox::model::WallKind;
use crate::sandbox::world::World;

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "facebook",
    roles: &[ROLE],
    switches: Vec::new,
};

const ACCOUNT: &str = "club-page";
const PAGE: &str = "The Club";
/// Who wrote to the Page, and may be answered.
const GUEST: &str = "Ada";

const ROLE: Role = Role {
    account: ACCOUNT,
    title: "Facebook",
    profile: PAGE,
    login: Login::Redirects(PAGE),
    takes: &[
        Share::Words,
        Share::Picture,
        Share::Album,
        Share::Film,
        Share::Later,
    ],
    config,
    film: WallKind::Post,
    someone,
    files,
};

fn config(ground: &Ground<'_>) -> String {
    format!(
        r#"
[platform.facebook]
api_base = "{base}/api_base"
auth_base = "{base}/auth_base"
upload_base = "{base}/upload_base"
posts_at_once = 50              # Facebook is better served one post a minute

[app.facebook]
platform = "facebook"
{app}
[account.{ACCOUNT}]
app = "facebook"
page = "{PAGE}"
"#,
        base = ground.vendor("facebook"),
        app = ground.app(),
    )
}

fn someone(world: &mut World, now_ms: i64) -> Someone {
    let text = "Are there two seats left for tonight?";
    Someone {
        person: world.facebook.person_writes(PAGE, GUEST, text, now_ms),
        ..Someone::default()
    }
}

fn files(someone: &Someone) -> Vec<Dropped> {
    vec![programme(), reel(), story(), message(someone)]
}

fn programme() -> Dropped {
    let (text, link) = (
        "The programme of the month is out.",
        "https://club.example/programme",
    );
    let comment = "Tickets are at the door.";
    let wishes = vec![
        Wish {
            link: Some(link.to_owned()),
            ..Wish::post(ACCOUNT, text, 0)
        },
        Wish {
            kind: WallKind::Comment,
            answers: Answers::Before,
            ..Wish::post(ACCOUNT, comment, 0)
        },
    ];
    let content = format!(
        "text = \"{text}\"\nlink = \"{link}\"\nfirst_comment = \"{comment}\"\n{}",
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "programme.toml",
        "a link, and a first comment",
        content,
        &[],
        Expected::posts(wishes),
    )
}

fn reel() -> Dropped {
    let text = "The sea tonight, as a reel.";
    let wish = Wish {
        kind: WallKind::Reel,
        ..Wish::post(ACCOUNT, text, 1)
    };
    let content = format!(
        "kind = \"reel\"\ntext = \"{text}\"\n{}{}",
        accounts_key(&[ACCOUNT]),
        media_key(&[SEA])
    );
    Dropped::new(
        "page-reel.post",
        "a reel on Facebook",
        content,
        &[SEA],
        Expected::posts(vec![wish]),
    )
}

fn story() -> Dropped {
    let wish = Wish {
        kind: WallKind::Story,
        ..Wish::post(ACCOUNT, "", 1)
    };
    let content = format!(
        "kind = \"story\"\n{}{}",
        accounts_key(&[ACCOUNT]),
        media_key(&[DOOR])
    );
    Dropped::new(
        "page-story.post",
        "a story on Facebook",
        content,
        &[DOOR],
        Expected::posts(vec![wish]),
    )
}

fn message(someone: &Someone) -> Dropped {
    let text = "Two seats are kept for you at the door.";
    let wish = Wish {
        kind: WallKind::Message,
        to: Some(GUEST),
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "kind = \"message\"\nto = [\"{}\"]\ntext = \"{text}\"\n{}",
        someone.person,
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "answer.toml",
        "a message to a guest",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}
