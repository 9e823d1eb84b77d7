//! Each kind's requests, held against docs/facts/instagram.md 4, 5 and 8.
