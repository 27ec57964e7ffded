//! Looking for a request, without taking any of it out of the kernel's buffer.

use super::Limits;
use super::head::{self, BodyLength, Head};
use super::registry::{Entry, Registry};
use crate::endpoint::{Code, Refusal};

/// tiny_http reads a body up to this size together with the head, and wants all of it then.
const READ_WITH_HEAD: u64 = 1024;

/// The most bytes that a chunked body may have with its framing. It has to arrive as a whole, in the
/// kernel's receive buffer, of which Linux gives a connection 64 KiB at the least.
const MOST_CHUNKED: usize = 32 * 1024;

/// A first look takes this much; only a larger request costs more.
const FIRST_LOOK: usize = 4 * 1024;

/// What came.
#[derive(Debug)]
pub(super) enum Arrival {
    /// Nothing yet.
    Quiet,
    /// Some of a request.
    Partial,
    /// A request that tiny_http can read.
    Request(Arrived),
    /// A request that is refused before it is read.
    Refused(Refusal),
    /// No request: the client is gone.
    Ended,
}

/// A request whose head has arrived.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) head: Box<Head>,
    /// Bytes of the whole request, head and body.
    pub(super) length: u64,
    /// Whether the body has arrived as well.
    pub(super) whole: bool,
    /// More than this request has arrived: what follows it tiny_http may read with it.
    pub(super) pipelined: bool,
}

/// Looks at what has arrived on a connection. The request's time begins with its first byte.
pub(super) fn look(
    entry: &Entry,
    registry: &Registry,
    limits: &Limits,
    buffer: &mut Vec<u8>,
) -> Arrival {
    if buffer.is_empty() {
        buffer.resize(FIRST_LOOK, 0);
    }
    loop {
        let arrived = match entry.socket.peek(buffer) {
            Ok(None) => return Arrival::Quiet,
            Ok(Some(0)) | Err(_) => return Arrival::Ended,
            Ok(Some(arrived)) => arrived,
        };
        if entry.is_evicted() {
            return Arrival::Ended;
        }
        registry.begin(entry, limits.request);
        let arrival = judge(&buffer[..arrived], limits);
        if arrived < buffer.len() || !matches!(arrival, Arrival::Partial) {
            return arrival;
        }
        buffer.resize(2 * arrived, 0);
    }
}

/// Whether enough has arrived for tiny_http to read.
fn judge(arrived: &[u8], limits: &Limits) -> Arrival {
    let head = match head::parse(arrived, limits) {
        Some(Ok(head)) => Box::new(head),
        Some(Err(refusal)) => return Arrival::Refused(refusal),
        None => return Arrival::Partial,
    };
    let body = arrived.get(head.length..).unwrap_or_default();
    let (length, whole) = match head.body {
        BodyLength::Bytes(length) => {
            let whole = body.len() as u64 >= length;
            if !whole && length <= READ_WITH_HEAD && !head.expects_continue {
                return Arrival::Partial;
            }
            // The client waits to be told to send it, and tiny_http tells it while it reads.
            (length, whole && !head.expects_continue)
        }
        BodyLength::Chunked if head.expects_continue => {
            return Arrival::Refused(length_required());
        }
        BodyLength::Chunked => match head::chunked_length(body) {
            Some(Ok(length)) => (length as u64, true),
            Some(Err(refusal)) => return Arrival::Refused(refusal),
            None if body.len() > MOST_CHUNKED => return Arrival::Refused(length_required()),
            None => return Arrival::Partial,
        },
    };
    let pipelined = body.len() as u64 > length;
    let length = length.saturating_add(head.length as u64);
    Arrival::Request(Arrived { head, length, whole, pipelined })
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
