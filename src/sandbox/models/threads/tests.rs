//! Table-like tests of the rules.
