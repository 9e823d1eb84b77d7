//! crierd.

fn main() {}
