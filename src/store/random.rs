//! The one owner of randomness: bytes, tokens and ids.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use ulid::Ulid;

/// `N` bytes from the operating system.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// An unguessable token from `bytes` random bytes, as base64url without padding.
#[must_use]
pub fn token(bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    fill(&mut raw);
    URL_SAFE_NO_PAD.encode(raw)
}

#[expect(clippy::disallowed_methods, reason = "this file owns randomness")]
fn fill(bytes: &mut [u8]) {
    // getrandom(2) fails only on kernels without it and without /dev/urandom, on which Rust's own
    // standard library does not run; a guessable key would be worse than the end of the process
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// Makes ids (ULIDs) and tokens. Ids of one maker grow strictly, also when the clock stands still or
/// is set back.
#[derive(Debug)]
pub struct IdMaker {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last: Ulid,
    source: Source,
}

#[derive(Debug)]
enum Source {
    System,
    Seeded { seed: u64, drawn: u64 },
}

impl IdMaker {
    /// Draws from the operating system.
    #[must_use]
    pub fn new() -> IdMaker {
        IdMaker::of(Source::System)
    }

    /// The same ids and tokens for the same seed and times: for simulations, which replay by seed.
    /// Guessable, so never for anything else.
    #[must_use]
    pub fn seeded(seed: u64) -> IdMaker {
        IdMaker::of(Source::Seeded { seed, drawn: 0 })
    }

    /// A new id: 26 characters, sorted by `now_ms` (milliseconds since 1970) and then by the order
    /// in which they were made.
    #[must_use]
    pub fn new_ulid(&self, now_ms: u64) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = if now_ms > state.last.timestamp_ms() {
            let mut raw = [0; 16];
            state.source.fill(&mut raw);
            // the highest bit stays free, so that counting up within a millisecond has room
            Ulid::from_parts(now_ms, u128::from_be_bytes(raw) & ((1 << 79) - 1))
        } else {
            let last = state.last;
            last.increment()
                .unwrap_or_else(|_| Ulid::from_parts(last.timestamp_ms() + 1, 0))
        };
        state.last = fresh;
        fresh.to_string()
    }

    /// A token as [`token`] makes it, from this maker's source.
    #[must_use]
    pub fn token(&self, bytes: usize) -> String {
        let mut raw = vec![0; bytes];
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .source
            .fill(&mut raw);
        URL_SAFE_NO_PAD.encode(raw)
    }

    fn of(source: Source) -> IdMaker {
        IdMaker {
            state: Mutex::new(State {
                last: Ulid::nil(),
                source,
            }),
        }
    }
}

impl Default for IdMaker {
    fn default() -> IdMaker {
        IdMaker::new()
    }
}

impl Source {
    fn fill(&mut self, bytes: &mut [u8]) {
        match self {
            Source::System => fill(bytes),
            Source::Seeded { seed, drawn } => {
                for part in bytes.chunks_mut(32) {
                    let block: [u8; 32] = Sha256::new()
                        .chain_update(seed.to_be_bytes())
                        .chain_update(drawn.to_be_bytes())
                        .finalize()
                        .into();
                    *drawn += 1;
                    part.copy_from_slice(&block[..part.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let maker = IdMaker::new();
        let mut last = String::new();
        for now in [1_000, 1_000, 1_000, 999, 5, 1_001, 2_000, 1_500] {
            let id = maker.new_ulid(now);
            assert_eq!(id.len(), 26);
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn a_seed_replays() {
        let draw = |seed| {
            let maker = IdMaker::seeded(seed);
            (maker.new_ulid(7), maker.token(40), maker.new_ulid(9))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(IdMaker::new().token(16), IdMaker::new().token(16));
        assert_eq!(token(32).len(), 43);
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
    }
}
