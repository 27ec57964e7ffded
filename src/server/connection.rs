//! One connection: request after request, on a thread of its own.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use http::Response;
use http::request::Parts;

use super::arrival::{self, Arrival, READ_WITH_HEAD};
use super::counter::Counter;
use super::head::{BodyLength, Head};
use super::log::Log;
use super::registry::{Entry, Registry};
use super::shared::{SharedEndpoint, Stop};
use super::socket::Discarded;
use super::{Limits, wire};
use crate::endpoint::{Code, Endpoint, Refusal};

/// How long to take in and forget what a refused client still sends. A close while bytes wait unread
/// would make the kernel reset the connection, and the client lose the answer.
const LINGER: Duration = Duration::from_secs(1);

/// And how many bytes of it at the most.
const MOST_LINGERING: usize = 1024 * 1024;

/// What a connection needs to know of the server.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) endpoint: SharedEndpoint,
    pub(super) registry: Arc<Registry>,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
    pub(super) log: Arc<Log>,
}

/// A connection, entered in the registry until it is dropped.
pub(super) struct Connection<C> {
    client: Option<C>,
    entry: Arc<Entry>,
    counter: Option<Counter>,
    /// Bytes of all requests so far.
    asked: u64,
    context: Context,
}

impl<C> Drop for Connection<C> {
    fn drop(&mut self) {
        let owners = (self.client.take(), self.counter.take());
        self.context.registry.close(&self.entry, owners);
    }
}

/// Whether a connection goes on after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Keep,
    Close,
}

