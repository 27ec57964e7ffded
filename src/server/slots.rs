//! The slots for connections: how many there are, which ones are free, and which connection is evicted
//! for a new one.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How long a client must have paused in the middle of a request before its connection may be evicted.
/// It is a quarter of the time that a new connection waits for a slot (`accept`): if a flood brings
/// four stalled connections for each slot, every new connection still gets a slot in time.
const STALLED_MICROSECONDS: u64 = 200_000;

/// How long a connection must be idle before it may be evicted. Right after the connection was made, or
/// after an answer, the next request is probably on its way already.
const IDLE_MICROSECONDS: u64 = 20_000;

/// The value of a slot that cannot be evicted: it is free, or its request is being handled.
const BUSY: u64 = u64::MAX;

/// Marks a connection in the middle of a request. The mark is larger than any time, so the smallest
/// value of all slots is that of the connection that has been idle longest.
const STALLED_MARK: u64 = 1 << 62;

/// The slots of a server. A slot belongs to the lane that [`Slots::lane`] returns. Lanes record in their
/// slots when a connection began to wait for its client.
#[derive(Debug)]
pub(super) struct Slots {
    /// When each connection began to wait, in microseconds since `start`.
    waits: Box<[AtomicU64]>,
    lanes: usize,
    /// The free slots of each lane.
    free: Mutex<Vec<Vec<usize>>>,
    /// Number of evictions that have neither succeeded nor failed yet.
    evicting: AtomicUsize,
    start: Instant,
}

impl Slots {
    pub(super) fn new(connections: usize, lanes: usize, now: Instant) -> Self {
        // Low numbers are used first, since the table of a lane is as long as its highest number.
        let of_lane = |lane| (lane..connections).step_by(lanes).rev().collect();
        Self {
            waits: (0..connections).map(|_| AtomicU64::new(BUSY)).collect(),
            lanes,
            free: Mutex::new((0..lanes).map(of_lane).collect()),
            evicting: AtomicUsize::new(0),
            start: now,
        }
    }

    /// The lane that serves the connection in a slot.
    pub(super) fn lane(&self, number: usize) -> usize {
        number % self.lanes
    }

    /// Takes a free slot, in the lane that has the fewest connections.
    pub(super) fn take(&self) -> Option<usize> {
        let mut free = self.lock_free();
        // `max_by_key` prefers later lanes. They may have one slot less than the earlier ones, so of two
        // lanes with equally many free slots, the later one has fewer connections, or as many.
        free.iter_mut().max_by_key(|slots| slots.len())?.pop()
    }

    /// Releases the slot of a connection that has ended.
    pub(super) fn release(&self, number: usize) {
        self.set(number, BUSY);
        if let Some(slots) = self.lock_free().get_mut(self.lane(number)) {
            slots.push(number);
        }
    }

    /// Records that the connection waits for a request.
    pub(super) fn set_idle(&self, number: usize, now: Instant) {
        self.set(number, self.microseconds(now));
    }

    /// Records that the connection waits for the rest of a request, or for its client to take an
    /// answer.
    pub(super) fn set_stalled(&self, number: usize, now: Instant) {
        self.set(number, self.microseconds(now) | STALLED_MARK);
    }

    /// Records that the connection does not wait for its client.
    pub(super) fn set_busy(&self, number: usize) {
        self.set(number, BUSY);
    }

    /// Whether the connection does not wait for its client, or has not moved since it was chosen for
    /// eviction.
    pub(super) fn is_busy(&self, number: usize) -> bool {
        self.waits.get(number).is_some_and(|wait| wait.load(Relaxed) == BUSY)
    }

