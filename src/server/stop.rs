//! A handle that stops a server.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A handle that stops a server, from any thread.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Whether the server was told to stop.
    pub fn is_set(&self) -> bool {
        *self.0.is_set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the server to stop: it accepts no new connections, answers the requests in flight, and
    /// returns.
    pub fn set(&self) {
        *self.0.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }

    /// Waits until the server is told to stop.
    pub(super) fn wait(&self) {
        let is_set = self.0.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.changed.wait_while(is_set, |is_set| !*is_set));
    }
}
