//! DECISIONS, pure: what a post is, when it may go, what an answer means, what happens next.
//!
//! Nothing here reads a clock, draws a random number, opens a file or awaits. `now` is an argument.

pub mod anew;
pub mod audit;
pub mod call;
pub mod clocks;
pub mod delivery;
pub mod desk;
pub mod diagnose;
pub mod enquiries;
pub mod facts;
pub mod fit;
pub mod flow;
pub mod hook;
pub mod intake;
pub mod life;
pub mod limit;
pub mod login;
pub mod offer;
pub mod platform;
pub mod reach;
pub mod renewal;
pub mod retry;
pub mod rules;
pub mod schedule;
pub mod standing;
pub mod sunset;
pub mod why;