    /// Chooses the connection to evict: the one that has been idle longest, or else one that has
    /// stalled in the middle of a request. It is not chosen again before [`Slots::end_eviction`].
    pub(super) fn choose(&self, now: Instant) -> Option<usize> {
        let now = self.microseconds(now);
        let may_go = |wait| match wait {
            BUSY => false,
            STALLED_MARK.. => now.saturating_sub(wait - STALLED_MARK) >= STALLED_MICROSECONDS,
            _ => now.saturating_sub(wait) >= IDLE_MICROSECONDS,
        };
        loop {
            let waits = self.waits.iter().map(|wait| wait.load(Relaxed)).enumerate();
            let candidates = waits.filter(|&(_, wait)| may_go(wait));
            let (number, wait) = candidates.min_by_key(|&(_, wait)| wait)?;
            let claimed = self.waits.get(number)?.compare_exchange(wait, BUSY, Relaxed, Relaxed);
            // If this fails, the client has just sent something, and another connection is chosen.
            if claimed.is_ok() {
                self.evicting.fetch_add(1, Relaxed);
                return Some(number);
            }
        }
    }

    /// Records that an eviction has ended, whether or not it succeeded. If it did, the slot is released
    /// first.
    pub(super) fn end_eviction(&self) {
        self.evicting.fetch_sub(1, Release);
    }

    /// Number of connections to evict for this many new ones, besides the evictions under way.
    pub(super) fn missing(&self, new: usize) -> usize {
        // The order matters: an eviction that ends between the two reads is counted twice instead of
        // not at all.
        let evicting = self.evicting.load(Acquire);
        let free = self.lock_free().iter().map(Vec::len).sum::<usize>();
        new.saturating_sub(evicting + free)
    }

    fn lock_free(&self) -> MutexGuard<'_, Vec<Vec<usize>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, number: usize, value: u64) {
        if let Some(wait) = self.waits.get(number) {
            wait.store(value, Relaxed);
        }
    }

    fn microseconds(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.start).as_micros();
        u64::try_from(elapsed).unwrap_or(0).min(STALLED_MARK - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_are_spread_evenly() {
        let slots = Slots::new(7, 3, Instant::now());
        let taken = (0..7).map(|_| slots.take().expect("a slot")).collect::<Vec<_>>();
        let lanes = taken.iter().map(|&slot| slots.lane(slot)).collect::<Vec<_>>();
        assert_eq!(lanes, [0, 2, 1, 0, 2, 1, 0]);
        assert_eq!(slots.take(), None);
        slots.release(taken[2]);
        slots.release(taken[5]);
        assert_eq!(slots.take().map(|slot| slots.lane(slot)), Some(1));
        assert_eq!(slots.take().map(|slot| slots.lane(slot)), Some(1));
    }

    #[test]
    fn the_longest_idle_makes_room_before_any_that_has_stalled() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let slots = Slots::new(4, 2, start);
        let taken = (0..4).map(|_| slots.take().expect("a slot")).collect::<Vec<_>>();
        let [busy, stalled, young, old] = taken[..] else { unreachable!() };
        slots.set_busy(busy);
        slots.set_stalled(stalled, at(200));
        slots.set_idle(young, at(200));
        slots.set_idle(old, at(100));
        let choose = |milliseconds| slots.choose(at(milliseconds));
        assert_eq!(choose(119), None);
        assert_eq!([choose(300), choose(300)], [Some(old), Some(young)]);
        // The stalled client has 200 ms to go on, and they have not passed yet.
        assert_eq!(choose(399), None);
        assert_eq!([choose(400), choose(400)], [Some(stalled), None]);
        assert_eq!(slots.missing(5), 2);
        slots.release(stalled);
        slots.end_eviction();
        assert_eq!((slots.missing(5), slots.missing(2)), (2, 0));
    }

    #[test]
    fn one_that_has_stalled_makes_room_while_another_has_only_just_become_idle() {
        let start = Instant::now();
        let now = start + Duration::from_secs(1);
        let slots = Slots::new(2, 1, start);
        let [stalled, idle] = [(); 2].map(|()| slots.take().expect("a slot"));
        slots.set_stalled(stalled, start);
        slots.set_idle(idle, now);
        assert_eq!(slots.choose(now), Some(stalled));
        assert_eq!(slots.choose(now), None);
    }
}
