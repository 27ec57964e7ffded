//! Taking in and forgetting what a client still sends after its last answer. A close while bytes wait
//! unread would make the kernel reset the connection, and the client lose the answer.

use std::time::{Duration, Instant};

use super::socket::{Discarded, Socket};

/// How long.
const LONG: Duration = Duration::from_secs(1);

/// And how many bytes at the most.
const MOST: usize = 1024 * 1024;

/// A connection that ends.
#[derive(Debug)]
pub(super) struct Linger {
    until: Instant,
    left: usize,
}

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lingered {
    /// The client may still send.
    MoreToCome,
    /// The client stopped, or its time was up.
    Done,
    /// It sent on and on.
    TooMuch,
}

impl Linger {
    pub(super) fn new() -> Self {
        Self { until: Instant::now() + LONG, left: MOST }
    }

    /// When it is over in any case.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Takes in what has arrived.
    pub(super) fn discard(&mut self, socket: Socket, scratch: &mut [u8]) -> Lingered {
        if Instant::now() >= self.until {
            return Lingered::Done;
        }
        loop {
            match socket.discard(scratch) {
                Discarded::End => return Lingered::Done,
                Discarded::Bytes(bytes) if bytes >= self.left => return Lingered::TooMuch,
                Discarded::Bytes(bytes) => self.left -= bytes,
                Discarded::NothingYet => return Lingered::MoreToCome,
            }
        }
    }
}
