//! One connection: request after request.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use http::Response;

use super::arrival::{self, Arrival, Arrived};
use super::aside::{Answer, Task};
use super::counter::Counter;
use super::head::Head;
use super::log::Log;
use super::pause::Pause;
use super::registry::{Entry, Registry};
use super::shared::{SharedEndpoint, Stop};
use super::socket::Discarded;
use super::{Limits, wire};
use crate::endpoint::{Code, Endpoint, Refusal, Route};

/// How long to take in and forget what a refused client still sends. A close while bytes wait unread
/// would make the kernel reset the connection, and the client lose the answer.
const LINGER: Duration = Duration::from_secs(1);

/// And how many bytes of it at the most.
const MOST_LINGERING: usize = 1024 * 1024;

/// What a connection needs to know of the server.
pub(super) struct Context {
    pub(super) endpoint: SharedEndpoint,
    pub(super) registry: Arc<Registry>,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
    pub(super) log: Log,
}

/// The requests that tiny_http reads from a connection; `None` for what it cannot read.
type Requests = Box<dyn Iterator<Item = Option<tiny_http::Request>> + Send>;

/// A connection, entered in the registry until it is dropped.
pub(super) struct Connection {
    requests: Option<Requests>,
    entry: Arc<Entry>,
    counter: Option<Counter>,
    /// Bytes of all requests so far.
    asked: u64,
    /// Spaces out the looks at a request that arrives piece by piece.
    pause: Pause,
    /// Whether the client has ended its side: what has arrived is all that comes.
    ended: bool,
    context: Arc<Context>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let owners = (self.requests.take(), self.counter.take());
        self.context.registry.close(&self.entry, owners);
    }
}

/// When an answer was begun.
struct Began {
    at: Instant,
    /// Seconds since the epoch.
    now: u64,
}

impl Began {
    fn now() -> Self {
        Self { at: Instant::now(), now: wire::now() }
    }
}

/// What becomes of a connection next.
pub(super) enum Next {
    /// It waits for its client, if need be not before that moment.
    Rest(Connection, Option<Instant>),
    /// It has to do what a lane cannot wait for.
    Aside(Connection, Task),
    /// It ends.
    Close,
}

