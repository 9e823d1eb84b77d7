//! The one integration binary.

mod platforms;
mod sandbox;
mod store;
mod wire;
