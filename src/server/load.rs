//! What the lanes are doing, in numbers, for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    Idle,
    Receiving,
    Waiting,
    Sending,
    Closing,
}

/// Counts what one lane does. Only the lane writes, and it writes when something changes, not for each
/// request.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The number of connections with each [`Activity`].
    connections: [AtomicU64; 5],
    pub(super) accepted: Counter,
    pub(super) evicted: Counter,
    pub(super) turned_away: Counter,
    /// In nanoseconds.
    busy: Counter,
}

/// A number that one thread increases, and others read.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, number: u64) {
        // There is one writer, so no addition is lost.
        self.0.store(self.get().wrapping_add(number), Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Notes that a connection begins or ends something; `None` is a connection that is not open.
    pub(super) fn note(&self, before: Option<Activity>, now: Option<Activity>) {
        if before == now {
            return;
        }
        if let Some(count) = before.and_then(|before| self.connections.get(before as usize)) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(count) = now.and_then(|now| self.connections.get(now as usize)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes how long the lane has worked since it last waited for events.
    pub(super) fn worked(&self, time: Duration) {
        self.busy.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    fn read(&self) -> LaneLoad {
        let [idle, receiving, waiting, sending, closing] =
            self.connections.each_ref().map(|count| count.load(Ordering::Relaxed));
        LaneLoad {
            idle,
            receiving,
            waiting,
            sending,
            closing,
            accepted: self.accepted.get(),
            evicted: self.evicted.get(),
            turned_away: self.turned_away.get(),
            busy: Duration::from_nanos(self.busy.get()),
        }
    }
}

/// Shows what the lanes of a server do, also from another thread while the server runs.
#[derive(Debug, Clone)]
pub struct Load(pub(super) Vec<Arc<Counters>>);

impl Load {
    /// Reads the numbers of each lane. They change while they are read.
    pub fn lanes(&self) -> impl Iterator<Item = LaneLoad> {
        self.0.iter().map(|counters| counters.read())
    }
}

/// What a lane, a thread that serves connections, is doing and has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneLoad {
    /// Number of connections that wait for their next request.
    pub idle: u64,
    /// Number of connections with a request that has arrived in part.
    pub receiving: u64,
    /// Number of connections whose request waits for an answer that comes later.
    pub waiting: u64,
    /// Number of connections whose client has not taken the whole answer yet.
    pub sending: u64,
    /// Number of connections that have had their last answer and are being closed.
    pub closing: u64,
    /// Number of connections that the lane has served since its start.
    pub accepted: u64,
    /// Number of connections that were closed to make room for others.
    pub evicted: u64,
    /// Number of connections that were answered 503 because there was no room.
    pub turned_away: u64,
    /// Time during which the lane had work to do.
    pub busy: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_counted_once_wherever_it_is() {
        use Activity::{Closing, Idle, Receiving, Sending, Waiting};
        let counters = Arc::new(Counters::default());
        let load = Load(vec![Arc::clone(&counters)]);
        let counts = || {
            let lane = load.lanes().next().expect("a lane");
            [lane.idle, lane.receiving, lane.waiting, lane.sending, lane.closing]
        };
        for (before, now, expected) in [
            (None, Some(Idle), [1, 0, 0, 0, 0]),
            (Some(Idle), Some(Idle), [1, 0, 0, 0, 0]),
            (Some(Idle), Some(Receiving), [0, 1, 0, 0, 0]),
            (Some(Receiving), Some(Waiting), [0, 0, 1, 0, 0]),
            (Some(Waiting), Some(Sending), [0, 0, 0, 1, 0]),
            (Some(Sending), Some(Closing), [0, 0, 0, 0, 1]),
            (Some(Closing), None, [0, 0, 0, 0, 0]),
        ] {
            counters.note(before, now);
            assert_eq!(counts(), expected);
        }
    }
}
