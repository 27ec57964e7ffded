//! One connection: request after request, without ever blocking. Work that would block resumes at the
//! next event on the socket.

mod answering;

use std::mem;
use std::time::Instant;

use crate::server::context::Context;
use crate::server::http1::answer;
use crate::server::http1::{Head, Progress, Request, RequestReader, without_head};
use crate::server::mailbox::{NewConnection, RequestId};
use crate::server::refusals;
use crate::server::socket::Stream;
use crate::server::{Client, Service};

/// A connection to a client.
pub(in crate::server) struct Connection<S: Service> {
    pub(in crate::server) stream: Stream,
    client: Client,
    /// The current request, or the last one that was answered.
    pub(in crate::server) id: RequestId,
    state: State,
    reader: RequestReader<S::Admitted>,
    /// Bytes that were read but not used yet: part of a head, or later requests.
    unread: Vec<u8>,
    /// Whether `unread` may hold a whole request.
    is_unread_new: bool,
    /// Whether the socket may have something to read.
    is_readable: bool,
    /// Whether the client has closed its side of the connection.
    is_ended: bool,
    /// Whether the client has sent nothing yet.
    is_new: bool,
    /// When the first byte of the current request arrived.
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
    /// Waits for the client to take an answer.
    Sending(Vec<u8>, After),
    /// Discards what the client still sends after the last answer, up to this many bytes.
    Draining(usize),
}

/// What follows after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The next request.
    Request,
    /// The end of the connection.
    End,
    /// The end of the connection, once the client has stopped sending.
    Drain,
}

/// What a connection needs next.
pub(in crate::server) enum Step<S: Service> {
    /// An answer to this request.
    Request(Box<Request<S::Admitted>>),
    /// An event on the socket, a message, or the deadline.
    Wait,
    /// Nothing: the connection has ended.
    Close,
}

