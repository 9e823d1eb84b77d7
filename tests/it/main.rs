//! The one integration binary.

mod admin;
mod canary;
mod config;
mod ctl;
mod demo;
mod intake;
mod platforms;
mod process;
mod sandbox;
mod sim;
mod spool;
mod store;
mod tidy;
mod unit_files;
mod verbs;
mod web;
mod wire;
