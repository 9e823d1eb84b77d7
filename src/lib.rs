//! crier publishes posts to social accounts and mail: on time, exactly once, within every limit.
//!
//! `docs/ARCHITECTURE.md` has the modules in layers: which may use which, and where to begin reading.
//! `tests/it/tidy/layers.rs` reads every `crate::` path and keeps it so.

#![deny(clippy::todo, clippy::unimplemented)]
#![warn(clippy::too_many_lines, clippy::disallowed_methods, missing_docs)]
// src/say.rs and crierctl's terminal write to standard output and error; a closed pipe kills `println!`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod admin;
pub mod config;
pub mod core;
pub mod ctl;
pub mod daemon;
pub mod domain;
pub mod engine;
pub mod platforms;
pub mod sandbox;
mod say;
pub mod spool;
pub mod store;
pub mod web;
pub mod wire;
