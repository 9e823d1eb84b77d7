//! The two ways to log in, and what differs between them (instagram.md 1).

use crate::core::login::Options;

/// Option: which login an account uses.
pub(super) const LOGIN: &str = "login";
/// Option: which Facebook Page's Instagram account it is.
pub(super) const PAGE: &str = "page";

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Instagram's own login; no Page is needed.
    Instagram,
    /// Facebook's login; the account is reached through the Page that it is linked to.
    Facebook,
}

impl Way {
    /// The account's; other words than `facebook` are refused when the config is read.
    pub(super) fn of(options: &Options) -> Way {
        match options.get(LOGIN).map(String::as_str) {
            Some("facebook") => Way::Facebook,
            Some(_) | None => Way::Instagram,
        }
    }

    /// The host of data calls.
    pub(super) fn host(self) -> &'static str {
        match self {
            Way::Instagram => super::API,
            Way::Facebook => super::FB_API,
        }
    }
}
