//! Heads that both readers have agreed on, so that neither reads the same bytes again.

use std::hash::{BuildHasher, RandomState};
use std::iter;

use super::http1::Head;

/// Maximum number of heads that are known at the same time.
const SLOTS: usize = 64;

/// Maximum size of a head that is kept, in bytes.
const MAX_BYTES: usize = 2048;

/// The heads that a lane knows. A new one takes the place of an older one with a similar hash.
#[derive(Debug)]
pub(super) struct KnownHeads {
    slots: Box<[Option<Known>]>,
    /// Has a random key. Bytes are compared only where the hashes are equal: how long that takes must
    /// not tell a client how much of another's head, with its login, it has guessed.
    hash: RandomState,
}

#[derive(Debug)]
struct Known {
    hash: u64,
    raw: Vec<u8>,
    head: Head,
}

impl KnownHeads {
    pub(super) fn new() -> Self {
        Self { slots: iter::repeat_with(|| None).take(SLOTS).collect(), hash: RandomState::new() }
    }

    /// The head that was read from the same bytes before.
    pub(super) fn find(&self, raw: &[u8]) -> Option<Head> {
        let hash = self.hash.hash_one(raw);
        let known = self.slots.get(slot(hash))?.as_ref()?;
        (known.hash == hash && known.raw == raw).then(|| known.head.clone())
    }

    /// Keeps a head that both readers have agreed on, together with its request.
    pub(super) fn keep(&mut self, raw: Vec<u8>, head: &Head) {
        // Where a chunked body ends is for both to read each time.
        if raw.is_empty() || raw.len() > MAX_BYTES || head.body_length.is_none() {
            return;
        }
        let hash = self.hash.hash_one(raw.as_slice());
        if let Some(place) = self.slots.get_mut(slot(hash)) {
            *place = Some(Known { hash, raw, head: head.clone() });
        }
    }
}

/// The slot of a hash.
fn slot(hash: u64) -> usize {
    usize::try_from(hash % SLOTS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::http1::head;
    use super::*;

    #[test]
    fn only_the_same_bytes_are_known_and_no_chunked_or_long_ones() {
        let with = |lines: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into_bytes();
        let keep = |heads: &mut KnownHeads, raw: &[u8]| {
            heads.keep(raw.to_vec(), &head::parse(raw).expect("a head"));
        };
        let mut heads = KnownHeads::new();
        for lines in ["", "Content-Length: 2\r\n"] {
            assert!(heads.find(&with(lines)).is_none());
            keep(&mut heads, &with(lines));
            assert!(heads.find(&with(lines)).is_some());
        }
        assert!(heads.find(&with("Content-Length: 3\r\n")).is_none());
        let long = format!("A: {}\r\n", "a".repeat(MAX_BYTES));
        for lines in ["Transfer-Encoding: chunked\r\n", &long] {
            keep(&mut heads, &with(lines));
            assert!(heads.find(&with(lines)).is_none());
        }
        (0..10 * SLOTS).for_each(|number| keep(&mut heads, &with(&format!("A: {number}\r\n"))));
        assert!(heads.slots.iter().flatten().count() <= SLOTS);
    }
}
