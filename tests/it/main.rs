//! The one integration binary.

mod config;
mod intake;
mod platforms;
mod sandbox;
mod spool;
mod admin;
mod ctl;
mod store;
mod tidy;
mod unit_files;
mod web;
mod wire;
