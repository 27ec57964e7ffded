//! One connection: request after request, and never a wait. What the client is not ready for is gone on
//! with when there is news of it (see [`lane`](super::lane)).

use std::fmt;
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;

use super::arrival::{self, Arrival, Arrived};
use super::body::{Body, Progress};
use super::counter::Counter;
use super::head::Head;
use super::linger::{Linger, Lingered};
use super::log::Log;
use super::pause::Pause;
use super::registry::{Entry, Registry};
use super::shared::{SharedEndpoint, Stop};
use super::{Limits, wire};
use crate::endpoint::{Admitted, Answer, Code, Refusal};

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
    state: State,
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

/// What a connection is at.
enum State {
    /// A request is to come.
    Waiting,
    /// The body of a request arrives.
    Reading(Box<Reading>),
    /// An answer is sent.
    Sending(Sending),
    /// It ends, once the client has had time to read the answer.
    Ending(Linger),
}

/// A request whose body arrives.
struct Reading {
    admitted: Admitted,
    head: Box<Head>,
    body: Body,
    began: Began,
    /// More than the request has arrived.
    pipelined: bool,
}

/// An answer that the client did not take at once.
struct Sending {
    bytes: Vec<u8>,
    sent: usize,
    next: After,
}

/// What follows an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The next request.
    Request,
    /// The end, at once.
    End,
    /// The end, when the client has read the answer: there is more that it sent.
    SlowEnd,
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

/// Whether a connection can go on.
enum Step {
    /// At once.
    Again,
    /// When there is news, or at that moment.
    Wait(Option<Instant>),
    /// Never.
    Close,
}

/// What becomes of a connection next.
pub(super) enum Next {
    /// It waits for news, or until that moment.
    Rest(Connection, Option<Instant>),
    /// It ends.
    Close,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let state = mem::replace(&mut self.state, State::Waiting);
        let owners = (state, self.requests.take(), self.counter.take());
        self.context.registry.close(&self.entry, owners);
    }
}

