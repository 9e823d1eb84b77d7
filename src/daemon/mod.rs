//! crierd around the engine: start, signals, reload, systemd, stop.

pub mod env;
pub mod exit;
pub mod housekeeping;
pub mod logging;
pub mod process;
pub mod sdnotify;
pub mod signals;
pub mod sockets;
