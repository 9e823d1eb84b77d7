//! Each kind's requests, held against docs/facts/tiktok.md.
