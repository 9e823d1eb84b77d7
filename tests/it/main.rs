//! The one integration binary.

mod platforms;
mod sandbox;
mod config;
mod store;
mod tidy;
mod unit_files;
mod web;
mod wire;