impl Connection {
    /// Takes over what was just accepted. `None` when the client is gone already, or file descriptors
    /// have run out.
    pub(super) fn new<E: 'static>(
        client: impl Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
        context: &Arc<Context>,
    ) -> Option<Self> {
        let (entry, counter) = context.registry.enter()?;
        let requests: Requests = Box::new(client.map(Result::ok));
        let connection = Self {
            state: State::Waiting,
            requests: Some(requests),
            entry,
            counter: Some(counter),
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
        self.pause.is_on() && !self.is_over()
    }

    /// Whether it is news for it when the client takes more.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending(_))
    }

    /// The client has ended its side.
    pub(super) fn end_of_client(&mut self) {
        self.ended = true;
    }

    /// Says that there is no room for it, in no time: a client that has sent much already may miss it.
    pub(super) fn turn_away(&self) {
        let refusal = Refusal::new(Code::Busy, "too many connections are open", "ask again later");
        let bytes = wire::write(&Answer::from(refusal).response, wire::now(), true, false);
        self.entry.socket.send_now(&bytes);
    }

    /// Goes on with what has arrived. `buffer` is for looking at it.
    pub(super) fn advance(mut self, buffer: &mut Vec<u8>) -> Next {
        loop {
            let step = match mem::replace(&mut self.state, State::Waiting) {
                State::Waiting => self.look(buffer),
                State::Reading(reading) => self.read(reading),
                State::Sending(sending) => self.send(sending),
                State::Ending(linger) => self.linger(linger, buffer),
            };
            match step {
                Step::Again => {}
                Step::Wait(until) => return Next::Rest(self, until),
                Step::Close => return Next::Close,
            }
        }
    }

    fn look(&mut self, buffer: &mut Vec<u8>) -> Step {
        let Context { registry, limits, .. } = &*self.context;
        match arrival::look(&self.entry, registry, limits, buffer) {
            Arrival::Quiet if self.ended => Step::Close,
            Arrival::Quiet => Step::Wait(None),
            Arrival::Partial if self.is_over() => self.refuse_unread(&timeout(), None),
            Arrival::Partial if self.ended => Step::Close,
            Arrival::Partial => Step::Wait(self.pause.begin()),
            Arrival::Ended => Step::Close,
            Arrival::Refused(refusal) => self.refuse_unread(&refusal.into(), None),
            Arrival::Request(arrived) => self.begin(arrived),
        }
    }

    /// A request's head is here, and as much of its body as tiny_http reads with it.
    fn begin(&mut self, Arrived { head, length, whole, pipelined }: Arrived) -> Step {
        let began = Began::now();
        let endpoint = self.context.endpoint.load();
        let admitted = endpoint.admit(&head.parts, head.body_bytes());
        if let (ControlFlow::Break(answer), false) = (&admitted, whole) {
            return self.refuse_unread(answer, Some(&head));
        }
        self.asked = self.asked.saturating_add(length);
        // Nothing comes where tiny_http disagrees; it has said 400 itself then.
        let Some(request) = self.requests.as_mut().and_then(Iterator::next).flatten() else {
            return Step::Close;
        };
        let mut body = Body::new(request, head.body_bytes(), endpoint.max_body);
        match admitted {
            ControlFlow::Continue(admitted) => {
                self.read(Box::new(Reading { admitted, head, body, began, pipelined }))
            }
            // Read all the same: the next request comes after it.
            ControlFlow::Break(answer) => match body.read() {
                Progress::Whole(_) => self.answer(&head, &answer, &began, body.remote(), pipelined),
                Progress::Partial | Progress::TooLarge | Progress::Gone => Step::Close,
            },
        }
    }

    fn read(&mut self, mut reading: Box<Reading>) -> Step {
        let endpoint = self.context.endpoint.load();
        match reading.body.read() {
            Progress::Whole(bytes) => {
                let Reading { admitted, head, body, began, pipelined } = *reading;
                let answer = endpoint.answer(admitted, &head.parts, &bytes, began.now);
                self.answer(&head, &answer, &began, body.remote(), pipelined)
            }
            Progress::TooLarge => {
                let refusal = Refusal::too_large(endpoint.max_body);
                let answer = endpoint.refuse(&reading.head.parts, refusal);
                self.refuse_unread(&answer, Some(&reading.head))
            }
            // The watchman ended the client's side.
            Progress::Partial | Progress::Gone if self.is_over() => {
                let answer = endpoint.refuse(&reading.head.parts, arrival::timeout());
                self.refuse_unread(&answer, Some(&reading.head))
            }
            Progress::Partial if !self.ended => {
                self.state = State::Reading(reading);
                Step::Wait(None)
            }
            Progress::Partial | Progress::Gone => Step::Close,
        }
    }

    /// Answers a request that has been read.
    fn answer(
        &mut self,
        head: &Head,
        answer: &Answer,
        began: &Began,
        remote: Option<SocketAddr>,
        pipelined: bool,
    ) -> Step {
        let ahead = pipelined || (!head.last && self.has_read_ahead());
        let last = head.last || ahead || self.context.stop.is_set();
        let next = match (last, ahead) {
            (false, _) => After::Request,
            (true, false) => After::End,
            (true, true) => After::SlowEnd,
        };
        let bytes =
            wire::write(&answer.response, began.now, last, head.parts.method == Method::HEAD);
        let step = self.send(Sending { bytes, sent: 0, next });
        self.entry.has_answered();
        self.context.log.request(&head.parts, answer, began.at.elapsed(), remote);
        step
    }

    fn send(&mut self, mut sending: Sending) -> Step {
        let rest = sending.bytes.get(sending.sent..).unwrap_or_default();
        let Some(sent) = self.entry.socket.send_now(rest) else { return Step::Close };
        sending.sent += sent;
        if sending.sent < sending.bytes.len() {
            self.state = State::Sending(sending);
            return Step::Wait(None);
        }
        match sending.next {
            After::Request => {
                self.pause = Pause::default();
                self.rest();
                // A client that has ended its side makes no more news.
                if self.ended { Step::Again } else { Step::Wait(None) }
            }
            After::End => Step::Close,
            After::SlowEnd => self.end(),
        }
    }

    /// Answers a request that has not been read, and ends the connection.
    fn refuse_unread(&mut self, answer: &Answer, head: Option<&Head>) -> Step {
        let is_head = head.is_some_and(|head| head.parts.method == Method::HEAD);
        // What a client does not take at once of its last and short answer, it does not want.
        self.entry.socket.send_now(&wire::write(&answer.response, wire::now(), true, is_head));
        let (log, remote) = (&self.context.log, self.entry.socket.peer());
        match head {
            Some(head) => log.request(&head.parts, answer, Duration::ZERO, remote),
            None => log.refusal(answer, remote),
        }
        self.end()
    }

    /// Ends the connection so that its client gets to read the answer.
    fn end(&mut self) -> Step {
        self.entry.socket.shutdown(Shutdown::Write);
        let linger = Linger::new();
        let until = linger.until();
        self.state = State::Ending(linger);
        Step::Wait(Some(until))
    }

    fn linger(&mut self, mut linger: Linger, buffer: &mut [u8]) -> Step {
        match linger.discard(self.entry.socket, buffer) {
            Lingered::MoreToCome => {
                self.state = State::Ending(linger);
                Step::Wait(None)
            }
            Lingered::Done => Step::Close,
            Lingered::TooMuch => {
                // A client that is still sending, and not reading, would wait for room that never
                // comes.
                self.counter.iter().for_each(Counter::reset_when_closed);
                Step::Close
            }
        }
    }

    /// The connection waits for a request, and has a while for it.
    fn rest(&self) {
        self.context.registry.rest(&self.entry, self.context.limits.idle);
    }

    /// Whether tiny_http may have read more than the requests so far: the connection must end then.
    fn has_read_ahead(&self) -> bool {
        let received = self.counter.as_ref().and_then(Counter::received);
        received.is_some_and(|received| received > self.asked)
    }

    fn is_over(&self) -> bool {
        self.context.registry.is_over(&self.entry)
    }
}

fn timeout() -> Answer {
    arrival::timeout().into()
}
