//! Limits: the ledger is the law, governor is the pace, the platform's own word is stricter than both.
//!
//! A published limit "at most L in any window W" is counted exactly: the rows of the ledger inside the last W.
//! A row is written with the intent, before the commit step leaves, and taken back only when the server has
//! said that nothing happened: what was sent counts, even if its answer was lost.

mod ledger;
mod pace;

pub use ledger::{Ledger, Row, Usage};
pub use pace::Pacer;
