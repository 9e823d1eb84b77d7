//! The public door: OAuth callbacks, Meta's callbacks, media for platforms that fetch by URL.
//!
//! Five routes on bare hyper and nothing else; everything that must be remembered or decided is behind
//! [`WebDesk`]. Meant to stand on loopback behind a TLS proxy, and safe without one: headers, bodies, times
//! and connections have limits, and an unknown path learns nothing.

pub mod callback;
pub mod desk;
pub mod media_token;
pub mod pages;
mod ranges;
mod routes;
mod serve;
pub mod signed_request;

pub use callback::{CallbackQuery, Outcome};
pub use desk::{CallbackPage, DeletionAnswer, DeletionStatus, MediaFile, MetaApp, WebDesk};
pub use serve::{WebLimits, serve, serve_with};
pub use signed_request::SignedRequest;
