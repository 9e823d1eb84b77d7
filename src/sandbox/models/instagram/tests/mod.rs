//! Tests of the rules, by the section of `instagram.md` that they come from.
