//! The test of the test: rules of renewing, each broken on purpose.

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The mark is not written before the call leaves.
    NotMarked,
    /// The old set is taken away before the new one is durable.
    Overwritten,
    /// The new set is in use before it is durable.
    UsedFirst,
    /// What the vendor did not tell again is forgotten.
    Emptier,
    /// A hiccup is read as the vendor's final word.
    HiccupIsFinal,
    /// A call that never left takes away the mark of an earlier one.
    Unmarked,
    /// What the disk did not take is given up.
    GivenUp,
    /// A lost answer is given up instead of being asked for again after a start.
    NotAskedAgain,
    /// After a start an account stays as old as its record, though its set is newer.
    NotCaughtUp,
}

impl Rule {
    /// Which player's vendor makes it show.
    pub fn shows_with(self) -> &'static str {
        match self {
            Rule::NotCaughtUp => "threads",
            Rule::Emptier => "instagram",
            Rule::GivenUp | Rule::Overwritten => "tiktok",
            Rule::NotMarked
            | Rule::UsedFirst
            | Rule::HiccupIsFinal
            | Rule::Unmarked
            | Rule::NotAskedAgain => "x",
        }
    }
}

pub const ALL: [Rule; 9] = [
    Rule::NotMarked,
    Rule::Overwritten,
    Rule::UsedFirst,
    Rule::Emptier,
    Rule::HiccupIsFinal,
    Rule::Unmarked,
    Rule::GivenUp,
    Rule::NotAskedAgain,
    Rule::NotCaughtUp,
];
