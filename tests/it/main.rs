//! The one integration binary.

mod platforms;
mod store;
mod wire;
