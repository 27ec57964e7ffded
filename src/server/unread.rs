//! Answers to what was not read as a request: a head that is cut off or refused, and a connection for
//! which there is no room. tiny_http does not read these.

use http::Method;

use super::context::Shared;
use super::http1::answer::{self, Form};
use super::http1::{head, head_end};
use super::refusals::busy;
use super::socket::Stream;
use super::{Client, Service};
use crate::endpoint::{Answer, Refusal};

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
    let end = head_end::find_end(arrived, &shared.limits).ok().flatten();
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
