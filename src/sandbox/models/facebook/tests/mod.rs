//! Tests of the rules, by the section of `facebook.md` that they come from.
