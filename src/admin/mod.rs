//! The local door: HTTP over the Unix socket, its routes, its client.
