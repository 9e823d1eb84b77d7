//! Each kind's requests, held against docs/facts/facebook.md 2 to 8.
