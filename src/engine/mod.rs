//! THE LOOP: take an event, decide, commit, act.

pub mod api;
pub mod clock;
pub mod message_id;
pub mod records;
pub mod vault;
pub mod views;
