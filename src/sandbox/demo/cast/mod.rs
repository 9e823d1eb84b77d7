//! Who takes part in the demonstration. Each vendor brings its part (`models/NAME/demo.rs`): its accounts with their
//! config, their login and the files that are dropped for them.

pub(in crate::sandbox) mod shared;

use serde_json::Value;

use super::drops::Dropped;
use super::house::Ground;
use crate::sandbox::model::WallKind;
use crate::sandbox::models::{self, each_vendor};
use crate::sandbox::world::World;

/// What a vendor brings.
pub(in crate::sandbox) struct Part {
    /// The platform's name in the config.
    pub(in crate::sandbox) platform: &'static str,
    /// Its accounts.
    pub(in crate::sandbox) roles: &'static [Role],
    /// The switches of its model that the demonstration wants.
    pub(in crate::sandbox) switches: fn() -> Vec<(&'static str, Value)>,
}

/// One account.
pub(in crate::sandbox) struct Role {
    /// Its name in the config.
    pub(in crate::sandbox) account: &'static str,
    /// What people call it.
    pub(in crate::sandbox) title: &'static str,
    /// Whose posts they are on the wall.
    pub(in crate::sandbox) profile: &'static str,
    /// How it is connected.
    pub(in crate::sandbox) login: Login,
    /// Which of the files that several accounts publish are for it too.
    pub(in crate::sandbox) takes: &'static [Share],
    /// What is written for it into the config.
    pub(in crate::sandbox) config: fn(&Ground<'_>) -> String,
    /// What a film is for its readers.
    pub(in crate::sandbox) film: WallKind,
    /// What somebody else did before the files are dropped.
    pub(in crate::sandbox) someone: fn(&mut World, i64) -> Someone,
    /// The files for it alone.
    pub(in crate::sandbox) files: fn(&Someone) -> Vec<Dropped>,
}

/// Somebody else, whom the club answers.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Someone {
    /// The id of their post.
    pub(in crate::sandbox) post: String,
    /// Their id, for messages.
    pub(in crate::sandbox) person: String,
}

/// How an account is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Login {
    /// Through the redirects of the login page, where this profile is chosen.
    Redirects(&'static str),
    /// By the password in the config.
    Password,
}

/// A file that several accounts publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Share {
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

/// The parts of these vendors, in their order, and mail's.
macro_rules! parts {
    ($($vendor:ident: $model:ident,)*) => {
        pub(in crate::sandbox) const PARTS: &[Part] = &[$(models::$vendor::demo::PART,)* models::mail::demo::PART];
    };
}

each_vendor!(parts);

/// Everybody, in the order in which they are connected.
pub(in crate::sandbox) fn roles() -> impl Iterator<Item = &'static Role> {
    PARTS.iter().flat_map(|part| part.roles)
}

/// The role of an account.
pub(in crate::sandbox) fn role(account: &str) -> Option<&'static Role> {
    roles().find(|role| role.account == account)
}

/// All files, in the order in which they are dropped.
pub(in crate::sandbox) fn files(world: &mut World, now_ms: i64) -> Vec<Dropped> {
    let mut all = shared::files(now_ms);
    for role in roles() {
        let someone = (role.someone)(world, now_ms);
        all.extend((role.files)(&someone));
    }
    all.push(shared::wrong());
    all
}

/// Nobody else is needed.
pub(in crate::sandbox) fn nobody(_world: &mut World, _now_ms: i64) -> Someone {
    Someone::default()
}
