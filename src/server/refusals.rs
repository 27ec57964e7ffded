//! Refusals that the server itself gives, for any service.

use super::Service;
use super::http1::answer::{self, Form};
use super::http1::without_head;
use super::socket::Stream;
use crate::endpoint::{Code, Refusal};

/// The refusal of a request that did not arrive in time.
pub(super) fn too_slow() -> Refusal {
    Refusal::new(Code::Timeout, "the request did not arrive in time", "send it faster")
}

/// The refusal when the service took too long.
pub(super) fn no_answer() -> Refusal {
    let refusal = Refusal::new(Code::Busy, "the answer was not there in time", "ask again later");
    refusal.retry_after(1_u16)
}

/// Tells a client that there is no free slot for it.
pub(super) fn turn_away(mut stream: Stream, service: &impl Service, date: &str) {
    let refusal = Refusal::new(Code::Busy, "too many connections are open", "ask again later");
    let refusal = refusal.retry_after(1_u16);
    // What the client has sent is read first: a close would otherwise discard the answer.
    let mut arrived = [0; 4096];
    let read = stream.read(&mut arrived).ok().flatten().unwrap_or(0);
    let answer = without_head(service, arrived.get(..read).unwrap_or_default(), refusal);
    let mut bytes = Vec::new();
    let form = Form { date, is_last: true, head_only: false, says_keep_alive: false };
    answer::write(&mut bytes, &answer.response, form);
    let _ = stream.write(&bytes);
    stream.shut_down_writing();
}

/// The refusal of a request that the two readers read differently.
pub(super) fn ambiguous() -> Refusal {
    let error = "the request can be read in more than one way";
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}
