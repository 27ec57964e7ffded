//! What connections and requests may cost.

use std::time::Duration;

/// The most that a head may be allowed to have, in bytes. A connection keeps that much of a request
/// that arrives slowly.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Limits on connections and requests.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum number of open connections, at least 1. A connection over it takes the place of the one
    /// that has been idle longest. Where none is idle, it is answered 503.
    pub connections: usize,
    /// Maximum size of a request's head (request line and header lines), in bytes; at most
    /// [`MAX_HEAD_BYTES`].
    pub head_bytes: usize,
    /// Maximum number of header lines in a request.
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
