//! The files that several accounts publish, and the one that nobody can.

use super::{Login, Share, roles};
use crate::sandbox::demo::drops::{Answers, Beside, Dropped, Expected, Wish, accounts_key, media_key};
use crate::sandbox::demo::house::MEMBERS;
use crate::sandbox::model::WallKind;

/// The club's door.
pub(in crate::sandbox) const DOOR: Beside = Beside {
    name: "door.jpg",
    alt: "A green door, half open, with warm light behind it",
    bytes: include_bytes!("../files/door.jpg"),
};
const MORNING: Beside = Beside {
    name: "morning.jpg",
    alt: "The sun rises over green hills",
    bytes: include_bytes!("../files/morning.jpg"),
};
const NOON: Beside = Beside {
    name: "noon.jpg",
    alt: "The same hills under a blue sky",
    bytes: include_bytes!("../files/noon.jpg"),
};
/// The hills at night.
pub(in crate::sandbox) const NIGHT: Beside = Beside {
    name: "night.jpg",
    alt: "The same hills under the moon",
    bytes: include_bytes!("../files/night.jpg"),
};
/// Four seconds of sea, upright.
pub(in crate::sandbox) const SEA: Beside = Beside {
    name: "sea.mp4",
    alt: "The sun sinks into a calm sea while a small boat sails by",
    bytes: include_bytes!("../media/sea.mp4"),
};

/// How long ahead the scheduled post is, in milliseconds.
const AHEAD_MS: i64 = 10_000;

/// All of them that somebody takes.
pub(in crate::sandbox) fn files(now_ms: i64) -> Vec<Dropped> {
    let all = [words(), picture(), album(), film(), thread(), later(now_ms)];
    all.into_iter()
        .filter(|one| !one.expected.accounts().is_empty())
        .collect()
}

/// Who takes these, mail apart.
fn takers(share: Share) -> Vec<&'static str> {
    let takes = roles().filter(|role| role.takes.contains(&share));
    takes
        .filter(|role| role.login != Login::Password)
        .map(|role| role.account)
        .collect()
}

fn words() -> Dropped {
    let text = "The club opens its doors tonight. Come as you are.";
    let posts = takers(Share::Words)
        .into_iter()
        .map(|account| Wish::post(account, text, 0));
    let mails = roles().filter(|role| role.login == Login::Password && role.takes.contains(&Share::Words));
    let expected = Expected {
        posts: posts.collect(),
        mails: mails
            .map(|role| (role.account, text.to_owned(), MEMBERS.to_owned()))
            .collect(),
        not_before: None,
    };
    // No word on accounts: the queue's own.
    Dropped::new(
        "hello.txt",
        "words, to everybody",
        format!("{text}\n"),
        &[],
        expected,
    )
}

fn with_media(name: &str, about: &str, share: Share, text: &str, beside: &[Beside]) -> Dropped {
    let takers = takers(share);
    let posts = takers
        .iter()
        .map(|account| Wish::post(account, text, beside.len()));
    let expected = Expected::posts(posts.collect());
    let head = format!(
        "text = \"{text}\"\n{}{}",
        accounts_key(&takers),
        media_key(beside)
    );
    Dropped::new(name, about, head, beside, expected)
}

fn picture() -> Dropped {
    with_media(
        "picture.post",
        "a picture",
        Share::Picture,
        "The door is open.",
        &[DOOR],
    )
}

fn album() -> Dropped {
    with_media(
        "album.post",
        "three pictures to leaf through",
        Share::Album,
        "Our garden: morning, noon and night.",
        &[MORNING, NOON, NIGHT],
    )
}

fn film() -> Dropped {
    let mut film = with_media(
        "film.post",
        "a short film",
        Share::Film,
        "Four seconds of sea, for those who could not come.",
        &[SEA],
    );
    for wish in &mut film.expected.posts {
        wish.kind = super::role(wish.account).map_or(WallKind::Post, |role| role.film);
    }
    film
}

fn thread() -> Dropped {
    let parts = [
        "How a post goes out, in three parts. First: somebody drops a file into a directory.",
        "Second: crier checks it at once, and says in plain words what is wrong with it, if anything is.",
        "Third: it goes out when it is due, once, and a receipt lies beside it.",
    ];
    let items: String = parts
        .iter()
        .map(|part| format!("  {{ text = \"{part}\" }},\n"))
        .collect();
    let takers = takers(Share::Thread);
    let wishes = takers.iter().flat_map(|account| {
        parts.iter().enumerate().map(|(at, part)| Wish {
            answers: if at == 0 {
                Answers::Nothing
            } else {
                Answers::Before
            },
            ..Wish::post(account, part, 0)
        })
    });
    let expected = Expected::posts(wishes.collect());
    let text = format!("{}thread = [\n{items}]\n", accounts_key(&takers));
    Dropped::new("thread.toml", "a thread of three", text, &[], expected)
}

fn later(now_ms: i64) -> Dropped {
    let text = "This one was due to the second.";
    // A whole second, rounded up.
    let at_s = (now_ms + AHEAD_MS).div_euclid(1_000) + 1;
    let at = jiff::Timestamp::from_second(at_s).unwrap_or_default();
    let takers = takers(Share::Later);
    let expected = Expected {
        posts: takers
            .iter()
            .map(|account| Wish::post(account, text, 0))
            .collect(),
        not_before: Some(at_s * 1_000),
        ..Expected::default()
    };
    Dropped::new(
        "scheduled.toml",
        &format!("due at {}", at.strftime("%H:%M:%S UTC")),
        format!("at = {at}\ntext = \"{text}\"\n{}", accounts_key(&takers)),
        &[],
        expected,
    )
}

/// A file with two mistakes: a key and an account that are nearly right.
pub(in crate::sandbox) fn wrong() -> Dropped {
    let mut account = roles().next().map_or("nobody", |role| role.account).to_owned();
    account.pop();
    let text = format!("txt = \"We open at nine.\"\naccounts = [\"{account}\"]\n");
    Dropped::new("wrong.toml", "with two mistakes", text, &[], Expected::default())
}
