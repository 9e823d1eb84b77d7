//! THE LOOP: take an event, decide, commit, act.
//!
//! One task owns the [`Engine`]. Whatever happens (a timer, an answer, a dropped file, a person) comes to it
//! as an [`event::Event`]; the desk decides; what it wants written down is durable before anything it wants
//! done begins. Starting after a crash is the same code: load, ask the desk, act.
//!
//! - `event`: the closed list of what can happen; `run`: the loop; `durable`: its commits, and a disk that takes none; `effects`: what is done after a commit
//! - `records`: the desk's records in the store; `vault`: tokens; `views`: what people see
//! - `spooling`: files in and out; `accounts`, `logins`: connecting, renewing, asking; `outside`: calls with secrets
//! - `handle`: how the other tasks talk to the loop; `door`: the admin API; `porch`: the public endpoint
//! - `monitor`: alarms for what is past due, not the scheduler; `beat`: the watchdog, from the loop itself
//! - `clock`: the one file that reads a clock

mod accounts;
pub mod api;
pub mod beat;
pub mod clock;
mod door;
mod durable;
mod effects;
pub mod event;
mod handle;
pub mod journal;
mod logins;
pub mod message_id;
mod monitor;
mod outside;
mod porch;
pub mod records;
mod reload;
mod run;
mod shared;
mod spooling;
mod start;
pub mod vault;
mod versions;
pub mod views;

pub use handle::Handle;
pub use reload::live;
pub use run::Engine;
pub use shared::{Live, SecretPlaces, Shared};
pub use start::{PATIENCE, Setup, StartError, start};
