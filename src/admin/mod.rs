//! The local door: HTTP over the Unix socket, its routes, its client.
//!
//! A request's way: [`serve`] accepts and asks the kernel who calls ([`peer`]); [`guard`] refuses what comes
//! from a web page; the table ([`routes`]) names the permission and the limits; [`route`] reads path, query
//! and body into types and hands them to a function in `handle`, which calls the [`types::Desk`]. Whatever
//! goes wrong on the way is a [`types::Problem`] and leaves as an RFC 9457 document.
//!
//! Nothing here holds state, decides anything about posts, or writes audit records: the engine does.

pub mod client;
mod door;
mod guard;
mod handle;
mod metrics;
mod openapi;
mod patient;
pub mod peer;
mod respond;
mod route;
mod routes;
pub mod serve;

pub use door::{DoorError, MODE, Socket, bind};
pub use openapi::document;
pub use route::{Context, Patience, Permission, Route};
pub use routes::{app, routes};
pub use serve::{Limits, serve};

/// The wire's types, for clients.
pub mod types {
    pub use crate::engine::api::*;
}
