//! crierctl.

fn main() {}
