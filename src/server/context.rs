//! State that the lanes share, and state that a lane lends to the current connection.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use mio::Registry;

use super::mailbox::Mailbox;
use super::slots::Slots;
use super::{Limits, Stop};

/// State that all lanes of a server share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) slots: Slots,
    pub(super) stop: Stop,
}

/// State that a lane lends to the current connection.
#[derive(Debug)]
pub(super) struct Context<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) registry: Registry,
    pub(super) clock: Clock,
    /// Buffer for bytes that are read.
    pub(super) read_buffer: Box<[u8]>,
    /// Buffer for the answer.
    pub(super) answer: Vec<u8>,
    /// Number of requests that were answered or wait for an answer.
    pub(super) requests: u64,
    /// Whether the server was told to stop: every answer is then the last on its connection.
    pub(super) is_finishing: bool,
}

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
