//! The files that are dropped, and what each must come to.

use std::fs;
use std::path::Path;

use super::Told;
use super::house::{CLUB, House, MEMBERS, NEWSLETTER};

static DOOR: &[u8] = include_bytes!("files/door.jpg");
static MORNING: &[u8] = include_bytes!("files/morning.jpg");
static NOON: &[u8] = include_bytes!("files/noon.jpg");
static NIGHT: &[u8] = include_bytes!("files/night.jpg");

/// How long ahead the scheduled post is, in milliseconds.
const AHEAD_MS: i64 = 10_000;

/// One file or bundle.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    /// Its name in the queue's directory.
    pub(super) name: &'static str,
    /// What it shows.
    pub(super) about: String,
    contents: Contents,
    /// What it must come to.
    pub(super) expected: Expected,
}

#[derive(Clone, Debug)]
enum Contents {
    File(String),
    Bundle(&'static str, String, Vec<(&'static str, &'static [u8])>),
}

/// What a file must come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Posts on Threads: the text, the number of pictures; each after the first answers the one before.
    pub(super) posts: Vec<(String, usize)>,
    /// Mails: subject, recipient.
    pub(super) mails: Vec<(String, String)>,
    /// Not before this, Unix milliseconds.
    pub(super) not_before: Option<i64>,
}

impl Expected {
    /// The accounts that publish it; none: it is refused.
    pub(super) fn accounts(&self) -> Vec<&'static str> {
        let threads = (!self.posts.is_empty()).then_some(CLUB);
        let mail = (!self.mails.is_empty()).then_some(NEWSLETTER);
        threads.into_iter().chain(mail).collect()
    }
}

/// All files, in the order in which they are dropped.
pub(super) fn all(now_ms: i64) -> Vec<Dropped> {
    vec![
        hello(),
        picture(),
        carousel(),
        thread(),
        scheduled(now_ms),
        letter(),
        wrong(),
    ]
}

fn hello() -> Dropped {
    let text = "The club opens its doors tonight. Come as you are.";
    Dropped {
        name: "hello.txt",
        about: "text, to both accounts".to_owned(),
        contents: Contents::File(format!("{text}\n")),
        expected: Expected {
            posts: vec![(text.to_owned(), 0)],
            mails: vec![(text.to_owned(), MEMBERS.to_owned())],
            not_before: None,
        },
    }
}

fn picture() -> Dropped {
    let text = "The door is open.";
    Dropped {
        name: "picture.post",
        about: "a picture".to_owned(),
        contents: Contents::Bundle(
            "post.toml",
            format!(
                "text = \"{text}\"\naccounts = [\"{CLUB}\"]\n\
                 media = [{{ file = \"door.jpg\", alt = \"A green door, half open, with warm light behind it\" }}]\n"
            ),
            vec![("door.jpg", DOOR)],
        ),
        expected: Expected {
            posts: vec![(text.to_owned(), 1)],
            ..Expected::default()
        },
    }
}

fn carousel() -> Dropped {
    let text = "Our garden: morning, noon and night.";
    Dropped {
        name: "carousel.post",
        about: "three pictures to leaf through".to_owned(),
        contents: Contents::Bundle(
            "post.toml",
            format!(
                "text = \"{text}\"\naccounts = [\"{CLUB}\"]\nmedia = [\n  \
                 {{ file = \"morning.jpg\", alt = \"The sun rises over green hills\" }},\n  \
                 {{ file = \"noon.jpg\", alt = \"The same hills under a blue sky\" }},\n  \
                 {{ file = \"night.jpg\", alt = \"The same hills under the moon\" }},\n]\n"
            ),
            vec![("morning.jpg", MORNING), ("noon.jpg", NOON), ("night.jpg", NIGHT)],
        ),
        expected: Expected {
            posts: vec![(text.to_owned(), 3)],
            ..Expected::default()
        },
    }
}

fn thread() -> Dropped {
    let parts = [
        "How a post goes out, in three parts. First: somebody drops a file into a directory.",
        "Second: crier checks it at once, and says in plain words what is wrong with it, if anything is.",
        "Third: it goes out when it is due, once, and a receipt lies beside it.",
    ];
    let rest: Vec<String> = parts[1..]
        .iter()
        .map(|part| format!("  {{ text = \"{part}\" }},\n"))
        .collect();
    Dropped {
        name: "thread.toml",
        about: "a thread of three".to_owned(),
        contents: Contents::File(format!(
            "accounts = [\"{CLUB}\"]\nthread = [\n  {{ text = \"{}\" }},\n{}]\n",
            parts[0],
            rest.concat()
        )),
        expected: Expected {
            posts: parts.iter().map(|part| ((*part).to_owned(), 0)).collect(),
            ..Expected::default()
        },
    }
}

fn scheduled(now_ms: i64) -> Dropped {
    let text = "This one was due to the second.";
    // A whole second, rounded up.
    let at_s = (now_ms + AHEAD_MS).div_euclid(1_000) + 1;
    let at = jiff::Timestamp::from_second(at_s).unwrap_or_default();
    Dropped {
        name: "scheduled.toml",
        about: format!("due at {}", at.strftime("%H:%M:%S UTC")),
        contents: Contents::File(format!("at = {at}\ntext = \"{text}\"\naccounts = [\"{CLUB}\"]\n")),
        expected: Expected {
            posts: vec![(text.to_owned(), 0)],
            not_before: Some(at_s * 1_000),
            ..Expected::default()
        },
    }
}

fn letter() -> Dropped {
    let subject = "The evening's programme";
    let to = ["ada@club.example", "ben@club.example"];
    let text = format!(
        "+++\nsubject = \"{subject}\"\naccounts = [\"{NEWSLETTER}\"]\nto = [\"{}\", \"{}\"]\n\
         media = [{{ file = \"door.jpg\", alt = \"The door of the club\" }}]\n+++\n\
         # Tonight\n\nDear friends,\n\n- 19:00 **doors**\n- 20:00 a reading\n- 21:30 music\n\n\
         The way in is the [green door](https://club.example/door), see the picture.\n",
        to[0], to[1]
    );
    Dropped {
        name: "letter.post",
        about: "a mail to two, with an attachment".to_owned(),
        contents: Contents::Bundle("post.md", text, vec![("door.jpg", DOOR)]),
        expected: Expected {
            mails: to
                .iter()
                .map(|to| (subject.to_owned(), (*to).to_owned()))
                .collect(),
            ..Expected::default()
        },
    }
}

fn wrong() -> Dropped {
    Dropped {
        name: "wrong.toml",
        about: "with two mistakes".to_owned(),
        contents: Contents::File("txt = \"We open at nine.\"\naccounts = [\"club-thread\"]\n".to_owned()),
        expected: Expected::default(),
    }
}

/// Drops them all as one should: under a hidden name first, then renamed.
pub(super) fn drop_all(house: &House, all: &[Dropped]) -> Told<()> {
    for one in all {
        let hidden = house.queue().join(format!(".{}", one.name));
        let put = || -> std::io::Result<()> {
            one.write(&hidden)?;
            fs::rename(&hidden, house.queue().join(one.name))
        };
        put().map_err(|e| format!("{} cannot be dropped: {e}", one.name))?;
    }
    Ok(())
}

impl Dropped {
    fn write(&self, to: &Path) -> std::io::Result<()> {
        match &self.contents {
            Contents::File(text) => fs::write(to, text),
            Contents::Bundle(name, text, media) => {
                fs::create_dir(to)?;
                for (file, bytes) in media {
                    fs::write(to.join(file), bytes)?;
                }
                fs::write(to.join(name), text)
            }
        }
    }
}
