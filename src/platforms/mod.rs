//! One folder per platform, pure: what it can publish, its steps, what its replies mean.
//!
//! Adding one is a folder, its `mod` line and its row in [`ALL`] (`docs/adding-a-platform.md`).

mod email;
mod facebook;
mod instagram;
mod kit;
#[cfg(test)]
pub(crate) mod tests;
mod threads;
mod tiktok;
mod x;

use crate::core::platform::Platform;

/// Every platform, in the order of tables.
pub static ALL: &[&dyn Platform] = &[
    &threads::Threads,
    &instagram::Instagram,
    &facebook::Facebook,
    &tiktok::TikTok,
    &x::X,
    &email::Email,
];

/// The platform of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Platform> {
    ALL.iter().copied().find(|p| p.name() == name)
}
