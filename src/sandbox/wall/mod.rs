//! The wall: what was published, as its readers see it.

use std::sync::Arc;

use axum::Router;

use super::serve::Shared;

/// The wall's routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().with_state(shared)
}
