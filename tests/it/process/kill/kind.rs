//! The kinds of posts: who publishes them, what the file says, and how one tells them on the wall.

use std::fs;
use std::path::Path;

use super::stage::{BOUTIQUE, DRAFTS, GALLERY, MAIL, Others, PAGE, SHOP, THREADS, TIKTOK, X};

const PICTURE: &[u8] = include_bytes!("../../../media/tiny-200.jpg");
const SECOND: &[u8] = include_bytes!("../../../media/square-1080.jpg");
const FILM: &[u8] = include_bytes!("../../../../src/sandbox/demo/media/sea.mp4");

/// The shortest mark in a picture or film.
const MARK_MIN: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Link,
    Picture,
    Album,
    Film,
    Reel,
    Story,
    Thread,
    Poll,
    Reply,
    Quote,
    Repost,
    Message,
    Comment,
    Draft,
    Mail,
}

/// All of them; mail more than once, as it is never looked for.
pub const KINDS: [Kind; 18] = [
    Kind::Text,
    Kind::Text,
    Kind::Link,
    Kind::Picture,
    Kind::Album,
    Kind::Film,
    Kind::Reel,
    Kind::Story,
    Kind::Thread,
    Kind::Poll,
    Kind::Reply,
    Kind::Quote,
    Kind::Repost,
    Kind::Message,
    Kind::Comment,
    Kind::Draft,
    Kind::Mail,
    Kind::Mail,
];

/// What lies beside the words.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    Nothing,
    Picture,
    Pictures,
    Film,
}

impl Kind {
    /// Who can publish it.
    pub fn accounts(self) -> &'static [&'static str] {
        match self {
            Kind::Text => &[THREADS, PAGE, X],
            Kind::Link => &[SHOP, PAGE],
            Kind::Picture | Kind::Film => &[THREADS, GALLERY, BOUTIQUE, PAGE, TIKTOK, X],
            Kind::Album => &[SHOP, GALLERY, BOUTIQUE, PAGE, TIKTOK, X],
            Kind::Reel => &[GALLERY, BOUTIQUE, PAGE, TIKTOK],
            Kind::Story => &[GALLERY, BOUTIQUE, PAGE],
            Kind::Thread | Kind::Poll => &[SHOP, X],
            Kind::Quote | Kind::Repost => &[THREADS, X],
            Kind::Reply => &[THREADS, PAGE, X],
            Kind::Message => &[GALLERY, BOUTIQUE, PAGE, X],
            Kind::Comment => &[SHOP, GALLERY, BOUTIQUE, PAGE],
            Kind::Draft => &[DRAFTS],
            Kind::Mail => &[MAIL],
        }
    }

    /// Whether it names something of one platform, so that it is for one account.
    pub fn about_somebody(self) -> bool {
        matches!(self, Kind::Reply | Kind::Quote | Kind::Repost | Kind::Message)
    }

    pub fn queue(self) -> &'static str {
        match self {
            Kind::Mail => "mail",
            _ => "news",
        }
    }

    /// How many posts it becomes.
    pub fn parts(self) -> usize {
        match self {
            Kind::Thread => 3,
            Kind::Comment => 2,
            _ => 1,
        }
    }

    pub fn ending(self) -> &'static str {
        match (self.beside(self.accounts()[0]), self) {
            (_, Kind::Mail) => "md",
            (Beside::Nothing, _) => {
                if self == Kind::Comment {
                    "post"
                } else {
                    "toml"
                }
            }
            _ => "post",
        }
    }

    /// Whether it is a directory with files.
    pub fn bundle(self) -> bool {
        self.ending() == "post"
    }

    fn beside(self, account: &str) -> Beside {
        match self {
            Kind::Picture | Kind::Story => Beside::Picture,
            Kind::Comment if account == GALLERY || account == BOUTIQUE => Beside::Picture,
            Kind::Album => Beside::Pictures,
            Kind::Film | Kind::Reel | Kind::Draft => Beside::Film,
            _ => Beside::Nothing,
        }
    }

    /// How it is told on the wall where it has no words: by the length of its file.
    pub fn by_length(self) -> bool {
        matches!(self, Kind::Story | Kind::Draft)
    }

    /// The length of its file with a mark.
    pub fn length(self, mark: usize) -> usize {
        let file = match self.beside(self.accounts()[0]) {
            Beside::Film => FILM,
            Beside::Nothing | Beside::Picture | Beside::Pictures => PICTURE,
        };
        file.len() + MARK_MIN + mark
    }
}

