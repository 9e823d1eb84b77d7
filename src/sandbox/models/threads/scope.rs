//! The permissions of Threads (`threads.md` 2, the table of scopes).

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `threads_basic`: always required.
    Basic,
    /// `threads_content_publish`: publish, repost, read the publishing limit.
    Publish,
    /// `threads_manage_replies`: create replies, hide, approve.
    ManageReplies,
    /// `threads_read_replies`: read replies and conversations.
    ReadReplies,
    /// `threads_manage_insights`.
    Insights,
    /// `threads_delete`.
    Delete,
    /// `threads_keyword_search`.
    Search,
    /// `threads_manage_mentions`.
    Mentions,
    /// `threads_location_tagging`.
    Locations,
    /// `threads_profile_discovery`.
    Profiles,
    /// `threads_share_to_instagram`.
    ShareToInstagram,
}

/// Every permission with its name on the wire.
pub(super) const ALL: [(Scope, &str); 11] = [
    (Scope::Basic, "threads_basic"),
    (Scope::Publish, "threads_content_publish"),
    (Scope::ManageReplies, "threads_manage_replies"),
    (Scope::ReadReplies, "threads_read_replies"),
    (Scope::Insights, "threads_manage_insights"),
    (Scope::Delete, "threads_delete"),
    (Scope::Search, "threads_keyword_search"),
    (Scope::Mentions, "threads_manage_mentions"),
    (Scope::Locations, "threads_location_tagging"),
    (Scope::Profiles, "threads_profile_discovery"),
    (Scope::ShareToInstagram, "threads_share_to_instagram"),
];

impl Scopes {
    /// Every permission there is.
    #[must_use]
    pub fn all() -> Self {
        Self(ALL.iter().fold(0, |bits, (scope, _)| bits | 1 << *scope as u16))
    }

    /// Reads a list separated by commas or spaces; the first unknown name is the error.
    ///
    /// # Errors
    /// The name that no permission has.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut scopes = Self::default();
        for name in list.split([',', ' ', '+']).filter(|n| !n.is_empty()) {
            let found = ALL
                .iter()
                .find(|(_, n)| *n == name)
                .ok_or_else(|| name.to_owned())?;
            scopes.0 |= 1 << found.0 as u16;
        }
        Ok(scopes)
    }

    /// Whether this permission is among them.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// The same set without one permission.
    #[must_use]
    pub fn without(self, scope: Scope) -> Self {
        Self(self.0 & !(1 << scope as u16))
    }

    /// Their names on the wire.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        ALL.iter()
            .filter(|(scope, _)| self.has(*scope))
            .map(|(_, name)| *name)
            .collect()
    }
}
