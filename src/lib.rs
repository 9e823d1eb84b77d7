//! crier publishes posts to social accounts and mail: on time, exactly once, within every limit.
//!
//! The modules in reading order. Each may use only those above it that its line in
//! `docs/ARCHITECTURE.md` names; `tests/it/tidy.rs` reads every `use crate::` line and keeps it so.

#![forbid(clippy::todo, clippy::unimplemented)]
#![warn(clippy::too_many_lines, clippy::disallowed_methods, missing_docs, unreachable_pub)]

pub mod domain;
pub mod core;
pub mod platforms;
pub mod config;
pub mod spool;
pub mod store;
pub mod wire;
pub mod engine;
pub mod admin;
pub mod web;
pub mod ctl;
pub mod daemon;
pub mod sandbox;