/// What one file says.
pub struct Sheet<'a> {
    pub kind: Kind,
    pub accounts: &'a [&'static str],
    /// When, in words of the file.
    pub at: Option<&'a str>,
    /// The words by which its parts are told.
    pub tokens: Vec<String>,
    /// The post that is reposted.
    pub reposted: Option<&'a str>,
    /// What the length of its picture or film says.
    pub mark: usize,
}

impl Sheet<'_> {
    /// The file's text, or that of the bundle's post file.
    pub fn text(&self, others: &Others) -> String {
        let at = self.at.map(|at| format!("at = {at}\n")).unwrap_or_default();
        let token = |part: usize| &self.tokens[part];
        if self.kind == Kind::Mail {
            return format!("+++\n{at}subject = \"{} news\"\n+++\nDear reader.\n", token(0));
        }
        let account = self.accounts[0];
        let head = format!("{at}accounts = {:?}\n{}", self.accounts, self.media());
        let said = |more: &str| format!("{head}text = \"{} is what we say.\"\n{more}", token(0));
        match self.kind {
            Kind::Text | Kind::Picture | Kind::Album | Kind::Film => said(""),
            Kind::Link => said("link = \"https://club.example/programme\"\n"),
            Kind::Reel => said("kind = \"reel\"\n"),
            Kind::Story => format!("{head}kind = \"story\"\n"),
            Kind::Thread => format!(
                "{head}text = \"{} begins.\"\nthread = [{{ text = \"{} goes on.\" }}, {{ text = \"{} ends.\" }}]\n",
                token(0),
                token(1),
                token(2)
            ),
            Kind::Poll => said("poll = [\"A waltz\", \"A tango\"]\n"),
            Kind::Reply => said(&format!("reply_to = \"{}\"\n", others.post(account))),
            Kind::Quote => said(&format!("quote = \"{}\"\n", others.post(account))),
            Kind::Repost => format!("{head}repost = \"{}\"\n", self.reposted.unwrap()),
            Kind::Message => said(&format!(
                "kind = \"message\"\nto = [\"{}\"]\n",
                others.person(account)
            )),
            Kind::Comment => said(&format!("first_comment = \"{} is added.\"\n", token(1))),
            Kind::Draft => head,
            Kind::Mail => unreachable!("it is told above"),
        }
    }

    fn beside(&self) -> Beside {
        let all = self.accounts.iter().map(|account| self.kind.beside(account));
        all.fold(Beside::Nothing, |found, one| {
            if found == Beside::Nothing { one } else { found }
        })
    }

    fn media(&self) -> String {
        let files: &[&str] = match self.beside() {
            Beside::Nothing => &[],
            Beside::Picture => &["door.jpg"],
            Beside::Pictures => &["door.jpg", "second.jpg"],
            Beside::Film => &["sea.mp4"],
        };
        let items: Vec<String> = files
            .iter()
            .map(|file| format!("{{ file = \"{file}\" }}"))
            .collect();
        if items.is_empty() {
            return String::new();
        }
        format!("media = [{}]\n", items.join(", "))
    }

    /// Writes the file, or the bundle.
    pub fn write(&self, path: &Path, others: &Others) {
        if !self.kind.bundle() {
            fs::write(path, self.text(others)).unwrap();
            return;
        }
        fs::create_dir(path).unwrap();
        match self.beside() {
            Beside::Nothing => {}
            Beside::Picture => fs::write(path.join("door.jpg"), picture(self.mark)).unwrap(),
            Beside::Pictures => {
                fs::write(path.join("door.jpg"), picture(self.mark)).unwrap();
                fs::write(path.join("second.jpg"), SECOND).unwrap();
            }
            Beside::Film => fs::write(path.join("sea.mp4"), film(self.mark)).unwrap(),
        }
        fs::write(path.join("post.toml"), self.text(others)).unwrap();
    }
}

/// The picture with a comment of its own length behind its first marker.
fn picture(mark: usize) -> Vec<u8> {
    let size = MARK_MIN + mark;
    let length = u16::try_from(size - 2).unwrap().to_be_bytes();
    let comment = [&[0xFF, 0xFE], &length[..], &vec![b' '; size - 4]].concat();
    [&PICTURE[..2], &comment, &PICTURE[2..]].concat()
}

/// The film with a free box of its own length at the end.
fn film(mark: usize) -> Vec<u8> {
    let size = MARK_MIN + mark;
    let length = u32::try_from(size).unwrap().to_be_bytes();
    [FILM, &length, b"free", &vec![0; size - 8]].concat()
}
