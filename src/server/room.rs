//! The room that a lane has for large bodies: a bound in bytes on what requests are there at the same
//! time. A body without room stays where it is, in the buffers of the system, until there is some.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

/// How long a body with room may take while others wait for room. Then its connection may be evicted.
pub(super) const LARGE_TIME: Duration = Duration::from_secs(1);

/// How long a request may wait for room before newer ones are served first. In a flood, those that have
/// waited longest belong to the flood.
const LONG_WAIT: Duration = Duration::from_millis(500);

/// The room of a lane, and the connections that wait for some.
#[derive(Debug)]
pub(super) struct Room {
    /// In bytes.
    used: usize,
    was_used: bool,
    most: usize,
    /// Slot, wanted bytes, and since when, the oldest first.
    waiting: VecDeque<(usize, usize, Instant)>,
}

impl Room {
    /// Room for `most` bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { used: 0, was_used: false, most, waiting: VecDeque::new() }
    }

    /// Takes room for a connection. If there is none, the connection waits for it, and `false` is
    /// returned.
    pub(super) fn take(&mut self, slot: usize, bytes: usize, now: Instant) -> bool {
        if self.waiting.is_empty() && self.fits(bytes) {
            self.used += bytes;
            self.was_used = true;
            return true;
        }
        self.waiting.push_back((slot, bytes, now));
        false
    }

    /// Gives room back.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }

    /// The connection does not wait any more.
    pub(super) fn leave(&mut self, slot: usize) {
        self.waiting.retain(|&(waiting, ..)| waiting != slot);
    }

    /// Whether any connection has room, or has had some since the last call.
    pub(super) fn has_been_used(&mut self) -> bool {
        mem::take(&mut self.was_used) || self.used > 0
    }

    /// Number of connections that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes room for the next connection that waits, if there is enough. Returns its slot and the bytes.
    pub(super) fn next(&mut self, now: Instant) -> Option<(usize, usize)> {
        let &(.., since) = self.waiting.front()?;
        let newest_first = now.saturating_duration_since(since) > LONG_WAIT;
        let turn = if newest_first { self.waiting.len() - 1 } else { 0 };
        let (slot, bytes, _) = *self.waiting.get(turn).filter(|(_, bytes, _)| self.fits(*bytes))?;
        self.waiting.remove(turn);
        self.used += bytes;
        Some((slot, bytes))
    }

    /// A body that is larger than all the room has it alone.
    fn fits(&self, bytes: usize) -> bool {
        self.used == 0 || self.used.saturating_add(bytes) <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_fit_waits_for_its_turn() {
        let (mut room, now) = (Room::new(10), Instant::now());
        assert!(room.take(1, 6, now));
        assert!(!room.take(2, 6, now));
        // It would fit, but another one waits.
        assert!(!room.take(3, 1, now));
        assert_eq!(room.next(now), None);
        room.give_back(6);
        assert_eq!(
            [room.next(now), room.next(now), room.next(now)],
            [Some((2, 6)), Some((3, 1)), None]
        );
    }

    #[test]
    fn what_is_larger_than_all_room_has_it_alone() {
        let (mut room, now) = (Room::new(10), Instant::now());
        assert!(room.take(1, 11, now));
        assert!(!room.take(2, 1, now));
        room.give_back(11);
        assert_eq!(room.next(now), Some((2, 1)));
        assert!(!room.take(3, 11, now));
        assert_eq!(room.next(now), None);
        room.give_back(1);
        assert_eq!(room.next(now), Some((3, 11)));
    }

    #[test]
    fn after_a_long_wait_the_newest_is_first_and_who_leaves_is_passed_over() {
        let (mut room, began) = (Room::new(2), Instant::now());
        assert!(room.take(1, 2, began));
        for slot in 2..6 {
            assert!(!room.take(slot, 1, began));
        }
        room.give_back(2);
        room.leave(5);
        assert_eq!(room.waiting(), 3);
        let late = began + LONG_WAIT * 2;
        assert_eq!([room.next(late), room.next(began)], [Some((4, 1)), Some((2, 1))]);
    }
}
