//! The only way out: one HTTP client and one SMTP client, secrets attached at the last moment.
//!
//! A [`crate::core::call::Call`] goes in, an [`crate::core::call::Answer`] and a [`Transcript`] come out. The
//! wire never retries: whether a call may be repeated is the core's decision, and the answer tells it exactly
//! what is known (answered, certainly not sent, perhaps carried out).

pub mod http;
pub mod mime;
mod oauth1;
pub mod ports;
mod proof;
pub mod redact;
mod request;
mod response;
pub mod smtp;
pub mod transcript;
mod trouble;

pub use http::{HttpWire, WireSettings};
pub use ports::{MediaSource, Secrets, Target};
pub use smtp::{MailAuth, MailTls, Patience, SmtpSettings, SmtpWire};
pub use transcript::Transcript;
pub use trouble::machine;
