//! One connection: request after request, without ever blocking. Work that would block resumes at the
//! next event on the socket.

mod answering;
mod large_body;

use std::io;
use std::mem;
use std::time::Instant;

use mio::{Interest, Registry, Token};

use crate::endpoint::Answer;
use crate::server::context::Context;
use crate::server::eviction::Wait;
use crate::server::http1::{self, Head, Progress, Request, answer};
use crate::server::load::Activity;
use crate::server::mailbox::{NewConnection, RequestId};
use crate::server::refusals;
use crate::server::socket::Stream;
use crate::server::{Client, Service};
use large_body::Share;

/// A request that arrives, and what its service made of its head.
type Arriving<A> = Box<Request<Answer, A>>;

/// A connection to a client.
pub(in crate::server) struct Connection<S: Service> {
    pub(in crate::server) stream: Stream,
    pub(in crate::server) client: Client,
    /// The last request that was read to its end; number 0 before the first one.
    pub(in crate::server) id: RequestId,
    state: State<S::Admitted>,
    /// Bytes that were read but not used yet: part of a head, or later requests.
    unread: Vec<u8>,
    /// Whether the socket may have something to read.
    is_readable: bool,
    /// Whether the client has closed its side of the connection.
    is_ended: bool,
    /// When the last request arrived; of an idle connection, when it became idle.
    since: Instant,
    /// When the connection is closed if nothing happens.
    pub(in crate::server) deadline: Instant,
    /// Whether the connection is in the lane's queue.
    pub(in crate::server) is_queued: bool,
    /// The events that the lane's poll reports.
    watched: Option<Interest>,
    /// Whether the connection is in the lane where it stays. It may have come from another one, where its
    /// first request was answered.
    pub(in crate::server) is_settled: bool,
    /// The room that the current request takes, if its body is large.
    room: Share,
    /// What the connection is counted as.
    pub(in crate::server) counted: Option<Activity>,
}

/// What a connection is doing.
enum State<A> {
    /// Waits for a request.
    Idle,
    /// Waits for the rest of a request, whose first byte arrived at `began`. There is no `request` before
    /// its whole head has arrived.
    Reading { began: Instant, request: Option<Arriving<A>> },
    /// Waits for an answer that comes later.
    Parked(Head),
    /// Has an answer in the lane's outbox.
    Answered,
    /// Waits for the client to take the rest of an answer. The flag says whether this is the last answer.
    Sending(Vec<u8>, bool),
    /// Discards what the client still sends after the last answer, up to this many bytes.
    Draining(usize),
}

