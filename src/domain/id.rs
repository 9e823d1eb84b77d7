//! Names and ids: parsed once, printed as they were.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a name was refused, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(pub String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadName {}

/// The longest name of an account, app or queue, in bytes.
pub const NAME_MAX: usize = 64;

/// Accepts `[a-z0-9][a-z0-9._-]*`, at most [`NAME_MAX`] bytes: safe as a file name, a TOML key, a URL segment.
fn check_name(what: &str, name: &str) -> Result<(), BadName> {
    let first_ok = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let rest_ok = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    if first_ok && rest_ok && name.len() <= NAME_MAX {
        return Ok(());
    }
    Err(BadName(format!(
        "{what} name {name:?} may only have a-z, 0-9, `-`, `_` and `.`, must begin with a letter or digit, and be at most {NAME_MAX} long"
    )))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Parses a name; the error is a sentence.
            pub fn new(name: impl Into<String>) -> Result<Self, BadName> {
                let name = name.into();
                check_name($what, &name)?;
                Ok(Self(name))
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;
            fn try_from(name: String) -> Result<Self, BadName> {
                Self::new(name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// One identity to publish as, as declared in `[account.NAME]`.
    AccountName,
    "account"
);
name!(
    /// A developer app at a vendor, as declared in `[app.NAME]`.
    AppName,
    "app"
);
name!(
    /// A spool directory with its rules, as declared in `[queue.NAME]`.
    QueueName,
    "queue"
);
name!(
    /// The code that speaks one vendor's API: `threads`, `email`, ...
    PlatformName,
    "platform"
);

impl AccountName {
    /// Sorts before every other: where a range of accounts begins.
    pub(crate) fn first() -> Self {
        Self(String::new())
    }
}

/// Identifies a post for ever: 26 characters of Crockford base 32 (a ULID), lower case; sorts by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PostId(String);

impl PostId {
    /// Parses an id in either case; the error is a sentence.
    pub fn new(id: impl Into<String>) -> Result<Self, BadName> {
        let id = id.into().to_ascii_lowercase();
        let good = id.len() == 26 && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if good {
            Ok(Self(id))
        } else {
            Err(BadName(format!(
                "{id:?} is not a post id (26 letters and digits)"
            )))
        }
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PostId {
    type Error = BadName;
    fn try_from(id: String) -> Result<Self, BadName> {
        Self::new(id)
    }
}

impl From<PostId> for String {
    fn from(id: PostId) -> String {
        id.0
    }
}

impl fmt::Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One post to one account: the unit of work, of state and of retry. Prints as `POST/ACCOUNT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryId {
    /// The post.
    pub post: PostId,
    /// The account it goes to.
    pub account: AccountName,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.post, self.account)
    }
}

impl std::str::FromStr for DeliveryId {
    type Err = BadName;
    fn from_str(s: &str) -> Result<Self, BadName> {
        let (post, account) = s
            .split_once('/')
            .ok_or_else(|| BadName(format!("{s:?} is not a delivery id (POST/ACCOUNT)")))?;
        Ok(Self {
            post: PostId::new(post)?,
            account: AccountName::new(account)?,
        })
    }
}
