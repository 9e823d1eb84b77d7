//! The programs as they are run: a real crierd, a real crier-sandbox, real sockets, real signals.

mod bench;
mod fitted;
mod idle;
mod kill;
mod life;
mod logins;
mod posts;
mod renewal;
