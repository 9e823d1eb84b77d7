//! A local stand-in for the platforms, written from the vendors' pages alone.
