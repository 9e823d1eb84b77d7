//! NOUNS: ids, times, texts, media, posts, accounts, queues, holds, receipts. No IO, no clock, no async.
//!
//! The words are the contract's (`docs/glossary.md`). Everything here can be written down with serde
//! and read back by a later version; nothing here decides anything.

pub mod account;
pub mod hold;
pub mod id;
pub mod media;
pub mod post;
pub mod queue;
pub mod receipt;
pub mod text;
pub mod time;
