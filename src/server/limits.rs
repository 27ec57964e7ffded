//! Limits on the resources of connections and requests.
//!
//! What they add up to, with the defaults and `lkt serve`'s service, on any number of cores:
//!
//! | what | at most |
//! | --- | --- |
//! | 512 connections with a head of 16 KiB, or what came with it | 8 MiB |
//! | the same heads, parsed, of the 352 requests that can wait | 9 MiB |
//! | bodies of up to 4 KiB of the requests that wait | 2 MiB |
//! | larger bodies and their answers | 6 MiB |
//! | two threads that read such a body (structs for 1,024 values, 128 of them objects) and sign | 6 MiB |
//! | 32 threads with a connection to the backend and an answer of up to 256 KiB | 10 MiB |
//!
//! `tests/hostile/memory.py` measures that it stays below 48 MiB, and that it is given back.

use std::time::Duration;

/// The largest allowed value of [`Limits::head_bytes`]. A connection keeps up to that many bytes of a
/// request that arrives slowly.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The largest allowed value of [`Limits::header_lines`].
pub const MAX_HEADER_LINES: usize = 1000;

/// A body over this size, in bytes, is a large one: it waits until there is room for it. A service should
/// handle it in a thread of its own, with [`Call::later`](super::Call::later): what it needs for that may
/// be many times as large, and each thread that ever did it keeps some of it.
pub const LARGE_BODY: usize = 4 * 1024;

/// A large body counts as at least this many bytes, so that there are at most 96 of them.
pub(super) const LEAST_ROOM: usize = 64 * 1024;

/// Maximum total size of the requests with a large body that are there at the same time, in all lanes
/// together, in bytes. Each counts as its body and as its answer, from the first byte of the body that it
/// waits for until the client has taken the answer. A lane always has room for one.
pub(super) const LARGE_BYTES: usize = 6 * 1024 * 1024;

/// The largest allowed value of every time limit.
const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Limits on connections and requests. A server replaces a value that is out of range by the nearest
/// possible one. The maximum of all times is a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum number of open connections, at least 1. For one more, another makes room, first from an
    /// address with more than an eighth of them: the one that has been idle longest, or else the one
    /// whose request began first, at least 200 ms ago. If there is none, the new connection is
    /// answered 503. Half of all connections may wait for an answer that comes later. Requests with
    /// a body over [`LARGE_BODY`] take turns, so that together they have at most 6 MiB; they may
    /// wait besides those.
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
    /// Maximum time between two requests on a connection, and before the first one.
    pub idle: Duration,
    /// Maximum time for a client to take an answer.
    pub answer: Duration,
    /// Maximum time for requests in flight once the server is told to stop.
    pub stopping: Duration,
}

impl Limits {
    /// Returns the maximum number of new connections that wait for room. In a flood, the oldest of
    /// them are answered 503 when there are more, so a larger number protects the others longer.
    pub fn waiting(&self) -> usize {
        self.connections.saturating_mul(4)
    }

    /// The same limits, with each value that is out of range replaced by the nearest possible one.
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
            // Longer than that of any common proxy (Envoy: an hour), which would otherwise send a request on a
            // connection that is being closed.
            idle: Duration::from_secs(65 * 60),
            answer: Duration::from_secs(10),
            stopping: Duration::from_secs(5),
        }
    }
}
