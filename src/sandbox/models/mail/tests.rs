//! Table-like tests of the dialogue.
