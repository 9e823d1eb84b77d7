//! The public door: OAuth callbacks, Meta's callbacks, media for platforms that fetch by URL.