impl Connection {
    /// Takes over what was just accepted. `None` when the client is gone already.
    pub(super) fn new<E: 'static>(
        client: impl Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
        context: &Arc<Context>,
    ) -> Option<Self> {
        let (entry, counter) = context.registry.enter(&context.limits)?;
        let requests: Requests = Box::new(client.map(Result::ok));
        let connection = Self {
            requests: Some(requests),
            entry,
            counter,
            asked: 0,
            pause: Pause::default(),
            ended: false,
            context: Arc::clone(context),
        };
        connection.rest();
        Some(connection)
    }

    /// What the registry knows of the connection.
    pub(super) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Whether it is too early to look at it again. One whose time is up is looked at in any case.
    pub(super) fn is_pausing(&self) -> bool {
        self.pause.is_on() && !self.context.registry.is_over(&self.entry)
    }

    /// The client has ended its side.
    pub(super) fn end_of_client(&mut self) {
        self.ended = true;
    }

    /// Says that there is no room or no thread for it, in no time: a client that has sent much already
    /// may miss it.
    pub(super) fn turn_away(&self) {
        let refusal = Refusal::new(Code::Busy, "too many connections are open", "ask again later");
        self.entry.socket.send_now(&wire::write(&refusal.into_response(), wire::now(), true, false));
    }

    /// Answers what has arrived, as far as that needs no waiting.
    pub(super) fn advance(mut self, buffer: &mut Vec<u8>) -> Next {
        loop {
            match self.advance_once(buffer) {
                // A client that has ended its side makes no more news: all is read that there is.
                Next::Rest(back, None) if back.ended => self = back,
                next => return next,
            }
        }
    }

    fn advance_once(self, buffer: &mut Vec<u8>) -> Next {
        let Context { registry, limits, .. } = &*self.context;
        match arrival::look(&self.entry, registry, limits, buffer) {
            Arrival::Quiet if self.ended => Next::Close,
            Arrival::Quiet => Next::Rest(self, None),
            Arrival::Partial => self.wait_for_more(),
            Arrival::Ended => Next::Close,
            Arrival::Refused(refusal) => {
                Next::Aside(self, Task::Refuse(Box::new(refusal.into_response()), None))
            }
            Arrival::Request(arrived) => self.handle(arrived),
        }
    }

    fn wait_for_more(mut self) -> Next {
        if self.is_over() {
            let response = arrival::timeout().into_response();
            return Next::Aside(self, Task::Refuse(Box::new(response), None));
        }
        if self.ended {
            return Next::Close;
        }
        let until = self.pause.begin();
        Next::Rest(self, until)
    }

    /// Waits for a client, on a thread of its own; the connection comes back if it goes on.
    pub(super) fn wait(self, task: Task) -> Option<Self> {
        match task {
            Task::Refuse(response, head) => {
                self.refuse_unread(&response, head.as_deref());
                None
            }
            Task::Linger => {
                self.end();
                None
            }
            Task::Send(answer) => self.send_rest(answer),
            Task::Answer(route, head) => match self.answer_slowly(route, &head) {
                Next::Rest(back, _) => Some(back),
                Next::Aside(back, task) => back.wait(task),
                Next::Close => None,
            },
        }
    }

    /// The connection waits for a request, and has a while for it.
    fn rest(&self) {
        self.context.registry.rest(&self.entry, self.context.limits.idle);
    }

    fn handle(mut self, Arrived { head, length, whole, pipelined }: Arrived) -> Next {
        let began = Began::now();
        let endpoint = self.context.endpoint.load();
        let admitted = endpoint.admit(&head.parts, head.body_bytes());
        if !whole {
            return match admitted {
                ControlFlow::Break(response) => {
                    Next::Aside(self, Task::Refuse(Box::new(response), Some(head)))
                }
                ControlFlow::Continue(_) if head.may_arrive_whole() => self.wait_for_more(),
                ControlFlow::Continue(route) => {
                    self.asked = self.asked.saturating_add(length);
                    Next::Aside(self, Task::Answer(route, head))
                }
            };
        }
        self.asked = self.asked.saturating_add(length);
        let Some(mut request) = self.next_request() else { return Next::Close };
        // Read in any case: all of it is there, and the next request comes after it.
        let body = self.read_body(&mut request, &endpoint, head.body_bytes(), false);
        let response = match (admitted, body) {
            (_, Err(Unread::Gone)) => return Next::Close,
            (ControlFlow::Break(response), _) => response,
            (_, Err(Unread::Refused(refusal))) => endpoint.refuse(&head.parts, refusal),
            (ControlFlow::Continue(route), Ok(body)) => {
                endpoint.answer(route, &head.parts, &body, began.now)
            }
        };
        self.send(request, &head, &response, &began, pipelined)
    }

    fn answer_slowly(mut self, route: Route, head: &Head) -> Next {
        let began = Began::now();
        let endpoint = self.context.endpoint.load();
        let Some(mut request) = self.next_request() else { return Next::Close };
        match self.read_body(&mut request, &endpoint, head.body_bytes(), true) {
            Ok(body) => {
                let response = endpoint.answer(route, &head.parts, &body, began.now);
                self.send(request, head, &response, &began, false)
            }
            Err(Unread::Refused(refusal)) => {
                self.refuse_unread(&endpoint.refuse(&head.parts, refusal), Some(head));
                Next::Close
            }
            Err(Unread::Gone) => Next::Close,
        }
    }

    /// Nothing comes where tiny_http disagrees; it has said 400 itself then.
    fn next_request(&mut self) -> Option<tiny_http::Request> {
        self.requests.as_mut()?.next()?
    }

    /// Sends an answer in one piece, or as much of it as the client takes at once.
    fn send(
        self,
        request: tiny_http::Request,
        head: &Head,
        response: &Response<Vec<u8>>,
        began: &Began,
        pipelined: bool,
    ) -> Next {
        let last = head.last || pipelined || self.has_read_ahead() || self.context.stop.is_set();
        let remote = request.remote_addr().copied();
        // tiny_http's writer would wait for the client.
        let writer = request.into_writer();
        let head_only = head.parts.method == http::Method::HEAD;
        let bytes = wire::write(response, began.now, last, head_only);
        let sent = self.entry.socket.send_now(&bytes);
        self.entry.has_answered();
        self.context.log.request(&head.parts, response, began.at.elapsed(), remote);
        match sent {
            None => Next::Close,
            Some(sent) if sent < bytes.len() => {
                Next::Aside(self, Task::Send(Answer { writer, bytes, sent, last }))
            }
            Some(_) if pipelined => Next::Aside(self, Task::Linger),
            Some(_) if last => Next::Close,
            Some(_) => Next::Rest(self.go_on(), None),
        }
    }

    fn send_rest(self, Answer { mut writer, bytes, sent, last }: Answer) -> Option<Self> {
        let rest = bytes.get(sent..).unwrap_or_default();
        writer.write_all(rest).and_then(|()| writer.flush()).ok()?;
        // Whoever sends the next request waits for it.
        drop(writer);
        if last {
            return None;
        }
        Some(self.go_on())
    }

    /// Ready for the next request.
    fn go_on(mut self) -> Self {
        self.pause = Pause::default();
        self.rest();
        self
    }

    /// Whether tiny_http may have read more than the requests so far: the connection must end then.
    fn has_read_ahead(&self) -> bool {
        let received = self.counter.as_ref().and_then(Counter::received);
        received.is_some_and(|received| received > self.asked)
    }

    /// Reads the body; one that is still arriving if it may take its time.
    fn read_body(
        &self,
        request: &mut tiny_http::Request,
        endpoint: &Endpoint,
        length: Option<u64>,
        patient: bool,
    ) -> Result<Vec<u8>, Unread> {
        // One byte more than is allowed tells a body that is too long from one that just fits.
        let most = length.unwrap_or(endpoint.max_body as u64 + 1);
        let mut body = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
        let mut reader = request.as_reader().take(most);
        let read = loop {
            match reader.read_to_end(&mut body) {
                // The socket's receive timeout; what has come before it is in `body`.
                Err(error) if patient && error.kind() == ErrorKind::WouldBlock && !self.is_over() => {}
                read => break read,
            }
        };
        if self.is_over() {
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

    fn is_over(&self) -> bool {
        self.context.registry.is_over(&self.entry)
    }

    /// Answers a request whose body has not been read, and ends the connection. It goes past
    /// tiny_http, which would read the rest of the body first, however long.
    fn refuse_unread(&self, response: &Response<Vec<u8>>, head: Option<&Head>) {
        let is_head = head.is_some_and(|head| head.parts.method == http::Method::HEAD);
        self.entry.socket.send_now(&wire::write(response, wire::now(), true, is_head));
        match head {
            Some(head) => self.context.log.request(&head.parts, response, Duration::ZERO, None),
            None => self.context.log.refusal(response),
        }
        self.end();
    }

    /// Ends the connection so that its client gets to read the answer.
    fn end(&self) {
        self.entry.socket.shutdown(Shutdown::Write);
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
