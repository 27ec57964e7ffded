//! A handle that stops a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

/// A handle that stops a server, from any thread.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    is_set: AtomicBool,
    waker: Waker,
}

impl Stop {
    /// `waker` wakes the thread that accepts connections.
    pub(super) fn new(waker: Waker) -> Self {
        Self(Arc::new(Inner { is_set: AtomicBool::new(false), waker }))
    }

    /// Whether the server was told to stop.
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::Acquire)
    }

    /// Tells the server to stop: it accepts no new connections, answers the requests in flight, and
    /// returns.
    pub fn set(&self) {
        self.0.is_set.store(true, Ordering::Release);
        // This fails only if the server is gone.
        let _ = self.0.waker.wake();
    }
}