/// The connection has ended, and is to be closed.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Ended;

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl<S: Service> Connection<S> {
    /// Creates a connection.
    pub(in crate::server) fn new(new: NewConnection, slot: usize, context: &Context<S>) -> Self {
        let now = context.clock.now;
        Self {
            stream: new.stream,
            client: new.client,
            id: RequestId { slot, number: 0 },
            state: State::Idle,
            unread: Vec::new(),
            // Bytes that arrived together with the connection raise no event of their own.
            is_readable: true,
            is_ended: false,
            since: now,
            deadline: now + context.shared.limits.idle,
            is_queued: false,
            watched: None,
            is_settled: new.is_settled,
            room: Share::None,
            counted: None,
        }
    }

    /// What the connection waits for, if it waits for its client and so may be evicted.
    pub(in crate::server) fn wait(&self) -> Option<Wait> {
        if self.is_queued || self.is_ready() || self.is_whole() {
            return None;
        }
        match self.state {
            State::Idle => Some(Wait::Idle(self.since)),
            State::Reading { began, .. } => Some(Wait::Unfinished(began)),
            State::Sending(..) | State::Draining(_) => Some(Wait::Unfinished(self.since)),
            State::Parked(_) | State::Answered => None,
        }
    }

    /// What the connection is doing, for metrics.
    pub(in crate::server) fn activity(&self) -> Activity {
        match self.state {
            State::Idle => Activity::Idle,
            State::Reading { .. } => Activity::Receiving,
            State::Parked(_) => Activity::Waiting,
            State::Sending(..) | State::Answered => Activity::Sending,
            State::Draining(_) => Activity::Closing,
        }
    }

    /// Whether the request waits for an answer that comes later.
    fn is_parked(&self) -> bool {
        matches!(self.state, State::Parked(_))
    }

    /// Whether the connection has an answer in the lane's outbox.
    pub(in crate::server) fn is_answered(&self) -> bool {
        matches!(self.state, State::Answered)
    }

    /// Makes room for others that wait for an answer, if this connection does.
    pub(in crate::server) fn end_wait(&self, context: &mut Context<S>) {
        if self.is_parked() {
            context.shared.count_parked(true, false);
        }
    }

    /// Whether the client has sent nothing yet.
    fn is_new(&self) -> bool {
        matches!(self.state, State::Idle) && self.id.number == 0 && !self.is_settled
    }

    /// Whether the connection may be closed once the server is told to stop. A client that has just
    /// connected is about to send its first request.
    pub(in crate::server) fn is_done(&self) -> bool {
        matches!(self.state, State::Idle) && !self.is_ready() && !self.is_new()
    }

    /// Sets the deadline for the first request of a new client.
    pub(in crate::server) fn limit_first_request(&mut self, deadline: Instant) {
        if self.is_new() {
            self.deadline = self.deadline.min(deadline);
        }
    }

    /// Whether there is work to do before the next event on the socket.
    pub(in crate::server) fn is_ready(&self) -> bool {
        match self.state {
            State::Idle => self.is_readable || !self.unread.is_empty(),
            State::Reading { .. } | State::Draining(_) => {
                self.is_readable && !self.is_whole() && self.room != Share::Waiting
            }
            State::Parked(_) | State::Answered | State::Sending(..) => false,
        }
    }

    /// Whether a whole request waits for room.
    fn is_whole(&self) -> bool {
        matches!(&self.state, State::Reading { request: Some(request), .. } if request.body.is_whole())
    }

    /// Notes an event on the socket.
    pub(in crate::server) fn note_event(&mut self, is_ended: bool) {
        self.is_readable = true;
        self.is_ended |= is_ended;
    }

    /// Whether the connection stays after its first answer, and waits for the next request.
    pub(in crate::server) fn may_settle(&self) -> bool {
        !self.is_settled
            && self.id.number > 0
            && matches!(self.state, State::Idle)
            && !self.is_ready()
    }

    /// Has the lane's poll report events on the socket. A connection that ends with the request that came
    /// with it is never watched.
    pub(in crate::server) fn watch(&mut self, registry: &Registry) -> io::Result<()> {
        let is_sending = matches!(self.state, State::Sending(..));
        let wanted =
            if is_sending { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        if self.watched == Some(wanted) || (self.watched.is_some() && !is_sending) {
            return Ok(());
        }
        self.stream.watch(registry, Token(self.id.slot), wanted, self.watched.is_some())?;
        self.watched = Some(wanted);
        Ok(())
    }

    /// Gives the connection up, for another lane.
    pub(in crate::server) fn give_away(mut self, registry: &Registry) -> io::Result<NewConnection> {
        if self.watched.is_some() {
            self.stream.unwatch(registry)?;
        }
        Ok(NewConnection { stream: self.stream, client: self.client, is_settled: true })
    }

    /// Continues until a request is answered, or until the work would block.
    pub(in crate::server) fn advance(&mut self, context: &mut Context<S>) -> Result<(), Ended> {
        match mem::replace(&mut self.state, State::Idle) {
            State::Sending(unsent, is_last) => self.send(&unsent, is_last, context),
            State::Draining(left) => self.drain(left, context),
            other => {
                self.state = other;
                if self.is_parked() || self.is_answered() { Ok(()) } else { self.read(context) }
            }
        }
    }

    fn read(&mut self, context: &mut Context<S>) -> Result<(), Ended> {
        let has_next = matches!(self.state, State::Idle) && !self.unread.is_empty();
        if (has_next || (self.is_whole() && self.room != Share::Waiting))
            && self.use_bytes(0, context)?
        {
            return Ok(());
        }
        while self.is_readable && self.may_read(context) {
            let Some(read) = self.stream.read(&mut context.read_buffer)? else {
                self.is_readable = false;
                break;
            };
            if read == 0 {
                return Err(Ended);
            }
            // If a read does not fill the buffer, the socket is empty, and the next byte raises an
            // event (epoll(7)). This is not so on Windows, nor after the client has closed its side.
            self.is_readable = read == context.read_buffer.len() || self.is_ended || cfg!(windows);
            if self.use_bytes(read, context)? {
                break;
            }
        }
        Ok(())
    }

    /// Parses the unread bytes and, after them, the first `read` bytes of the read buffer. Returns
    /// whether a request has arrived, or bytes that are none.
    fn use_bytes(&mut self, read: usize, context: &mut Context<S>) -> Result<bool, Ended> {
        let (began, mut request) = match mem::replace(&mut self.state, State::Idle) {
            State::Reading { began, request } => (Some(began), request),
            _ => (None, None),
        };
        let mut arrived = context.read_buffer.get(..read).unwrap_or_default();
        if !self.unread.is_empty() {
            self.unread.extend_from_slice(arrived);
            arrived = &self.unread;
        }
        let (shared, client) = (&context.shared, self.client);
        let admit = |head: &Head| shared.admit(head, client);
        let known = |raw: &[u8]| context.known.find(raw);
        let result = http1::read(&mut request, arrived, &shared.limits, known, admit);
        let used = result.as_ref().map_or(0, |&(used, _)| used);
        // An idle connection keeps no buffer.
        self.unread = arrived.get(used..).unwrap_or_default().to_vec();
        match (result, request) {
            (Ok((_, Progress::Answer)), Some(request)) => {
                self.answer(began.unwrap_or(context.clock.now), request, context);
                return Ok(true);
            }
            (Ok((_, progress)), request) => {
                if progress == Progress::Continue
                    && self.stream.write(answer::CONTINUE)? != Some(answer::CONTINUE.len())
                {
                    return Err(Ended);
                }
                self.wait_for_more(began, request, context);
            }
            (Err(refusal), request) => {
                self.refuse(request.as_ref().map(|request| &request.head), refusal, context);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes when the current request began, and sets the deadline for its next part.
    fn wait_for_more(
        &mut self,
        began: Option<Instant>,
        request: Option<Arriving<S::Admitted>>,
        context: &Context<S>,
    ) {
        // After an empty line, no request has begun.
        if request.is_none() && self.unread.is_empty() {
            return;
        }
        let limits = &context.shared.limits;
        let limit =
            if request.is_some() { limits.request } else { limits.head.min(limits.request) };
        let began = began.unwrap_or(context.clock.now);
        self.deadline = began + limit;
        self.state = State::Reading { began, request };
    }

    /// Handles a deadline that has passed, or an eviction. A client that waits for an answer, or is in
    /// the middle of a request, is told why.
    pub(in crate::server) fn time_out(&mut self, context: &mut Context<S>) -> Result<(), Ended> {
        match mem::replace(&mut self.state, State::Idle) {
            State::Reading { request: Some(request), .. } if self.room == Share::Waiting => {
                self.refuse(Some(&request.head), refusals::no_room(), context);
            }
            State::Reading { request, .. } => {
                let body =
                    request.as_deref().map(|request| (request.head.body_length, &request.body));
                let refusal = refusals::too_slow(body);
                self.refuse(request.as_ref().map(|request| &request.head), refusal, context);
            }
            parked @ State::Parked(_) => {
                self.state = parked;
                self.deliver(Err(refusals::no_answer()), context);
            }
            // The lane is about to send it.
            State::Answered => self.state = State::Answered,
            State::Idle | State::Sending(..) | State::Draining(_) => return Err(Ended),
        }
        Ok(())
    }
}
