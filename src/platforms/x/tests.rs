//! Each kind's requests, held against docs/facts/x.md.
