//! Waiting for a request, without taking any of it out of the kernel's buffer.

use std::thread;
use std::time::Duration;

use super::Limits;
use super::head::{self, BodyLength, Head};
use super::registry::{Entry, Registry};
use crate::endpoint::{Code, Refusal};

/// tiny_http reads a body up to this size together with the head, and waits for it there.
pub(super) const READ_WITH_HEAD: u64 = 1024;

/// The most bytes that a chunked body may have with its framing. It has to fit into the kernel's
/// receive buffer as a whole, of which Linux gives a connection 64 KiB at the least.
const MOST_CHUNKED: usize = 32 * 1024;

/// A first look takes this much; only a larger request costs more.
const FIRST_LOOK: usize = 2 * 1024;

/// How long to wait before looking again for the rest of a request: first, and at the most. The
/// kernel would wake us only for what we take out.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// What came.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A request that tiny_http can read without waiting, save for the rest of a longer body.
    Request {
        head: Box<Head>,
        /// Bytes of the whole request, head and body.
        length: u64,
        /// More than this request has arrived: what follows it tiny_http may read with it.
        pipelined: bool,
    },
    /// A request that is refused before it is read.
    Refused(Refusal),
    /// No request: the client is gone, or has said nothing for too long.
    Nothing,
}

/// Waits for a request on a connection.
pub(super) fn wait(
    entry: &Entry,
    registry: &Registry,
    limits: &Limits,
    buffer: &mut Vec<u8>,
) -> Arrival {
    registry.rest(entry, limits.idle);
    let mut pause = PAUSES.0;
    let mut seen = 0;
    buffer.resize(FIRST_LOOK, 0);
    loop {
        let arrived = match entry.socket.peek(buffer) {
            Ok(0) | Err(_) if seen == 0 => return Arrival::Nothing,
            Ok(arrived) => arrived,
            Err(_) => return Arrival::Nothing,
        };
        if seen == 0 {
            registry.begin(entry, limits.request);
        }
        match judge(&buffer[..arrived], limits) {
            Some(arrival) => return arrival,
            None if arrived == buffer.len() => buffer.resize(2 * arrived, 0),
            None if registry.is_over(entry) => return Arrival::Refused(timeout()),
            None => {
                // Parked, so that it can be woken to make room for another connection.
                thread::park_timeout(pause);
                pause = if arrived > seen { PAUSES.0 } else { (2 * pause).min(PAUSES.1) };
            }
        }
        seen = arrived;
    }
}

/// Whether enough has arrived for tiny_http to read.
fn judge(arrived: &[u8], limits: &Limits) -> Option<Arrival> {
    let head = match head::parse(arrived, limits)? {
        Ok(head) => Box::new(head),
        Err(refusal) => return Some(Arrival::Refused(refusal)),
    };
    let body = arrived.get(head.length..).unwrap_or_default();
    let length = match head.body {
        BodyLength::Bytes(length) => {
            let with_head = length <= READ_WITH_HEAD && !head.expects_continue;
            if with_head && (body.len() as u64) < length {
                return None;
            }
            length
        }
        BodyLength::Chunked if head.expects_continue => {
            return Some(Arrival::Refused(length_required()));
        }
        BodyLength::Chunked => match head::chunked_length(body) {
            Some(Ok(length)) => length as u64,
            Some(Err(refusal)) => return Some(Arrival::Refused(refusal)),
            None if body.len() > MOST_CHUNKED => return Some(Arrival::Refused(length_required())),
            None => return None,
        },
    };
    let pipelined = body.len() as u64 > length;
    let length = length.saturating_add(head.length as u64);
    Some(Arrival::Request { head, length, pipelined })
}

pub(super) fn timeout() -> Refusal {
    let error = "the request did not arrive in time";
    Refusal::new(
        Code::Timeout,
        error,
        "send it faster, or start lkt with a larger --request-timeout",
    )
}

fn length_required() -> Refusal {
    let error = format!("a chunked body may have {MOST_CHUNKED} bytes at the most");
    Refusal::new(Code::LengthRequired, error, "send the body with a `Content-Length`")
}
