//! The wire against hand-written servers over real sockets.

mod http;
mod support;
