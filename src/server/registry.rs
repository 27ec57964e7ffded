//! Which connections are open, and since when each is at what.
//!
//! A connection has two file descriptors (tiny_http duplicates the socket it accepts), and a third of
//! our own (see [`counter`](super::counter)). They are found by number: after an accept,
//! the one connection to our address whose numbers no open connection owns is the new one. That is
//! exact, because only one thread accepts, and because a connection gives its numbers back in the
//! same step in which it is closed.
//!
//! Where connections are scarce, those that have waited longest for their client make room.

use std::collections::HashSet;
use std::io;
use std::net::Shutdown;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LocalAddress;
use super::counter::{Counter, Counters};
use super::socket::{Found, Socket};

/// How long a new connection may take to send its first request once the server stops. Its client was
/// let in, so it is answered; on a kept connection, clients expect an end at any time.
const NEWCOMERS_TIME: Duration = Duration::from_millis(500);

/// How many file descriptors a connection has at the most.
pub(super) const NUMBERS: usize = 3;

/// Where connections make room, one in so many of all does at once.
const SHARE: usize = 32;

/// A connection younger than this does not make room: its request may be on the way.
const YOUNG: Duration = Duration::from_millis(25);

#[derive(Debug)]
pub(super) struct Registry {
    local: LocalAddress,
    began: Instant,
    open: Mutex<Open>,
    count: AtomicUsize,
    counters: Counters,
}

/// What is known of file descriptors.
#[derive(Debug, Default)]
struct Open {
    /// The connections, by number.
    connections: Vec<Option<Arc<Entry>>>,
    /// The numbers of what is no connection, or was none when last looked at.
    others: HashSet<RawFd>,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) socket: Socket,
    numbers: [RawFd; NUMBERS],
    /// Whether a request has begun to arrive on it, now or before.
    used: AtomicBool,
    /// When its request must be answered, or must have begun, in milliseconds since the registry
    /// began.
    deadline: AtomicU64,
    /// Whether it waits for a request.
    idle: AtomicBool,
    /// Since when it waits for a request, or is at one, in milliseconds since the registry began.
    since: AtomicU64,
    /// Whether a request of this connection has been answered.
    answered: AtomicBool,
    /// Whether it was told to make room.
    evicted: AtomicBool,
}

impl Entry {
    /// A request of the connection has been answered: it is not one that only takes up room.
    pub(super) fn has_answered(&self) {
        self.answered.store(true, Ordering::Release);
    }

    /// Has the connection end at once, whatever it waits for.
    fn evict(&self) {
        self.evicted.store(true, Ordering::Release);
        self.deadline.store(0, Ordering::Release);
        self.socket.shutdown(Shutdown::Both);
    }

    /// Whether it was told to make room.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Acquire)
    }
}

impl Open {
    /// The two numbers of the connection that was just accepted. `None` when its client is gone
    /// already, or has ended its side.
    fn find_new(&mut self, local: &LocalAddress) -> Option<[Socket; 2]> {
        // Numbers are handed out from the lowest free one, so the new ones are near.
        let most = RawFd::try_from(self.connections.len()).unwrap_or(RawFd::MAX).saturating_add(64);
        let mut found = None;
        // What was something else is so still, as a rule.
        for again in [false, true] {
            for number in 0..most {
                if self.is_connection(number) || self.others.contains(&number) != again {
                    continue;
                }
                match (Socket::at(number, local), found) {
                    (Found::Connection(socket), None) => found = Some(socket),
                    (Found::Connection(socket), Some(first)) if first != socket => {
                        return Some([first, socket]);
                    }
                    (Found::Connection(_) | Found::Nothing, _) => {}
                    (Found::Ended, _) => return None,
                    (Found::Other, _) => drop(self.others.insert(number)),
                }
            }
        }
        None
    }

    fn is_connection(&self, number: RawFd) -> bool {
        let slot = usize::try_from(number).ok().and_then(|at| self.connections.get(at));
        slot.is_some_and(Option::is_some)
    }

    fn add(&mut self, entry: &Arc<Entry>) {
        for number in entry.numbers {
            let index = usize::try_from(number).unwrap_or_default();
            if self.connections.len() <= index {
                self.connections.resize(index + 1, None);
            }
            self.connections[index] = Some(Arc::clone(entry));
            self.others.remove(&number);
        }
    }
}

impl Registry {
    pub(super) fn new(local: LocalAddress) -> io::Result<Self> {
        let (open, count) = (Mutex::default(), AtomicUsize::new(0));
        let counters = Counters::new()?;
        Ok(Self { local, began: Instant::now(), open, count, counters })
    }

    /// How many connections are open.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Enters the connection that was just accepted. `None` when the client is gone already, or has
    /// ended its side: those who wait behind it to be accepted have better uses for its place.
    ///
    /// The lock is not held while the new connection is looked at: it belongs to the caller, so its
    /// numbers stay what they are.
    pub(super) fn enter(&self) -> Option<(Arc<Entry>, Counter)> {
        let [socket, second] = self.lock().find_new(&self.local)?;
        let counter = self.counters.at(socket.number())?;
        // tiny_http must not wait in a lane, whatever it reads.
        counter.never_wait()?;
        let numbers = [socket.number(), second.number(), counter.number()];
        let entry = Arc::new(Entry {
            socket,
            numbers,
            used: AtomicBool::new(false),
            deadline: AtomicU64::new(u64::MAX),
            idle: AtomicBool::new(true),
            since: AtomicU64::new(self.now()),
            answered: AtomicBool::new(false),
            evicted: AtomicBool::new(false),
        });
        self.lock().add(&entry);
        self.count.fetch_add(1, Ordering::AcqRel);
        Some((entry, counter))
    }

