//! The one integration binary.

mod config;
mod platforms;
mod sandbox;
mod intake;
mod spool;
mod store;
mod tidy;
mod unit_files;
mod web;
mod wire;
