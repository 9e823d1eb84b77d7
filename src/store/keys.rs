//! Keys whose bytes sort as their parts do, so that "all of this account from this time on" is a range.
//!
//! Integers are big-endian (signed ones with the sign bit flipped). A text is ended by `00 01` and its
//! own zero bytes are written `00 ff`, so that a shorter text sorts before each longer one that begins
//! with it, and no text runs into the part behind it.
//!
//! ```
//! use crier::store::keys::{Key, KeyReader};
//! let key = Key::new().text("club").i64(1_700_000_000_000).u32(7).bytes();
//! let mut read = KeyReader::new(&key);
//! assert_eq!(read.text().as_deref(), Some("club"));
//! assert_eq!(read.i64(), Some(1_700_000_000_000));
//! assert_eq!(read.u32(), Some(7));
//! assert!(read.at_end());
//! ```

/// Builds a key part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key without parts: before all others.
    #[must_use]
    pub fn new() -> Key {
        Key::default()
    }

    /// Add a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Key {
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend_from_slice(&[0, 1]);
        self
    }

    /// Add an unsigned number of 64 bits.
    #[must_use]
    pub fn u64(mut self, number: u64) -> Key {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Add an unsigned number of 32 bits.
    #[must_use]
    pub fn u32(mut self, number: u32) -> Key {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Add a signed number of 64 bits, such as a time in milliseconds.
    #[must_use]
    pub fn i64(self, number: i64) -> Key {
        self.u64((number as u64) ^ (1 << 63))
    }

    /// The key.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Key> for Vec<u8> {
    fn from(key: Key) -> Vec<u8> {
        key.0
    }
}

/// Reads a key back, part by part. `None` means that the part is not there.
#[derive(Debug)]
pub struct KeyReader<'a>(&'a [u8]);

impl<'a> KeyReader<'a> {
    /// Begin at the first part.
    #[must_use]
    pub fn new(key: &'a [u8]) -> KeyReader<'a> {
        KeyReader(key)
    }

    /// The next part as a text.
    pub fn text(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let mut rest = self.0;
        loop {
            match rest {
                [0, 1, tail @ ..] => {
                    self.0 = tail;
                    return String::from_utf8(text).ok();
                }
                [0, 0xff, tail @ ..] => {
                    text.push(0);
                    rest = tail;
                }
                [0, ..] | [] => return None,
                [byte, tail @ ..] => {
                    text.push(*byte);
                    rest = tail;
                }
            }
        }
    }

    /// The next part as an unsigned number of 64 bits.
    pub fn u64(&mut self) -> Option<u64> {
        let (head, tail) = self.0.split_first_chunk::<8>()?;
        self.0 = tail;
        Some(u64::from_be_bytes(*head))
    }

    /// The next part as an unsigned number of 32 bits.
    pub fn u32(&mut self) -> Option<u32> {
        let (head, tail) = self.0.split_first_chunk::<4>()?;
        self.0 = tail;
        Some(u32::from_be_bytes(*head))
    }

    /// The next part as a signed number of 64 bits.
    pub fn i64(&mut self) -> Option<i64> {
        Some((self.u64()? ^ (1 << 63)) as i64)
    }

    /// Whether all parts were read.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first key after all those that begin with `prefix`; `None` if there is no such bound.
#[must_use]
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let end = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut bound = prefix[..=end].to_vec();
    bound[end] += 1;
    Some(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_sort_as_the_parts_do(a in (".{0,6}|\u{0}{0,3}", any::<i64>(), any::<u32>()),
                                      b in (".{0,6}|\u{0}{0,3}", any::<i64>(), any::<u32>())) {
            let key = |p: &(String, i64, u32)| Key::new().text(&p.0).i64(p.1).u32(p.2).bytes();
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            let bytes = key(&a);
            let mut read = KeyReader::new(&bytes);
            prop_assert_eq!(read.text(), Some(a.0));
            prop_assert_eq!(read.i64(), Some(a.1));
            prop_assert_eq!(read.u32(), Some(a.2));
            prop_assert!(read.at_end());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut read = KeyReader::new(&bytes);
            let _ = (read.text(), read.u32(), read.i64(), read.text());
        }
    }
}
