//! `crier-sandbox`: a stand-in for social platforms and for a mail server, on this machine.
//!
//! The models are pure and serve three times: in memory under virtual time, over TCP in tests, and for people,
//! who see what was published on the wall. They are written from the vendors' pages (`docs/facts/`), never
//! from crier's own flows.

pub mod cli;
pub mod clock;
mod demo;
pub mod exchange;
pub mod faults;
pub mod model;
pub mod models;
pub mod serve;
pub mod wall;
pub mod world;
