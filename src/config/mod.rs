//! The configuration: as written, merged, valid. Only the valid form leaves this module.

mod secret;
pub mod settings;
