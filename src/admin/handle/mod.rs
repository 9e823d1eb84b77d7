//! What each row of the table does: from a request that was read to the engine's answer.

pub(super) mod accounts;
pub(super) mod daemon;
pub(super) mod posts;
pub(super) mod stream;
pub(super) mod submit;
