//! crierd around the engine: start, signals, reload, systemd, stop.

pub mod env;
pub mod exit;
mod heart;
pub mod housekeeping;
pub mod logging;
pub mod process;
pub mod sdnotify;
mod serving;
pub mod signals;
pub mod sockets;
mod start;

pub use start::main;

/// Whether messages go to a person.
fn terminal() -> bool {
    use std::io::IsTerminal as _;
    std::io::stderr().is_terminal()
}
