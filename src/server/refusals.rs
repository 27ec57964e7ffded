//! Refusals that the server itself gives, for any service.

use super::http1::body::Body;
use crate::endpoint::{Code, Refusal};

/// The refusal of a request that did not arrive in time, with its announced length and what has arrived
/// of its body.
pub(super) fn too_slow(body: Option<(Option<u64>, &Body)>) -> Refusal {
    let error = match body.map(|(length, body)| (length, body.bytes.len())) {
        None => "the request did not arrive in time".to_owned(),
        Some((None, _)) => "the end of the chunked body did not arrive in time".to_owned(),
        Some((Some(length), 0)) => format!(
            "0 of {length} bytes of the body arrived in time: something in front of this server \
             may have read them, such as express.json() before a proxy"
        ),
        Some((Some(length), here)) => {
            format!("{here} of {length} bytes of the body arrived in time")
        }
    };
    Refusal::new(Code::Timeout, error, "send it faster")
}

/// The refusal when the service took too long.
pub(super) fn no_answer() -> Refusal {
    busy("no answer before the deadline")
}

/// The refusal when too many requests wait for their answers.
pub(super) fn too_many_wait() -> Refusal {
    busy("too many requests wait for their answers")
}

/// The refusal when there was no room for a large body in time.
pub(super) fn no_room() -> Refusal {
    busy("too many large requests are here already")
}

/// The refusal when the second reader cannot read.
pub(super) fn unread() -> Refusal {
    busy("this server cannot check requests at the moment")
}

/// The refusal when the server has no room for now.
pub(super) fn busy(error: &str) -> Refusal {
    Refusal::new(Code::Busy, error, "try again later").retry_after(1_u16)
}

/// The refusal when the service panicked.
pub(super) fn internal() -> Refusal {
    Refusal::new(Code::Internal, "this server failed", "tell the operator of this server")
}

/// The refusal of a request that the two readers read differently.
pub(super) fn ambiguous() -> Refusal {
    let error = "the request can be read in more than one way";
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}
