//! THE LOOP: take an event, decide, commit, act.

pub mod api;
pub mod records;
pub mod vault;
pub mod views;
