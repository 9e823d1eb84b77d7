//! The club on X.

use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone};
use crate::sandbox::demo::drops::{Answers, Dropped, Expected, Wish, accounts_key};
use crate::sandbox::demo::house::Ground;
use crate::sandbox::model::{Model as _, WallKind};
use crate::sandbox::world::World;

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "x",
    roles: &[ROLE],
    switches: Vec::new,
};

const ACCOUNT: &str = "club-x";
/// Who mentions the club, and gets a message.
const NEIGHBOUR: &str = "neighbour";

const ROLE: Role = Role {
    account: ACCOUNT,
    title: "X",
    profile: "the_club",
    login: Login::Redirects("the_club"),
    takes: &[
        Share::Words,
        Share::Picture,
        Share::Album,
        Share::Film,
        Share::Thread,
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
[platform.x]
api_base = "{base}/api_base"
auth_base = "{base}/auth_base"

[app.x]
platform = "x"
{app}
[account.{ACCOUNT}]
app = "x"
messages = "true"               # asks for the right to send messages too
"#,
        base = ground.vendor("x"),
        app = ground.app(),
    )
}

fn someone(world: &mut World, now_ms: i64) -> Someone {
    let text = "Does anybody know what @the_club plays tonight?";
    Someone {
        post: world.x.put_post(NEIGHBOUR, text, now_ms),
        person: world.x.add_account(NEIGHBOUR),
    }
}

fn files(someone: &Someone) -> Vec<Dropped> {
    vec![
        poll(),
        reply(someone),
        quote(someone),
        repost(someone),
        message(someone),
    ]
}

fn poll() -> Dropped {
    let text = "And what shall the band end with?";
    let choices = ["A waltz", "A tango"];
    let wish = Wish {
        choices: choices.len(),
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "text = \"{text}\"\n{}poll = {choices:?}\n",
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "x-poll.toml",
        "a poll on X",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn reply(someone: &Someone) -> Dropped {
    let text = "Waltzes first, then whatever the poll says.";
    let wish = Wish {
        answers: Answers::Someone,
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "text = \"{text}\"\nreply_to = \"{}\"\n{}",
        someone.post,
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "x-reply.toml",
        "an answer on X",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn quote(someone: &Someone) -> Dropped {
    let text = "Our neighbours are curious.";
    let wish = Wish {
        quotes: true,
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "text = \"{text}\"\nquote = \"{}\"\n{}",
        someone.post,
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "x-quote.toml",
        "a quote on X",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn repost(someone: &Someone) -> Dropped {
    let wish = Wish {
        kind: WallKind::Repost,
        ..Wish::post(ACCOUNT, "", 0)
    };
    let content = format!("repost = \"{}\"\n{}", someone.post, accounts_key(&[ACCOUNT]));
    Dropped::new(
        "x-repost.toml",
        "a repost on X",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn message(someone: &Someone) -> Dropped {
    let text = "Your seat is kept, dear neighbour.";
    let wish = Wish {
        kind: WallKind::Message,
        to: Some("@neighbour"),
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "kind = \"message\"\nto = [\"{}\"]\ntext = \"{text}\"\n{}",
        someone.person,
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "x-message.toml",
        "a message on X",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}
