//! crier-sandbox.

fn main() {}
