//! Which connections are open, and since when each is at what.
//!
//! A connection has two file descriptors (tiny_http duplicates the socket it accepts). They are
//! found by number: after an accept, the one connection to our address whose numbers no open
//! connection owns is the new one. That is exact, because only one thread accepts, and because a
//! connection gives its numbers back in the same step in which it is closed.

use std::net::Shutdown;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LocalAddress;
use super::socket::Socket;

/// How long a new connection may take to send its first request once the server stops. Its client was
/// let in, so it is answered; on a kept connection, clients expect an end at any time.
const NEWCOMERS_TIME: Duration = Duration::from_millis(500);

/// How many numbers a connection has.
const NUMBERS: usize = 2;

#[derive(Debug)]
pub(super) struct Registry {
    local: LocalAddress,
    began: Instant,
    /// By file descriptor.
    open: Mutex<Vec<Option<Arc<Entry>>>>,
    count: AtomicUsize,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) socket: Socket,
    numbers: [RawFd; NUMBERS],
    /// When it was accepted, in milliseconds since the registry began.
    since: u64,
    /// Whether a request has begun to arrive on it, now or before.
    used: AtomicBool,
    /// When its request must be answered, or must have begun, in milliseconds since the registry
    /// began.
    deadline: AtomicU64,
    /// Whether it waits for a request.
    idle: AtomicBool,
}

impl Registry {
    pub(super) fn new(local: LocalAddress) -> Self {
        let (open, count) = (Mutex::default(), AtomicUsize::new(0));
        Self { local, began: Instant::now(), open, count }
    }

    /// How many connections are open.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Enters the connection that was just accepted. `None` when its socket cannot be found, which
    /// means that the client is gone already.
    pub(super) fn enter(&self) -> Option<Arc<Entry>> {
        let mut open = self.lock();
        // Numbers are handed out from the lowest free one, so the new ones are near.
        let most = RawFd::try_from(open.len()).unwrap_or(RawFd::MAX).saturating_add(64);
        let unowned = |number: &RawFd| {
            usize::try_from(*number).is_ok_and(|at| open.get(at).is_none_or(Option::is_none))
        };
        let connected = |number| Socket::at(number, &self.local).map(|socket| (number, socket));
        let mut new = (0..most).filter(unowned).filter_map(connected);
        let (first, socket) = new.next()?;
        let (second, _) = new.next()?;
        let numbers = [first, second];
        let entry = Arc::new(Entry {
            socket,
            numbers,
            since: self.now(),
            used: AtomicBool::new(false),
            deadline: AtomicU64::new(u64::MAX),
            idle: AtomicBool::new(true),
        });
        for number in numbers {
            let index = usize::try_from(number).unwrap_or_default();
            if open.len() <= index {
                open.resize(index + 1, None);
            }
            open[index] = Some(Arc::clone(&entry));
        }
        self.count.fetch_add(1, Ordering::AcqRel);
        Some(entry)
    }

    /// Closes a connection by dropping what owns it, and gives its numbers back in the same step.
    pub(super) fn close<T>(&self, entry: &Entry, owner: T) {
        let mut open = self.lock();
        drop(owner);
        for number in entry.numbers {
            if let Some(slot) = usize::try_from(number).ok().and_then(|at| open.get_mut(at)) {
                *slot = None;
            }
        }
        self.count.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends connections that wait for a request, once the server stops. What has arrived on one is
    /// still read and answered.
    pub(super) fn finish_idle(&self) {
        // Under the lock, so that no number changes hands meanwhile; so below.
        for entry in self.lock().iter().flatten() {
            let newcomer = !entry.used.load(Ordering::Acquire)
                && self.now() < entry.since + millis(NEWCOMERS_TIME);
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
        for entry in self.lock().iter().flatten() {
            let deadline = entry.deadline.load(Ordering::Acquire);
            let over = now.saturating_sub(deadline);
            if over == 0 {
                continue;
            }
            let how = if over < grace { Shutdown::Read } else { Shutdown::Both };
            entry.socket.shutdown(how);
            stuck += usize::from(over > 2 * grace);
        }
        // Each stands there once for each of its numbers.
        stuck / NUMBERS
    }

    /// Milliseconds since the registry began.
    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Arc<Entry>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection waits for a request, and has this long.
    pub(super) fn rest(&self, entry: &Entry, limit: Duration) {
        self.set(entry, limit, true);
    }

    /// A request has begun to arrive, and has this long until it is answered.
    pub(super) fn begin(&self, entry: &Entry, limit: Duration) {
        entry.used.store(true, Ordering::Release);
        self.set(entry, limit, false);
    }

    fn set(&self, entry: &Entry, limit: Duration, idle: bool) {
        entry.deadline.store(self.now().saturating_add(millis(limit)), Ordering::Release);
        entry.idle.store(idle, Ordering::Release);
    }

    /// Whether the connection's time is up.
    pub(super) fn is_over(&self, entry: &Entry) -> bool {
        self.now() >= entry.deadline.load(Ordering::Acquire)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