impl<C, E> Connection<C>
where
    C: Iterator<Item = Result<tiny_http::Request, E>>,
{
    /// Takes over what was just accepted. `None` when the client is gone already.
    pub(super) fn new(client: C, context: &Context) -> Option<Self> {
        let (entry, counter) = context.registry.enter()?;
        let context = context.clone();
        Some(Self { client: Some(client), entry, counter, asked: 0, context })
    }

    /// What the registry knows of the connection.
    pub(super) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Answers requests until the connection ends.
    pub(super) fn serve(mut self) {
        self.entry.serve_here();
        let mut buffer = Vec::new();
        while self.answer_next(&mut buffer) == Next::Keep {}
    }

    /// Says that there are too many connections, in no time: a client that has sent much already may
    /// miss it.
    pub(super) fn turn_away(&self) {
        let refusal = Refusal::new(Code::Busy, "too many connections are open", "ask again later");
        self.entry.socket.send_now(&wire::write(&refusal.into_response(), true, false));
    }

    fn answer_next(&mut self, buffer: &mut Vec<u8>) -> Next {
        let Context { registry, limits, .. } = &self.context;
        match arrival::wait(&self.entry, registry, limits, buffer) {
            Arrival::Nothing => Next::Close,
            Arrival::Refused(refusal) => {
                self.refuse_unread(&refusal.into_response(), None);
                Next::Close
            }
            Arrival::Request { head, length, pipelined } => {
                self.asked = self.asked.saturating_add(length);
                // Nothing comes where tiny_http disagrees; it has said 400 itself then.
                let Some(Ok(request)) = self.client.as_mut().and_then(Iterator::next) else {
                    return Next::Close;
                };
                self.answer(request, &head, pipelined)
            }
        }
    }

    fn answer(&self, mut request: tiny_http::Request, head: &Head, pipelined: bool) -> Next {
        let began = Instant::now();
        let endpoint = self.context.endpoint.load();
        let length = match head.body {
            BodyLength::Bytes(length) => Some(length),
            BodyLength::Chunked => None,
        };
        let read_already = length.is_some_and(|length| length <= READ_WITH_HEAD);
        let (response, all_read) = match endpoint.admit(&head.parts, length) {
            ControlFlow::Break(response) => (response, read_already && !head.expects_continue),
            ControlFlow::Continue(route) => match self.read_body(&mut request, &endpoint, length) {
                Ok(body) => (endpoint.answer(route, &head.parts, &body, wire::now()), true),
                Err(Unread::Refused(refusal)) => (endpoint.refuse(&head.parts, refusal), false),
                Err(Unread::Gone) => return Next::Close,
            },
        };
        let last = head.last || pipelined || self.has_read_ahead() || self.context.stop.is_set();
        let remote = request.remote_addr().copied();
        if !all_read {
            self.refuse_unread(&response, Some(&head.parts));
            self.context.log.request(&head.parts, &response, began.elapsed(), remote);
            return Next::Close;
        }
        let bytes = wire::write(&response, last, head.parts.method == http::Method::HEAD);
        let sent = send(request, &bytes);
        self.entry.has_answered();
        self.context.log.request(&head.parts, &response, began.elapsed(), remote);
        if last || sent.is_err() { Next::Close } else { Next::Keep }
    }

    /// Whether tiny_http may have read more than the requests so far: the connection must end then.
    fn has_read_ahead(&self) -> bool {
        let received = self.counter.as_ref().and_then(Counter::received);
        received.is_some_and(|received| received > self.asked)
    }

    fn read_body(
        &self,
        request: &mut tiny_http::Request,
        endpoint: &Endpoint,
        length: Option<u64>,
    ) -> Result<Vec<u8>, Unread> {
        // One byte more than is allowed tells a body that is too long from one that just fits.
        let most = length.unwrap_or(endpoint.max_body as u64 + 1);
        let mut body = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
        let read = request.as_reader().take(most).read_to_end(&mut body);
        if self.context.registry.is_over(&self.entry) {
            return Err(Unread::Refused(arrival::timeout()));
        }
        match read {
            Ok(_) if body.len() > endpoint.max_body => {
                Err(Unread::Refused(Refusal::too_large(endpoint.max_body)))
            }
            // tiny_http takes the end of the stream for the end of the body.
            Ok(_) if length.is_none_or(|length| length == body.len() as u64) => Ok(body),
            Ok(_) | Err(_) => Err(Unread::Gone),
        }
    }

    /// Answers a request whose body has not been read, and ends the connection. It goes past
    /// tiny_http, which would read the rest of the body first, however long.
    fn refuse_unread(&self, response: &Response<Vec<u8>>, head: Option<&Parts>) {
        let is_head = head.is_some_and(|head| head.method == http::Method::HEAD);
        self.entry.socket.send_now(&wire::write(response, true, is_head));
        self.entry.socket.shutdown(Shutdown::Write);
        if head.is_none() {
            self.context.log.refusal(response);
        }
        if self.linger() == Lingered::TooMuch {
            // A client that is still sending, and not reading, would wait for room that never comes.
            self.counter.iter().for_each(Counter::reset_when_closed);
        }
        self.entry.socket.shutdown(Shutdown::Both);
    }

    fn linger(&self) -> Lingered {
        let end = Instant::now() + LINGER;
        let mut scratch = [0; 16 * 1024];
        let mut left = MOST_LINGERING;
        while Instant::now() < end {
            match self.entry.socket.discard(&mut scratch) {
                Discarded::End => return Lingered::Done,
                Discarded::Bytes(bytes) if bytes >= left => return Lingered::TooMuch,
                Discarded::Bytes(bytes) => left -= bytes,
                Discarded::NothingYet => thread::sleep(Duration::from_millis(5)),
            }
        }
        Lingered::Done
    }
}

/// How the wait for what a refused client still sends ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lingered {
    /// The client stopped, or its time was up.
    Done,
    /// It sent on and on.
    TooMuch,
}

/// Why there is no body.
enum Unread {
    Refused(Refusal),
    /// The client is gone.
    Gone,
}

/// One write, so that the answer leaves in one piece.
fn send(request: tiny_http::Request, bytes: &[u8]) -> io::Result<()> {
    let mut writer = request.into_writer();
    writer.write_all(bytes)?;
    writer.flush()
}
