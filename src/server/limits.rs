//! What connections and requests may cost.

use std::time::Duration;

/// The most that a head may be allowed to have, in bytes. A connection keeps that much of a request
/// that arrives slowly.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most header lines that a request may be allowed to have.
pub const MAX_HEADER_LINES: usize = 1000;

/// The most that any limit of time may be.
const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Limits on connections and requests. A server takes the nearest possible value for one that is not:
/// times go up to a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum number of open connections, at least 1. A connection over it takes the place of the one
    /// that has been idle longest, or else of one that has sent nothing for half a second in the middle
    /// of a request. Where there is none, it is answered 503.
    pub connections: usize,
    /// Maximum size of a request's head (request line and header lines), in bytes; at most
    /// [`MAX_HEAD_BYTES`].
    pub head_bytes: usize,
    /// Maximum number of header lines in a request, at most [`MAX_HEADER_LINES`].
    pub header_lines: usize,
    /// Maximum time from the first byte of a request to the end of its head.
    pub head: Duration,
    /// Maximum time from the first byte of a request to its answer.
    pub request: Duration,
    /// Maximum time between two requests on a connection, and before the first.
    pub idle: Duration,
    /// Maximum time for a client to take an answer.
    pub answer: Duration,
    /// Maximum time for requests in flight once the server is told to stop.
    pub stopping: Duration,
}

impl Limits {
    /// The nearest limits that a server can keep.
    pub(super) fn bounded(self) -> Self {
        Self {
            connections: self.connections.max(1),
            head_bytes: self.head_bytes.min(MAX_HEAD_BYTES),
            header_lines: self.header_lines.min(MAX_HEADER_LINES),
            head: self.head.min(MAX_TIME),
            request: self.request.min(MAX_TIME),
            idle: self.idle.min(MAX_TIME),
            answer: self.answer.min(MAX_TIME),
            stopping: self.stopping.min(MAX_TIME),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_bytes: 16 * 1024,
            header_lines: 100,
            head: Duration::from_secs(5),
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            answer: Duration::from_secs(10),
            stopping: Duration::from_secs(5),
        }
    }
}
