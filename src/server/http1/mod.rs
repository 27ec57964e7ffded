//! HTTP/1.1 as pure functions: they take bytes, and return a request, a refusal or "more is needed".
//! What a request is answered with is not decided here.
//!
//! Stricter than RFC 9112 wherever two readers could interpret the same bytes differently: one request
//! to a proxy in front must never be two requests here.

pub(super) mod answer;
pub(in crate::server) mod body;
pub(super) mod head;
pub(super) mod head_end;
mod request;

pub(super) use head::Head;
pub(super) use request::{Progress, Request, read};

use crate::endpoint::{Code, Refusal};

/// The refusal of a request that is not plain HTTP/1.1.
fn bad(error: &str) -> Refusal {
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}
