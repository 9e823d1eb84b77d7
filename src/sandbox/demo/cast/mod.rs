//! Who takes part in the demonstration: a file for each account with its config, its login, and the files that
//! are dropped for it; a row in [`CAST`] lets it in.

mod email;
mod facebook;
mod instagram;
mod shared;
mod threads;
mod tiktok;
mod x;

use super::drops::Dropped;
use super::house::Ground;
use crate::sandbox::model::WallKind;
use crate::sandbox::world::World;

/// One account.
pub(super) struct Role {
    /// Its name in the config.
    pub(super) account: &'static str,
    /// The platform's name in the config.
    pub(super) platform: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    /// Whose posts they are on the wall.
    pub(super) profile: &'static str,
    /// How it is connected.
    pub(super) login: Login,
    /// Which of the files that several accounts publish are for it too.
    pub(super) takes: &'static [Share],
    /// What is written for it into the config.
    pub(super) config: fn(&Ground<'_>) -> String,
    /// What a film is for its readers.
    pub(super) film: WallKind,
    /// What somebody else did before the files are dropped.
    pub(super) someone: fn(&mut World, i64) -> Someone,
    /// The files for it alone.
    pub(super) files: fn(&Someone) -> Vec<Dropped>,
}

/// Somebody else, whom the club answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Someone {
    /// The id of their post.
    pub(super) post: String,
    /// Their id, for messages.
    pub(super) person: String,
}

/// How an account is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// Through the redirects of the login page, where this profile is chosen.
    Redirects(&'static str),
    /// By the password in the config.
    Password,
}

/// A file that several accounts publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// A few words, also as mail.
    Words,
    /// A picture.
    Picture,
    /// Three pictures.
    Album,
    /// A short film.
    Film,
    /// A thread of three.
    Thread,
    /// Words that are due in some seconds.
    Later,
}

/// Everybody, in the order in which they are connected.
pub(super) const CAST: &[Role] = &[
    threads::ROLE,
    instagram::ROLE,
    instagram::SHOP_ROLE,
    facebook::ROLE,
    tiktok::ROLE,
    tiktok::DRAFTS_ROLE,
    x::ROLE,
    email::ROLE,
];

/// The role of an account.
pub(super) fn role(account: &str) -> Option<&'static Role> {
    CAST.iter().find(|role| role.account == account)
}

/// All files, in the order in which they are dropped.
pub(super) fn files(world: &mut World, now_ms: i64) -> Vec<Dropped> {
    let mut all = shared::files(now_ms);
    for role in CAST {
        let someone = (role.someone)(world, now_ms);
        all.extend((role.files)(&someone));
    }
    all.push(shared::wrong());
    all
}

/// Nobody else is needed.
fn nobody(_world: &mut World, _now_ms: i64) -> Someone {
    Someone::default()
}
