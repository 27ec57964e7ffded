//! The time, as lanes use it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The time, read once for all connections that have an event.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) now: Instant,
    /// Seconds since the Unix epoch.
    pub(super) seconds: u64,
    /// The same time as the value of the `Date` header.
    pub(super) date: String,
}

impl Clock {
    pub(super) fn read() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + since);
        Self { now: Instant::now(), seconds: since.as_secs(), date }
    }

    /// Reads the time again.
    pub(super) fn update(&mut self) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if since.as_secs() == self.seconds {
            self.now = Instant::now();
        } else {
            *self = Self::read();
        }
    }
}
