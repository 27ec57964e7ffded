//! One connection: request after request, without ever blocking. Work that would block resumes at the
//! next event on the socket.

use std::mem;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use http::Method;
use mio::Token;

use super::Service;
use super::context::Context;
use super::http1::answer::{self, Form};
use super::http1::{Head, Progress, Request, RequestReader, without_head};
use super::mailbox::{NewConnection, RequestId};
use super::refusals;
use super::socket::Stream;
use super::{Answered, Caller, Client};
use crate::endpoint::{Answer, Refusal};

/// How long, and how many bytes at most, are read after a last answer. A close while bytes wait unread
/// would reset the connection, and the client would lose the answer.
const DRAIN: (Duration, usize) = (Duration::from_secs(1), 1024 * 1024);

/// A connection to a client.
pub(super) struct Connection<S: Service> {
    pub(super) stream: Stream,
    client: Client,
    /// The request that is answered, or was answered last.
    pub(super) id: RequestId,
    state: State,
    reader: RequestReader<S::Admitted>,
    /// What was read and not used yet: part of a head, or requests that follow.
    unread: Vec<u8>,
    /// Whether `unread` may hold a whole request.
    is_unread_new: bool,
    /// Whether the socket may have something to read.
    is_readable: bool,
    /// Whether the client has ended its side.
    is_ended: bool,
    /// Whether nothing has ever come from its client.
    is_new: bool,
    /// When the first byte of the current request came.
    began: Option<Instant>,
    /// When the last byte of the request that is answered came.
    arrived: Instant,
    /// When the connection is given up.
    pub(super) deadline: Instant,
    /// Whether it stands in the lane's queue.
    pub(super) is_queued: bool,
}

/// What a connection does.
#[derive(Debug)]
enum State {
    /// Waits for a request, or for the rest of one.
    Reading,
    /// Waits for an answer that comes later.
    Parked(Box<Head>),
    /// Waits for its client to take an answer.
    Sending(Vec<u8>, After),
    /// Discards what the client still sends after its last answer, up to this many bytes.
    Draining(usize),
}

/// What follows an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The next request.
    Request,
    /// The end.
    End,
    /// The end, once the client has stopped sending.
    Drain,
}

/// What a connection waits for now.
pub(super) enum Step<S: Service> {
    /// A request is to be answered.
    Request(Box<Request<S::Admitted>>),
    /// It waits for its socket, a message or its deadline.
    Wait,
    /// It has ended.
    Close,
}

impl<S: Service> Connection<S> {
    /// A new connection.
    pub(super) fn new(new: NewConnection, deadline: Instant) -> Self {
        let NewConnection { slot, stream, client } = new;
        Self {
            stream,
            client,
            id: RequestId { slot, number: 0 },
            state: State::Reading,
            reader: RequestReader::default(),
            unread: Vec::new(),
            is_unread_new: false,
            // Bytes that came with the connection raise no event of their own.
            is_readable: true,
            is_ended: false,
            is_new: true,
            began: None,
            arrived: deadline,
            deadline,
            is_queued: false,
        }
    }

