//! The public door: OAuth callbacks, what vendors tell by themselves, media for platforms that fetch by URL.
//!
//! Six routes on bare hyper and nothing else; everything that must be remembered or decided is behind
//! [`WebDesk`]. Meant to stand on loopback behind a TLS proxy, and safe without one: headers, bodies, times
//! and connections have limits, and an unknown path learns nothing.

pub mod callback;
pub mod desk;
pub mod hook;
pub mod media_token;
pub mod pages;
mod ranges;
mod routes;
mod serve;
pub mod signed_request;

pub use callback::{CallbackQuery, Outcome};
pub use desk::{AppSecret, CallbackPage, DeletionAnswer, DeletionStatus, HookEnd, MediaFile, WebDesk};
pub use serve::{WebLimits, serve, serve_with};
pub use signed_request::SignedRequest;
