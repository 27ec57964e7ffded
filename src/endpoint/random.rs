//! Random texts, from bits that the caller provides: the endpoint has no source of its own.

use std::fmt;
use std::sync::Arc;

/// 32 letters and digits that are easy to tell apart: 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A source of random bits.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Random {
    /// Wraps a function that returns 64 new random bits on each call.
    pub fn new(bits: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bits))
    }

    /// Returns the text for `{random}`: 8 characters, one for the last 5 bits of each byte.
    pub fn text(&self) -> String {
        let bits = (self.0)();
        let letters = bits.to_le_bytes();
        let letters = letters.map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
        letters.into_iter().flatten().map(|&letter| char::from(letter)).collect()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_randomness_shows_no_bits() {
        assert_eq!(format!("{:?}", Random::new(|| 7)), "Random");
    }
}
