//! The answers of a lane that wait to be sent. Those to requests that came together are sent together: a
//! client that gets several in a row is woken once, and not between any two of them.

use std::ops::Range;

/// Number of answers that are sent together at most, so that the first one does not wait for many.
const MOST: usize = 32;

/// Total size of the waiting answers, in bytes, from which on no further one joins them.
const MOST_BYTES: usize = 16 * 1024;

/// Size of the buffer that is kept, in bytes.
const KEPT: usize = 32 * 1024;

/// Answers that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// The answers, one after another.
    bytes: Vec<u8>,
    waiting: Vec<Unsent>,
}

/// An answer that waits to be sent.
#[derive(Debug, Clone)]
pub(super) struct Unsent {
    /// The slot of its connection.
    pub(super) slot: usize,
    /// Where its bytes are in the buffer.
    range: Range<usize>,
    /// Whether it is the last one on its connection.
    pub(super) is_last: bool,
}

impl Outbox {
    /// Adds an answer, which `write` appends to the others.
    pub(super) fn add(&mut self, slot: usize, is_last: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.waiting.push(Unsent { slot, range: start..self.bytes.len(), is_last });
    }

    /// Whether no more answers should wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST || self.bytes.len() >= MOST_BYTES
    }

    /// Whether no answer waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The answers, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&Unsent, &[u8])> {
        self.waiting
            .iter()
            .map(|unsent| (unsent, self.bytes.get(unsent.range.clone()).unwrap_or_default()))
    }

    /// Removes all answers.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }
}
