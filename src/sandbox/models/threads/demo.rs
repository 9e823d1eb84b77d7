//! The club on Threads.

use serde_json::{Value, json};

use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone};
use crate::sandbox::demo::drops::{Answers, Dropped, Expected, Wish, accounts_key};
use crate::sandbox::demo::house::Ground;
use crate::sandbox::model::WallKind;
use crate::sandbox::world::World;

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "threads",
    roles: &[ROLE],
    switches,
};

/// Half the time that containers take elsewhere.
fn switches() -> Vec<(&'static str, Value)> {
    vec![
        ("text_delay_ms", json!(500)),
        ("image_delay_ms", json!(1_000)),
        ("carousel_delay_ms", json!(1_000)),
        ("video_delay_ms", json!(2_000)),
    ]
}

const ACCOUNT: &str = "club-threads";

const ROLE: Role = Role {
    account: ACCOUNT,
    title: "Threads",
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
[platform.threads]              # the sandbox in the place of Meta
api_base = "{base}/api_base"
auth_base = "{base}/auth_base"
chain_pause_secs = 1            # Meta wants longer between the parts of a thread

[app.threads]
platform = "threads"
{app}
[account.{ACCOUNT}]
app = "threads"
"#,
        base = ground.vendor("threads"),
        app = ground.app(),
    )
}

fn someone(world: &mut World, now_ms: i64) -> Someone {
    let text = "Who plays tonight, and is there room for a cello?";
    Someone {
        post: world.threads.seed_post("cellist", text, None, now_ms),
        ..Someone::default()
    }
}

fn files(someone: &Someone) -> Vec<Dropped> {
    vec![poll(), link(), reply(someone), quote(someone)]
}

fn poll() -> Dropped {
    let text = "What shall the band begin with?";
    let choices = ["A waltz", "A tango", "Silence"];
    let wish = Wish {
        choices: choices.len(),
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "text = \"{text}\"\n{}poll = {choices:?}\n",
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "poll.toml",
        "a poll on Threads",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn link() -> Dropped {
    let (text, link) = ("The programme of the month.", "https://club.example/programme");
    let wish = Wish {
        link: Some(link.to_owned()),
        ..Wish::post(ACCOUNT, text, 0)
    };
    let content = format!(
        "text = \"{text}\"\nlink = \"{link}\"\n{}",
        accounts_key(&[ACCOUNT])
    );
    Dropped::new(
        "link.toml",
        "a link with its card",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn reply(someone: &Someone) -> Dropped {
    let text = "There is always room for a cello.";
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
        "reply.toml",
        "an answer to somebody",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}

fn quote(someone: &Someone) -> Dropped {
    let text = "This is the spirit.";
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
        "quote.toml",
        "a quote of somebody",
        content,
        &[],
        Expected::posts(vec![wish]),
    )
}
