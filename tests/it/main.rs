//! The one integration binary.

#![allow(
    clippy::disallowed_methods,
    reason = "tests watch real processes: they read the clock and the environment"
)]

mod admin;
mod budget;
mod canary;
mod clock;
mod config;
mod ctl;
mod demo;
mod docs;
mod full_disk;
mod half_way;
#[path = "../../benches/house/mod.rs"]
mod house;
mod intake;
mod logins;
mod news;
mod not_found;
mod pauses;
mod platforms;
mod process;
mod recipients;
mod sandbox;
mod shared;
mod sim;
mod spool;
mod standing;
mod store;
mod tidy;
mod unit_files;
mod verbs;
mod versions;
mod web;
mod windows;
mod wire;
