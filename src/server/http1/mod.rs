//! HTTP/1.1 as pure functions: bytes in; a request, a refusal or "more is needed" out.
//!
//! Stricter than RFC 9112 wherever two readers of the same bytes could disagree: what a proxy in front
//! takes for one request must not be two here.

pub(super) mod answer;
pub(super) mod body;
pub(super) mod head;
mod request;

pub(super) use head::Head;
pub(super) use request::{Progress, Request, RequestReader, without_head};

use crate::endpoint::{Code, Refusal};

/// The refusal of what is not plain HTTP/1.1.
fn bad(error: &str) -> Refusal {
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}