    /// Whether it waits for a request of which nothing has come.
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Reading) && self.began.is_none()
    }

    /// Whether it may end once the server is told to stop. A client that has only just connected is about
    /// to send its first request.
    pub(super) fn is_done(&self) -> bool {
        self.is_idle() && !self.is_ready() && !self.is_new
    }

    /// Gives a new client until then at most for its first request.
    pub(super) fn limit_first_request(&mut self, deadline: Instant) {
        if self.is_new {
            self.deadline = self.deadline.min(deadline);
        }
    }

    /// Whether it waits for its client, and so may make room for another connection.
    pub(super) fn is_waiting(&self) -> bool {
        !matches!(self.state, State::Parked(_))
    }

    /// Whether there is something to do before the socket has news.
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Reading) && (self.is_unread_new || self.is_readable)
    }

    /// Notes an event on the socket.
    pub(super) fn note_event(&mut self, is_ended: bool) {
        self.is_readable = true;
        self.is_ended |= is_ended;
    }

    /// Goes on until a request is here, or nothing more can be done now.
    pub(super) fn advance(&mut self, context: &mut Context<S>) -> Step<S> {
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
            // A read that does not fill the buffer has emptied the socket, and the next byte raises an
            // event (epoll(7)). This does not hold on Windows, nor once the client has closed its side.
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

    /// Notes when the current request began, if one has, and sets the deadline for its next part.
    fn wait_for_more(&mut self, context: &mut Context<S>) -> Step<S> {
        let is_receiving = self.reader.is_receiving();
        if !is_receiving && self.unread.is_empty() {
            return Step::Wait;
        }
        let now = context.clock.now;
        let began = *self.began.get_or_insert(now);
        let limits = &context.shared.limits;
        self.deadline = began + if is_receiving { limits.request } else { limits.head };
        context.shared.slots.set_stalled(self.id.slot, now);
        Step::Wait
    }

    /// Answers a request.
    pub(super) fn answer(
        &mut self,
        request: Request<S::Admitted>,
        context: &mut Context<S>,
    ) -> Step<S> {
        let Request { head, admission, body } = request;
        context.requests += 1;
        self.id.number = context.requests;
        self.arrived = context.clock.now;
        let admitted = match admission {
            ControlFlow::Break(answer) => return self.respond(&head, &answer, context),
            ControlFlow::Continue(admitted) => admitted,
        };
        let (id, mailbox) = (self.id, &context.mailbox);
        let caller = Caller { client: self.client, now: context.clock.seconds, id, mailbox };
        if let Some(answer) = context.shared.service.answer(admitted, &head.parts, body, &caller) {
            return self.respond(&head, &answer, context);
        }
        context.shared.slots.set_busy(id.slot);
        self.deadline = self.began.unwrap_or(context.clock.now) + context.shared.limits.request;
        self.state = State::Parked(Box::new(head));
        Step::Wait
    }

    /// Gives the answer that the service promised for later, or refuses where it has none.
    pub(super) fn deliver(
        &mut self,
        answer: Result<Answer, Refusal>,
        context: &mut Context<S>,
    ) -> Step<S> {
        match mem::replace(&mut self.state, State::Reading) {
            State::Parked(head) => {
                let refuse = |refusal| context.shared.service.refuse(&head.parts, refusal);
                let answer = answer.unwrap_or_else(refuse);
                self.respond(&head, &answer, context)
            }
            // The deadline passed first.
            other => {
                self.state = other;
                Step::Wait
            }
        }
    }

    /// Answers a request of which nothing is left to read.
    fn respond(&mut self, head: &Head, answer: &Answer, context: &mut Context<S>) -> Step<S> {
        let is_last = head.is_last || context.is_finishing;
        let after = match is_last {
            false => After::Request,
            true if self.unread.is_empty() && !self.is_readable => After::End,
            true => After::Drain,
        };
        self.write(Some(head), answer, after, context)
    }

    /// Answers a request that was not read to its end, and ends the connection.
    pub(super) fn refuse(
        &mut self,
        head: Option<&Head>,
        answer: &Answer,
        context: &mut Context<S>,
    ) -> Step<S> {
        self.arrived = context.clock.now;
        self.write(head, answer, After::Drain, context)
    }

    fn write(
        &mut self,
        head: Option<&Head>,
        answer: &Answer,
        after: After,
        context: &mut Context<S>,
    ) -> Step<S> {
        let mut bytes = mem::take(&mut context.answer);
        bytes.clear();
        let parts = head.map(|head| &head.parts);
        let form = Form {
            date: &context.clock.date,
            is_last: after != After::Request,
            head_only: parts.is_some_and(|parts| parts.method == Method::HEAD),
            says_keep_alive: parts.is_some_and(|parts| parts.version == http::Version::HTTP_10),
        };
        answer::write(&mut bytes, &answer.response, form);
        if after == After::Request {
            // Before the answer is sent, so that a client that connects right after it finds this one
            // idle.
            context.shared.slots.set_idle(self.id.slot, context.clock.now);
        }
        self.deadline = context.clock.now + context.shared.limits.answer;
        let step = self.send(&bytes, after, context);
        context.answer = bytes;
        let (arrived, client) = (self.arrived, self.client);
        context.shared.service.answered(&Answered { head: parts, answer, arrived, client });
        step
    }

    fn send(&mut self, bytes: &[u8], after: After, context: &mut Context<S>) -> Step<S> {
        let Ok(written) = self.stream.write(bytes) else { return Step::Close };
        let written = written.unwrap_or(0);
        let unsent = bytes.get(written..).unwrap_or_default();
        if !unsent.is_empty() {
            let token = Token(self.id.slot);
            if self.stream.watch_for_room(&context.registry, token).is_err() {
                return Step::Close;
            }
            if written > 0 {
                context.shared.slots.set_stalled(self.id.slot, context.clock.now);
            }
            self.state = State::Sending(unsent.to_vec(), after);
            return Step::Wait;
        }
        match after {
            After::Request => {
                self.began = None;
                self.deadline = context.clock.now + context.shared.limits.idle;
                self.is_unread_new = !self.unread.is_empty();
            }
            After::End => return Step::Close,
            After::Drain => {
                self.stream.shut_down_writing();
                self.deadline = context.clock.now + DRAIN.0;
                self.unread = Vec::new();
                return self.drain(DRAIN.1, context);
            }
        }
        Step::Wait
    }

    fn drain(&mut self, left: usize, context: &mut Context<S>) -> Step<S> {
        let mut left = left;
        loop {
            match self.stream.read(&mut context.read_buffer) {
                Ok(Some(0)) | Err(_) => return Step::Close,
                Ok(Some(read)) if read >= left => return Step::Close,
                Ok(Some(read)) => left -= read,
                Ok(None) => {
                    self.state = State::Draining(left);
                    return Step::Wait;
                }
            }
        }
    }

    /// Ends, to make room for another. A client in the middle of a request is told why.
    pub(super) fn make_room(&mut self, context: &mut Context<S>) {
        if matches!(self.state, State::Reading) && self.began.is_some() {
            self.time_out(context);
        }
    }

    /// The deadline has passed.
    pub(super) fn time_out(&mut self, context: &mut Context<S>) -> Step<S> {
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
