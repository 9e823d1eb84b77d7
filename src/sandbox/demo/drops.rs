//! A file that is dropped, and what it must come to.

use std::fs;
use std::path::Path;

use super::Told;
use super::cast::{self, Share};
use super::house::{House, PICTURES, QUEUE};
use crate::sandbox::model::WallKind;

/// One file or bundle.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Dropped {
    /// Its name in the queue's directory.
    pub(in crate::sandbox) name: String,
    /// What it shows.
    pub(in crate::sandbox) about: String,
    /// The file's text, or that of the bundle's `post` file.
    pub(in crate::sandbox) text: String,
    /// What lies beside the text in a bundle.
    pub(in crate::sandbox) beside: Vec<Beside>,
    /// What it must come to.
    pub(in crate::sandbox) expected: Expected,
}

/// A picture or video with its name and the words for those who cannot see it.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Beside {
    /// The file's name.
    pub(in crate::sandbox) name: &'static str,
    /// What it shows.
    pub(in crate::sandbox) alt: &'static str,
    /// The file.
    pub(in crate::sandbox) bytes: &'static [u8],
}

/// What a file must come to; nothing at all: it must be refused.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Expected {
    /// Posts, those of one account in their order.
    pub(in crate::sandbox) posts: Vec<Wish>,
    /// Mails: account, subject, recipient.
    pub(in crate::sandbox) mails: Vec<(&'static str, String, String)>,
    /// Not before this, Unix milliseconds.
    pub(in crate::sandbox) not_before: Option<i64>,
}

/// One post that must stand on the wall.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Wish {
    /// Whose it is.
    pub(in crate::sandbox) account: &'static str,
    /// Its words.
    pub(in crate::sandbox) text: String,
    /// What it is.
    pub(in crate::sandbox) kind: WallKind,
    /// How many pictures and videos it has.
    pub(in crate::sandbox) media: usize,
    /// How many choices its poll has.
    pub(in crate::sandbox) choices: usize,
    /// Its link card.
    pub(in crate::sandbox) link: Option<String>,
    /// What it answers.
    pub(in crate::sandbox) answers: Answers,
    /// To whom it went, when it is a message.
    pub(in crate::sandbox) to: Option<&'static str>,
    /// Whether it quotes a post.
    pub(in crate::sandbox) quotes: bool,
}

/// What a post answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) enum Answers {
    /// Nothing.
    #[default]
    Nothing,
    /// The wish before it.
    Before,
    /// A post of somebody else.
    Someone,
}

impl Wish {
    /// A post with these words and so many pictures.
    pub(in crate::sandbox) fn post(account: &'static str, text: &str, media: usize) -> Self {
        Self {
            account,
            text: text.to_owned(),
            media,
            ..Self::default()
        }
    }
}

impl Expected {
    /// These posts.
    pub(in crate::sandbox) fn posts(posts: Vec<Wish>) -> Self {
        Self {
            posts,
            ..Self::default()
        }
    }

    /// The accounts that publish it, each once.
    pub(in crate::sandbox) fn accounts(&self) -> Vec<&'static str> {
        let mut all: Vec<&'static str> = Vec::new();
        let posts = self.posts.iter().map(|wish| wish.account);
        for account in posts.chain(self.mails.iter().map(|(account, _, _)| *account)) {
            if !all.contains(&account) {
                all.push(account);
            }
        }
        all
    }
}

impl Dropped {
    /// A file with this text, or a bundle when something lies beside it.
    pub(in crate::sandbox) fn new(
        name: &str,
        about: &str,
        text: String,
        beside: &[Beside],
        expected: Expected,
    ) -> Self {
        Self {
            name: name.to_owned(),
            about: about.to_owned(),
            text,
            beside: beside.to_vec(),
            expected,
        }
    }

    /// Which queue it is for: not every account of the second takes words alone.
    fn queue(&self) -> &'static str {
        let words =
            |account: &str| cast::role(account).is_some_and(|role| role.takes.contains(&Share::Words));
        if self.expected.accounts().into_iter().all(words) {
            QUEUE
        } else {
            PICTURES
        }
    }

    fn write(&self, to: &Path) -> std::io::Result<()> {
        if self.beside.is_empty() {
            return fs::write(to, &self.text);
        }
        fs::create_dir(to)?;
        for file in &self.beside {
            fs::write(to.join(file.name), file.bytes)?;
        }
        let kind = if self.text.starts_with("+++") {
            "md"
        } else {
            "toml"
        };
        fs::write(to.join(format!("post.{kind}")), &self.text)
    }
}

/// The key `media` of a queue file for these.
pub(in crate::sandbox) fn media_key(beside: &[Beside]) -> String {
    let items: String = beside
        .iter()
        .map(|file| format!("  {{ file = \"{}\", alt = \"{}\" }},\n", file.name, file.alt))
        .collect();
    format!("media = [\n{items}]\n")
}

/// The key `accounts` of a queue file for these.
pub(in crate::sandbox) fn accounts_key(accounts: &[&str]) -> String {
    let names: Vec<String> = accounts.iter().map(|name| format!("\"{name}\"")).collect();
    format!("accounts = [{}]\n", names.join(", "))
}

/// Drops them all as one should: under a hidden name first, then renamed.
pub(super) fn drop_all(house: &House, all: &[Dropped]) -> Told<()> {
    for one in all {
        let queue = house.queue_named(one.queue());
        let hidden = queue.join(format!(".{}", one.name));
        let put = || -> std::io::Result<()> {
            one.write(&hidden)?;
            fs::rename(&hidden, queue.join(&one.name))
        };
        put().map_err(|e| format!("{} cannot be dropped: {e}", one.name))?;
    }
    Ok(())
}
