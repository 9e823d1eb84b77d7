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
}

pub const ALL: [Rule; 8] = [
    Rule::NotMarked,
    Rule::Overwritten,
    Rule::UsedFirst,
    Rule::Emptier,
    Rule::HiccupIsFinal,
    Rule::Unmarked,
    Rule::GivenUp,
    Rule::NotAskedAgain,
];
