//! The configuration: as written, merged, valid. Only the valid form leaves this module.
//!
//! The path of a file: [`files`](self) reads it, `syntax` parses it into a `tree` of values with their
//! places, drop-ins are laid over it, `sections`, `accounts` and `queues` read the result with a `reader`
//! that notes each problem and goes on, and `load` hands out the [`settings`] or the problems.

mod accounts;
pub mod diff;
mod files;
pub mod keys;
mod load;
mod mask;
pub mod origin;
mod queues;
mod reader;
mod secret;
mod sections;
pub mod settings;
mod syntax;
mod tree;
mod values;

pub use files::{DROPIN_DIRS, FILE_MAX};
pub use load::{Loaded, load, load_text};
pub use secret::check_secrets;
