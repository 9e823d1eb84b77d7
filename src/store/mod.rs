//! Durable records: the `Store` contract, sled, the in-memory twin, sealing.