    /// Closes a connection by dropping what owns it, and gives its numbers back in the same step.
    pub(super) fn close<T>(&self, entry: &Entry, owner: T) {
        // tiny_http does so as well, but the last packet takes its time, and others wait for the lock.
        entry.socket.shutdown(Shutdown::Write);
        let mut open = self.lock();
        drop(owner);
        for number in entry.numbers {
            if let Some(slot) =
                usize::try_from(number).ok().and_then(|at| open.connections.get_mut(at))
            {
                *slot = None;
            }
        }
        self.count.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends connections that wait for a request, once the server stops. What has arrived on one is
    /// still read and answered.
    pub(super) fn finish_idle(&self) {
        // Under the lock, so that no number changes hands meanwhile; so below.
        for entry in each(&self.lock()) {
            let since = entry.since.load(Ordering::Acquire);
            let newcomer = !entry.used.load(Ordering::Acquire)
                && self.now() < since.saturating_add(millis(NEWCOMERS_TIME));
            if entry.idle.load(Ordering::Acquire) && !newcomer {
                entry.socket.shutdown(Shutdown::Read);
            }
        }
    }

    /// Cuts off requests that are past their deadline: first only their reading side, so that an
    /// answer can still say so, and `grace` later both. Returns how many have stayed past twice that.
    pub(super) fn cut_off(&self, grace: Duration) -> usize {
        let (now, grace) = (self.now(), millis(grace));
        let mut stuck = 0;
        for entry in each(&self.lock()) {
            let deadline = entry.deadline.load(Ordering::Acquire);
            let over = now.saturating_sub(deadline);
            if over == 0 {
                continue;
            }
            let how = if over < grace { Shutdown::Read } else { Shutdown::Both };
            entry.socket.shutdown(how);
            stuck += usize::from(over > 2 * grace);
        }
        stuck
    }

    /// Has connections end until so many are on their way out, but not the newcomer: first those that
    /// never had a request answered, and of those the ones that have waited longest for their client.
    /// Of such ones a few more go at once, so that the next newcomers need not wait.
    pub(super) fn make_room(&self, wanted: usize, newcomer: Option<&Entry>) {
        let open = self.lock();
        let going = each(&open).filter(|entry| entry.evicted.load(Ordering::Acquire)).count();
        let wanted = wanted.saturating_sub(going);
        let latest = self.now().saturating_sub(millis(YOUNG));
        let mut waiting = each(&open)
            .filter(|entry| !entry.evicted.load(Ordering::Acquire))
            .filter(|entry| newcomer.is_none_or(|newcomer| newcomer.socket != entry.socket))
            .map(|entry| {
                let since = entry.since.load(Ordering::Acquire);
                (entry.answered.load(Ordering::Acquire), since, entry)
            })
            .collect::<Vec<_>>();
        waiting.sort_unstable_by_key(|(answered, since, _)| (*answered, *since));
        // A young one is waited for, rather than that one goes which has been answered.
        let old = waiting.iter().take_while(|(_, since, _)| *since <= latest).count();
        waiting.truncate(old);
        if wanted == 0 {
            return;
        }
        let more = wanted + self.count() / SHARE;
        let silent = waiting.iter().take_while(|(answered, ..)| !answered).count();
        for (_, _, entry) in waiting.into_iter().take(wanted.max(more.min(silent))) {
            entry.evict();
        }
    }

    /// Milliseconds since the registry began.
    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection waits for a request, and has this long.
    pub(super) fn rest(&self, entry: &Entry, limit: Duration) {
        self.set(entry, limit, true);
    }

    /// A request has arrived or begun to, and has this long from its first byte until it is answered.
    pub(super) fn begin(&self, entry: &Entry, limit: Duration) {
        if entry.idle.load(Ordering::Acquire) {
            entry.used.store(true, Ordering::Release);
            self.set(entry, limit, false);
        }
    }

    fn set(&self, entry: &Entry, limit: Duration, idle: bool) {
        let now = self.now();
        entry.since.store(now, Ordering::Release);
        entry.deadline.store(now.saturating_add(millis(limit)), Ordering::Release);
        entry.idle.store(idle, Ordering::Release);
    }

    /// Whether the connection's time is up.
    pub(super) fn is_over(&self, entry: &Entry) -> bool {
        entry.is_evicted() || self.now() >= entry.deadline.load(Ordering::Acquire)
    }
}

/// The open connections. Each stands there once for each of its numbers.
fn each(open: &Open) -> impl Iterator<Item = &Entry> {
    open.connections.iter().enumerate().filter_map(|(at, entry)| {
        let entry = entry.as_deref()?;
        let first = usize::try_from(entry.numbers[0]).ok();
        (first == Some(at)).then_some(entry)
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
