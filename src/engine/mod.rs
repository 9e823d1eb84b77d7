//! THE LOOP: take an event, decide, commit, act.

pub mod api;
