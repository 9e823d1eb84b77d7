//! The wire against hand-written servers over real sockets.

mod http;
mod mail_server;
mod mime;
mod smtp;
mod support;
mod upload;
