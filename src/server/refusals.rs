//! What the server refuses by itself, whatever the service.

use super::http1::answer::{self, Form};
use super::socket::Stream;
use crate::endpoint::{Answer, Code, Refusal};

/// The client took too long.
pub(super) fn too_slow() -> Refusal {
    Refusal::new(Code::Timeout, "the request did not arrive in time", "send it faster")
}

/// The service took too long.
pub(super) fn no_answer() -> Refusal {
    Refusal::new(Code::Busy, "the answer was not there in time", "ask again later")
}

/// Tells a client that there is no room for it.
pub(super) fn turn_away(mut stream: Stream, date: &str) {
    let refusal = Refusal::new(Code::Busy, "too many connections are open", "ask again later");
    let mut bytes = Vec::new();
    let form = Form { date, is_last: true, head_only: false, says_keep_alive: false };
    answer::write(&mut bytes, &Answer::from(refusal).response, form);
    // What the client has sent is taken in, since a close would otherwise discard the answer.
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write(&bytes);
    stream.shut_down_writing();
}

/// The two readers disagree about the request.
pub(super) fn ambiguous() -> Refusal {
    let error = "the request can be read in more than one way";
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}
