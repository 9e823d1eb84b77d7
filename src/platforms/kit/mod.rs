//! What several platforms share. Knows no platform by name.

pub(crate) mod container;
pub(crate) mod facts;
pub(crate) mod granted;
pub(crate) mod graph;
pub(crate) mod let_go;
pub(crate) mod meta_login;
pub(crate) mod meta_usage;
pub(crate) mod retired;
pub(crate) mod search;
pub(crate) mod text;
