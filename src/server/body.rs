//! A request's body, read from tiny_http as it arrives.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;

/// What is reserved for a body at the most before any of it is here: a client may announce what it
/// does not send.
const RESERVED: u64 = 16 * 1024;

/// A request whose body is read.
pub(super) struct Body {
    request: Option<tiny_http::Request>,
    remote: Option<SocketAddr>,
    /// Bytes that the head announces, if it does.
    length: Option<u64>,
    /// How many bytes it may have.
    most: usize,
    read: Vec<u8>,
}

/// How far a body has arrived.
pub(super) enum Progress {
    /// All of it.
    Whole(Vec<u8>),
    /// Not all of it.
    Partial,
    /// More than is allowed.
    TooLarge,
    /// The client is gone, or has ended its side before the body's end.
    Gone,
}

impl Body {
    pub(super) fn new(request: tiny_http::Request, length: Option<u64>, most: usize) -> Self {
        let remote = request.remote_addr().copied();
        Self { request: Some(request), remote, length, most, read: Vec::new() }
    }

    /// Who asks, where it is known.
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// Reads what has arrived.
    pub(super) fn read(&mut self) -> Progress {
        // One byte more than is allowed tells a body that is too long from one that just fits.
        let most = self.length.unwrap_or(self.most as u64 + 1);
        let Some(request) = &mut self.request else { return Progress::Gone };
        let left = most.saturating_sub(self.read.len() as u64);
        // Otherwise it is read in small pieces at first.
        self.read.reserve(usize::try_from(left.min(RESERVED)).unwrap_or(0));
        let end = request.as_reader().take(left).read_to_end(&mut self.read);
        match end {
            // What came before is in `read`.
            Err(error) if error.kind() == ErrorKind::WouldBlock => Progress::Partial,
            Err(_) => Progress::Gone,
            Ok(_) if self.read.len() > self.most => Progress::TooLarge,
            // tiny_http takes the end of the stream for the end of the body.
            Ok(_) if self.length.is_some_and(|length| length != self.read.len() as u64) => {
                Progress::Gone
            }
            Ok(_) => {
                self.let_go();
                Progress::Whole(std::mem::take(&mut self.read))
            }
        }
    }

    /// tiny_http would answer 500 to a request that is dropped, and hands out the next one only when
    /// this one's writer is. The answer goes past it, since it would wait for a slow client.
    fn let_go(&mut self) {
        drop(self.request.take().map(tiny_http::Request::into_writer));
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.let_go();
    }
}
