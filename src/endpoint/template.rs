//! Placeholders in identities, names and rooms: `{random}` and `{identity}`.
//!
//! Everything else stays as it is, other braces too: a default may well be JSON.

use std::fmt;
use std::sync::Arc;

/// 32 letters and digits that cannot be taken for one another: 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A source of random bits, given by the caller: the endpoint itself has none.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Random {
    /// Wraps a function whose every call gives 64 new random bits.
    pub fn new(bits: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bits))
    }

    /// What `{random}` becomes: 8 characters, one for each byte's last 5 bits.
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

/// A text in which `{random}` and `{identity}` stand for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text with its placeholders filled in. Every `{random}` is another.
    pub fn fill(&self, identity: &str, random: &Random) -> String {
        let mut filled = self.0.clone();
        while filled.contains("{random}") {
            filled = filled.replacen("{random}", &random.text(), 1);
        }
        // Last, so that nothing inside an identity, which a client may choose, is filled in.
        filled.replace("{identity}", identity)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let next = AtomicU64::new(0);
        let random = Random::new(move || next.fetch_add(1, Ordering::Relaxed));
        let filled = Template::new(r#"{"r":"{random}-{random}","i":"{identity}"}"#);
        let filled = filled.fill("{random}", &random);
        assert_eq!(filled, r#"{"r":"aaaaaaaa-baaaaaaa","i":"{random}"}"#);
    }
}
