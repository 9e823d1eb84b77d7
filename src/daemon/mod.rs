//! crierd around the engine: start, signals, reload, systemd, stop.