impl<S: Service> Connection<S> {
    /// Creates a connection.
    pub(in crate::server) fn new(new: NewConnection, deadline: Instant) -> Self {
        let NewConnection { slot, stream, client } = new;
        Self {
            stream,
            client,
            id: RequestId { slot, number: 0 },
            state: State::Reading,
            reader: RequestReader::default(),
            unread: Vec::new(),
            is_unread_new: false,
            // Bytes that arrived together with the connection raise no event of their own.
            is_readable: true,
            is_ended: false,
            is_new: true,
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

    /// Whether the connection may be closed once the server is told to stop. A client that has just
    /// connected is about to send its first request.
    pub(in crate::server) fn is_done(&self) -> bool {
        self.is_idle() && !self.is_ready() && !self.is_new
    }

    /// Sets the deadline for the first request of a new client.
    pub(in crate::server) fn limit_first_request(&mut self, deadline: Instant) {
        if self.is_new {
            self.deadline = self.deadline.min(deadline);
        }
    }

    /// Whether the connection waits for its client, and so may be evicted.
    pub(in crate::server) fn is_waiting(&self) -> bool {
        !matches!(self.state, State::Parked(_)) && !self.is_ready() && !self.is_queued
    }

    /// Whether there is work to do before the next event on the socket.
    pub(in crate::server) fn is_ready(&self) -> bool {
        matches!(self.state, State::Reading) && (self.is_unread_new || self.is_readable)
    }

    /// Notes an event on the socket.
    pub(in crate::server) fn note_event(&mut self, is_ended: bool) {
        self.is_readable = true;
        self.is_ended |= is_ended;
    }

    /// Continues until a request is complete, or until the work would block.
    pub(in crate::server) fn advance(&mut self, context: &mut Context<S>) -> Step<S> {
        match mem::replace(&mut self.state, State::Reading) {
            State::Reading => self.read(context),
            State::Sending(unsent, after) => self.send(&unsent, after, context),
            State::Draining(left) => self.drain(left, context),
            parked @ State::Parked(_) => {
                self.state = parked;
                Step::Wait
            }
        }
    }

    fn read(&mut self, context: &mut Context<S>) -> Step<S> {
        if mem::take(&mut self.is_unread_new) {
            let step = self.use_bytes(0, context);
            if !matches!(step, Step::Wait) || !matches!(self.state, State::Reading) {
                return step;
            }
        }
        while self.is_readable {
            let read = match self.stream.read(&mut context.read_buffer) {
                Ok(Some(0)) | Err(_) => return Step::Close,
                Ok(None) => {
                    self.is_readable = false;
                    break;
                }
                Ok(Some(read)) => read,
            };
            // If a read does not fill the buffer, the socket is empty, and the next byte raises an
            // event (epoll(7)). This is not so on Windows, nor after the client has closed its side.
            self.is_readable = read == context.read_buffer.len() || self.is_ended || cfg!(windows);
            let step = self.use_bytes(read, context);
            if !matches!(step, Step::Wait) || !matches!(self.state, State::Reading) {
                return step;
            }
        }
        Step::Wait
    }

    /// Parses the unread bytes and, after them, the first `read` bytes of the read buffer.
    fn use_bytes(&mut self, read: usize, context: &mut Context<S>) -> Step<S> {
        let new = context.read_buffer.get(..read).unwrap_or_default();
        self.is_new = false;
        let (limits, service) = (&context.shared.limits, &*context.shared.service);
        let progress = if self.unread.is_empty() {
            let (used, progress) = self.reader.read(new, limits, service, self.client);
            self.unread.extend_from_slice(new.get(used..).unwrap_or_default());
            progress
        } else {
            self.unread.extend_from_slice(new);
            let (used, progress) = self.reader.read(&self.unread, limits, service, self.client);
            self.unread.drain(..used);
            progress
        };
        if self.unread.is_empty() {
            // An idle connection keeps no buffer.
            self.unread = Vec::new();
        }
        match progress {
            Progress::Request(request) => Step::Request(request),
            Progress::More => self.wait_for_more(context),
            Progress::Continue => match self.stream.write(answer::CONTINUE) {
                Ok(Some(written)) if written == answer::CONTINUE.len() => {
                    self.wait_for_more(context)
                }
                _ => Step::Close,
            },
            Progress::Refused(head, answer) => self.refuse(head.as_deref(), &answer, context),
        }
    }

    /// Notes when the current request began, if one has begun, and sets the deadline for its next part.
    fn wait_for_more(&mut self, context: &mut Context<S>) -> Step<S> {
        let is_receiving = self.reader.is_receiving();
        if !is_receiving && self.unread.is_empty() {
            return Step::Wait;
        }
        let now = context.clock.now;
        let began = *self.began.get_or_insert(now);
        let limits = &context.shared.limits;
        let limit = if is_receiving { limits.request } else { limits.head.min(limits.request) };
        self.deadline = began + limit;
        context.shared.slots.set_stalled(self.id.slot, now);
        Step::Wait
    }

    /// Evicts the connection. A client in the middle of a request is told why.
    pub(in crate::server) fn make_room(&mut self, context: &mut Context<S>) {
        if matches!(self.state, State::Reading) && self.began.is_some() {
            self.time_out(context);
        }
    }

    /// Handles a deadline that has passed.
    pub(in crate::server) fn time_out(&mut self, context: &mut Context<S>) -> Step<S> {
        match mem::replace(&mut self.state, State::Reading) {
            State::Reading if self.began.is_some() => {
                let head = self.reader.abandon();
                let service = &*context.shared.service;
                let answer = match &head {
                    Some(head) => service.refuse(&head.parts, refusals::too_slow()),
                    None => without_head(service, &self.unread, refusals::too_slow()),
                };
                self.refuse(head.as_ref(), &answer, context)
            }
            parked @ State::Parked(_) => {
                self.state = parked;
                self.deliver(Err(refusals::no_answer()), context)
            }
            State::Reading | State::Sending(..) | State::Draining(_) => Step::Close,
        }
    }
}
