//! Refusals that the server itself gives, for any service.

use http::Method;

use super::context::Shared;
use super::http1::answer::{self, Form};
use super::http1::body::Body;
use super::http1::head;
use super::socket::Stream;
use super::{Client, Service};
use crate::endpoint::{Answer, Code, Refusal};

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

/// The refusal when the second reader cannot read.
pub(super) fn unread() -> Refusal {
    busy("this server cannot check requests at the moment")
}

fn busy(error: &str) -> Refusal {
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

/// The answer to a request whose head is incomplete or refused.
pub(super) fn without_head(
    shared: &Shared<impl Service>,
    arrived: &[u8],
    refusal: Refusal,
) -> Answer {
    // If `Origin` can be read, the answer lets a web page see why it was refused.
    let parts = head::whole_lines(arrived);
    let is_head = parts.as_ref().is_some_and(|parts| parts.method == Method::HEAD);
    let mut answer = shared.refuse(parts.as_ref(), refusal);
    if is_head {
        answer.response.body_mut().clear();
    }
    answer
}

/// Tells a client that there is no room for it. What its head alone decides is answered even so: proxies
/// would take a server whose health check is refused for dead.
pub(super) fn turn_away(
    mut stream: Stream,
    client: Client,
    shared: &Shared<impl Service>,
    date: &str,
) {
    // What the client has sent is read first: a close would otherwise discard the answer.
    let mut arrived = [0; 4096];
    let read = stream.read(&mut arrived).ok().flatten().unwrap_or(0);
    let arrived = arrived.get(..read).unwrap_or_default();
    let end = head::find_end(arrived, &shared.limits).ok().flatten();
    let head = end.and_then(|end| head::parse(arrived.get(..end)?).ok());
    let decided = head.as_ref().and_then(|head| shared.admit(head, client).0.break_value());
    let busy = || without_head(shared, arrived, busy("too many connections are open"));
    let head_only = head.is_some_and(|head| head.parts.method == Method::HEAD);
    let mut bytes = Vec::new();
    let form = Form { date, is_last: true, head_only, says_keep_alive: false };
    answer::write(&mut bytes, &decided.unwrap_or_else(busy).response, form);
    let _ = stream.write(&bytes);
    stream.shut_down_writing();
}
