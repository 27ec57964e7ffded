//! One connection: request after request, without ever blocking. Work that would block resumes at the
//! next event on the socket.

mod answering;

use std::io;
use std::mem;
use std::time::Instant;

use crate::server::context::Context;
use crate::server::http1::{self, Head, Progress, Request, answer};
use crate::server::mailbox::{NewConnection, RequestId};
use crate::server::refusals;
use crate::server::socket::Stream;
use crate::server::{Client, Service};

/// A connection to a client.
pub(in crate::server) struct Connection<S: Service> {
    pub(in crate::server) stream: Stream,
    client: Client,
    /// The last request that was read to its end; number 0 before the first one.
    pub(in crate::server) id: RequestId,
    state: State,
    /// The request whose body is arriving.
    request: Option<Box<Request<S::Admitted>>>,
    /// Bytes that were read but not used yet: part of a head, or later requests.
    unread: Vec<u8>,
    /// Whether the socket may have something to read.
    is_readable: bool,
    /// Whether the client has closed its side of the connection.
    is_ended: bool,
    /// When the first byte of the current request arrived, unless the request arrived all at once.
    began: Option<Instant>,
    /// When the last byte of the request that is being answered arrived.
    arrived: Instant,
    /// When the connection is closed if nothing happens.
    pub(in crate::server) deadline: Instant,
    /// Whether the connection is in the lane's queue.
    pub(in crate::server) is_queued: bool,
}

/// What a connection is doing.
#[derive(Debug)]
enum State {
    /// Waits for a request, or for the rest of one.
    Reading,
    /// Waits for an answer that comes later.
    Parked(Box<Head>),
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

/// What a connection needs next: an answer to this request, or else an event on the socket, a message,
/// or the deadline.
type Step<S> = Result<Option<Box<Request<<S as Service>::Admitted>>>, Ended>;

impl<S: Service> Connection<S> {
    /// Creates a connection.
    pub(in crate::server) fn new(new: NewConnection, deadline: Instant) -> Self {
        let NewConnection { slot, stream, client } = new;
        Self {
            stream,
            client,
            id: RequestId { slot, number: 0 },
            state: State::Reading,
            request: None,
            unread: Vec::new(),
            // Bytes that arrived together with the connection raise no event of their own.
            is_readable: true,
            is_ended: false,
            began: None,
            arrived: deadline,
            deadline,
            is_queued: false,
        }
    }

    /// Whether the connection waits for a request that has not begun to arrive.
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Reading) && self.began.is_none()
    }

    /// Whether the client has sent nothing yet.
    fn is_new(&self) -> bool {
        self.is_idle() && self.id.number == 0
    }

    /// Whether the connection may be closed once the server is told to stop. A client that has just
    /// connected is about to send its first request.
    pub(in crate::server) fn is_done(&self) -> bool {
        self.is_idle() && !self.is_ready() && !self.is_new()
    }

    /// Sets the deadline for the first request of a new client.
    pub(in crate::server) fn limit_first_request(&mut self, deadline: Instant) {
        if self.is_new() {
            self.deadline = self.deadline.min(deadline);
        }
    }

    /// Whether the connection waits for its client, and so may be evicted.
    pub(in crate::server) fn is_waiting(&self) -> bool {
        !matches!(self.state, State::Parked(_)) && !self.is_ready() && !self.is_queued
    }

    /// Whether there is work to do before the next event on the socket.
    pub(in crate::server) fn is_ready(&self) -> bool {
        matches!(self.state, State::Reading) && (self.is_readable || self.has_next())
    }

    /// Whether bytes of the next request arrived together with the last one.
    fn has_next(&self) -> bool {
        self.is_idle() && !self.unread.is_empty()
    }

    /// Notes an event on the socket.
    pub(in crate::server) fn note_event(&mut self, is_ended: bool) {
        self.is_readable = true;
        self.is_ended |= is_ended;
    }

    /// Continues until a request is complete, or until the work would block.
    pub(in crate::server) fn advance(&mut self, context: &mut Context<S>) -> Step<S> {
        match mem::replace(&mut self.state, State::Reading) {
            State::Reading => return self.read(context),
            State::Sending(unsent, is_last) => self.send(&unsent, is_last, context)?,
            State::Draining(left) => self.drain(left, context)?,
            parked @ State::Parked(_) => self.state = parked,
        }
        Ok(None)
    }

    fn read(&mut self, context: &mut Context<S>) -> Step<S> {
        if self.has_next()
            && let Some(request) = self.use_bytes(0, context)?
        {
            return Ok(Some(request));
        }
        while self.is_readable && matches!(self.state, State::Reading) {
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
            if let Some(request) = self.use_bytes(read, context)? {
                return Ok(Some(request));
            }
        }
        Ok(None)
    }

    /// Parses the unread bytes and, after them, the first `read` bytes of the read buffer.
    fn use_bytes(&mut self, read: usize, context: &mut Context<S>) -> Step<S> {
        let mut arrived = context.read_buffer.get(..read).unwrap_or_default();
        if !self.unread.is_empty() {
            self.unread.extend_from_slice(arrived);
            arrived = &self.unread;
        }
        let (limits, service) = (&context.shared.limits, &context.shared.service);
        let result = http1::read(&mut self.request, arrived, limits, service, self.client);
        let used = result.as_ref().map_or(0, |&(used, _)| used);
        // An idle connection keeps no buffer.
        self.unread = arrived.get(used..).unwrap_or_default().to_vec();
        match result {
            Ok((_, Progress::More)) => self.wait_for_more(context),
            Ok((_, Progress::Continue)) => {
                if self.stream.write(answer::CONTINUE)? != Some(answer::CONTINUE.len()) {
                    return Err(Ended);
                }
                self.wait_for_more(context);
            }
            Ok((_, Progress::Answer)) => match self.request.take() {
                // The server does not wait for a body that it does not need.
                Some(request) if !request.body.is_whole() => self.answer(*request, context)?,
                request => return Ok(request),
            },
            Err(refusal) => {
                let request = self.request.take();
                self.refuse(request, refusal, context)?;
            }
        }
        Ok(None)
    }

    /// Notes when the current request began, and sets the deadline for its next part.
    fn wait_for_more(&mut self, context: &Context<S>) {
        let (now, limits) = (context.clock.now, &context.shared.limits);
        let is_head_read = self.request.is_some();
        let limit = if is_head_read { limits.request } else { limits.head.min(limits.request) };
        self.deadline = *self.began.get_or_insert(now) + limit;
        context.shared.slots.set_stalled(self.id.slot, now);
    }

    /// Handles a deadline that has passed, or an eviction. A client that waits for an answer, or is in
    /// the middle of a request, is told why.
    pub(in crate::server) fn time_out(&mut self, context: &mut Context<S>) -> Result<(), Ended> {
        match self.state {
            State::Reading if self.began.is_some() => {
                let request = self.request.take();
                self.refuse(request, refusals::too_slow(), context)
            }
            State::Parked(_) => self.deliver(Err(refusals::no_answer()), context),
            State::Reading | State::Sending(..) | State::Draining(_) => Err(Ended),
        }
    }
}
