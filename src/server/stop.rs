//! A handle that stops a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use mio::Waker;

const NOT: u8 = 0;
const GRACEFULLY: u8 = 1;
const AT_ONCE: u8 = 2;

/// A handle that stops a server, from any thread.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Wish>);

#[derive(Debug)]
struct Wish {
    how: AtomicU8,
    waker: Arc<Waker>,
}

impl Stop {
    pub(super) fn new(waker: Arc<Waker>) -> Self {
        Self(Arc::new(Wish { how: AtomicU8::new(NOT), waker }))
    }

    /// Whether the server was told to stop.
    pub fn is_set(&self) -> bool {
        self.0.how.load(Ordering::Acquire) != NOT
    }

    /// Tells the server to stop: it accepts no new connections, answers the requests in flight, and
    /// returns.
    pub fn set(&self) {
        self.wish(GRACEFULLY);
    }

    /// Tells the server to stop at once: requests in flight are dropped.
    pub fn set_at_once(&self) {
        self.wish(AT_ONCE);
    }

    pub(super) fn is_at_once(&self) -> bool {
        self.0.how.load(Ordering::Acquire) == AT_ONCE
    }

    fn wish(&self, how: u8) {
        self.0.how.fetch_max(how, Ordering::AcqRel);
        // This fails only if the server is gone.
        let _ = self.0.waker.wake();
    }
}
