//! What a connection may cost.

use std::time::Duration;

/// Limits on connections and requests, each with a flag of `lkt serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many connections may be open at once. For one more, the one that has waited longest for its
    /// client makes room; if all are at work, it is answered 503.
    pub connections: usize,
    /// How many bytes a request's head (request line and header lines) may have.
    pub head_bytes: usize,
    /// How many header lines a request may have.
    pub header_lines: usize,
    /// How long a request may take, from its first byte until its answer is sent.
    pub request: Duration,
    /// How long a connection may say nothing before a request.
    pub idle: Duration,
    /// How long requests in flight may take once the server is told to stop.
    pub stopping: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_bytes: 16 * 1024,
            header_lines: 100,
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            stopping: Duration::from_secs(5),
        }
    }
}
