//! Holds: why a delivery does not move now, and by whom or when it will. `why` prints them.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Why a delivery does not move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Its time has not come; prepared steps may run before.
    NotDue,
    /// The machine's clock cannot be right: it shows less than when something was let go last.
    Clock {
        /// What it shows, and what speaks against it.
        why: String,
    },
    /// An earlier post of the queue or account goes first, or spacing keeps it back.
    Spacing,
    /// A published limit or the platform's own word.
    Limit(LimitHold),
    /// The platform is still processing.
    Processing,
    /// A definite failure that passes; tried again.
    Retry {
        /// What went wrong last.
        why: String,
    },
    /// It may be out; looking, or about to repeat safely.
    Checking {
        /// What happened to the answer.
        why: String,
    },
    /// The account's token is renewed first; it goes on by itself.
    Renewing {
        /// What is the matter with the token.
        why: String,
    },
    /// The account cannot be used until somebody connects it again.
    Reauthorise {
        /// What the vendor said.
        why: String,
    },
    /// Something about the account or app that a person must mend.
    Account {
        /// What it is and what to do.
        why: String,
    },
    /// Frozen by a person or by the brake.
    Frozen {
        /// Scope and reason.
        why: String,
    },
    /// Nobody can know whether it is out: `crierctl resolve`.
    Unknown {
        /// What is known.
        why: String,
    },
    /// Too late by the queue's rule, which says to ask.
    TooLate,
    /// The same content went to the same account lately.
    Duplicate {
        /// The earlier post.
        of: String,
        /// When that went out.
        at: Timestamp,
    },
    /// A person said so.
    Person {
        /// Who and why.
        why: String,
    },
    /// A step of a thread failed for good after others went out.
    Partial {
        /// Which, and why.
        why: String,
    },
    /// The saved state cannot be read by this version.
    CannotResume {
        /// What is wrong with it.
        why: String,
    },
}

/// Which limit, and how full it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitHold {
    /// The limit in words: `250 posts per 24h`.
    pub limit: String,
    /// Where the number comes from: the ledger, the platform's answer, the pacer.
    pub by: LimitSource,
}

/// Who says that it is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitSource {
    /// Our own record of the rolling window.
    Ledger,
    /// The platform's numbers or `Retry-After`.
    Platform,
    /// The platform, about this delivery alone: a recipient, a conversation.
    Delivery,
    /// The platform, about all of the account's calls of one kind.
    Calls,
    /// Governor: not so many calls a second.
    Pacer,
}
