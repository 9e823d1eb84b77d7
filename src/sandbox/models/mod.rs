//! The models: pure machines, written from the vendors' pages alone, that answer as the vendors' servers do.
//!
//! No IO, no clock and no randomness: time is an argument in Unix milliseconds, ids come from a seeded counter.

pub mod facebook;
pub mod instagram;
pub mod mail;
pub(crate) mod meta;
pub(crate) mod multipart;
pub(crate) mod shown;
pub mod threads;
pub mod tiktok;
pub mod video;
pub mod x;
