//! The models: pure machines, written from the vendors' pages alone, that answer as the vendors' servers do.
//!
//! No IO, no clock and no randomness: time is an argument in Unix milliseconds, ids come from a seeded counter.

pub mod facebook;
pub mod instagram;
pub mod mail;
pub(crate) mod meta;
pub(crate) mod multipart;
pub(crate) mod shown;
pub mod threads;
pub mod tiktok;
pub mod video;
pub mod x;

/// Hands the list of all vendors that speak HTTP to a macro: `each_vendor!(NAME)` is `NAME! { folder: Model, ... }`.
///
/// A vendor is its `mod` line above and its line here; everything that must know all of them is made from this list,
/// in this order.
macro_rules! each_vendor {
    ($then:ident) => {
        $then! {
            threads: Threads,
            instagram: Instagram,
            facebook: Facebook,
            tiktok: TikTok,
            x: X,
        }
    };
}

pub(in crate::sandbox) use each_vendor;
