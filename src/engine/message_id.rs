//! The journal's `MESSAGE_ID`s: one for each kind of event that a person may act on.
//!
//! `systemd/crier.catalog` explains each (`journalctl -x`); `tests/it/unit_files.rs` keeps the two equal.
//! An id is for ever: a kind that changes its meaning gets a new one.

/// The identity of a kind of journal entry: log it as `message_id = PUBLISHED.id()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId {
    name: &'static str,
    id: &'static str,
}

impl MessageId {
    /// 32 hexadecimal digits.
    pub const fn id(self) -> &'static str {
        self.id
    }

    /// Its name here, in lower case.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident = $id:literal, $word:literal;)+) => {
        $($(#[$doc])+ pub const $name: MessageId = MessageId { name: $word, id: $id };)+

        /// All of them, in the catalogue's order.
        pub const ALL: &[MessageId] = &[$($name),+];
    };
}

ids! {
    /// crierd serves.
    STARTED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a001", "started";
    /// crierd ends, everything open is parked.
    STOPPED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a002", "stopped";
    /// A new config is in force.
    RELOADED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a003", "reloaded";
    /// A new config has errors; the old one stays in force.
    RELOAD_FAILED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a004", "reload failed";
    /// An account was connected.
    CONNECTED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a005", "connected";
    /// A person disconnected an account, or the vendor told that its owner did.
    DISCONNECTED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a006", "disconnected";
    /// An account's access ends soon and only a person can renew it.
    EXPIRING = "c7a1b7a2b8f24b0f9a4cbb1c1de1a007", "expiring";
    /// An account's access has ended, or its platform wants something of it: a person must act.
    REAUTHORISE = "c7a1b7a2b8f24b0f9a4cbb1c1de1a008", "reauthorise";
    /// A delivery is out.
    PUBLISHED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a009", "published";
    /// A delivery was refused for good.
    FAILED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00a", "failed";
    /// A delivery waits for a person.
    HELD = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00b", "held";
    /// Nobody can say whether a delivery went out.
    UNKNOWN_OUTCOME = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00c", "unknown outcome";
    /// A delivery went out, or will, later than its time.
    LATE = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00d", "late";
    /// A limit of an account is reached; deliveries wait for it.
    LIMIT_REACHED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00e", "limit reached";
    /// A dropped file was refused.
    FILE_REFUSED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a00f", "file refused";
    /// Something is past due without an end and without a reason: the monitor's alarm.
    OVERDUE = "c7a1b7a2b8f24b0f9a4cbb1c1de1a010", "overdue";
    /// Publishing was frozen: by a person, or because a platform's API version has ended.
    FROZEN = "c7a1b7a2b8f24b0f9a4cbb1c1de1a011", "frozen";
    /// Publishing goes on.
    THAWED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a012", "thawed";
    /// The clock was set, or is not plausible.
    CLOCK = "c7a1b7a2b8f24b0f9a4cbb1c1de1a013", "clock";
    /// The database cannot be read, or is emptier than it must be.
    STORE_DAMAGED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a014", "store damaged";
    /// The disk is full or fails; nothing new is begun.
    STORE_FULL = "c7a1b7a2b8f24b0f9a4cbb1c1de1a015", "store full";
    /// The key is missing or is not the one that sealed the tokens.
    KEY_WRONG = "c7a1b7a2b8f24b0f9a4cbb1c1de1a016", "key wrong";
    /// Somebody changed something through the admin socket.
    AUDIT = "c7a1b7a2b8f24b0f9a4cbb1c1de1a017", "audit";
    /// A person asked for the state (`SIGUSR1`).
    STATE = "c7a1b7a2b8f24b0f9a4cbb1c1de1a018", "state";
    /// A post was admitted.
    ADMITTED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a019", "admitted";
    /// A version of a platform's API ends soon, or has ended.
    VERSION_ENDS = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01a", "version ends";
    /// A post's first delivery begins; its file is in `sending/`.
    BEGUN = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01b", "begun";
    /// A person ended a delivery before it was out.
    CANCELLED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01c", "cancelled";
    /// A person let a held delivery go on, had it tried again, or said what became of it.
    MOVED_ON = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01d", "moved on";
    /// A login did not come off; what the account was before, it still is.
    LOGIN_FAILED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01e", "login failed";
    /// An account's token was renewed.
    RENEWED = "c7a1b7a2b8f24b0f9a4cbb1c1de1a01f", "renewed";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_128_bits_and_differ() {
        let ids: BTreeSet<_> = ALL.iter().map(|m| m.id()).collect();
        assert_eq!(ids.len(), ALL.len());
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(ids.iter().all(|id| id.len() == 32 && id.chars().all(hex)));
    }
}
