//! The part of a connection that sends answers.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use http::Method;
use mio::Token;

use super::{Connection, Ended, State};
use crate::endpoint::{Answer, Refusal};
use crate::server::context::Context;
use crate::server::http1::answer::{self, Form};
use crate::server::http1::{Head, Request, without_head};
use crate::server::{Answered, Call, Service};

/// Maximum time to drain after the last answer, and maximum number of bytes. Closing a socket with
/// unread bytes would reset the connection, and the client would lose the answer.
const DRAIN: (Duration, usize) = (Duration::from_secs(1), 1024 * 1024);

impl<S: Service> Connection<S> {
    /// Answers a request. It is the last one if it has not been read to its end.
    pub(in crate::server) fn answer(
        &mut self,
        request: Request<S::Admitted>,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        let Request { mut head, admission, body } = request;
        // The rest of the body is drained.
        head.is_last |= !body.is_whole();
        self.is_readable |= !body.is_whole();
        context.requests += 1;
        self.id.number = context.requests;
        self.arrived = context.clock.now;
        let admitted = match admission {
            ControlFlow::Break(answer) => return self.respond(Some(&head), &answer, context),
            ControlFlow::Continue(admitted) => admitted,
        };
        let (id, mailbox) = (self.id, &context.mailbox);
        let call = Call { client: self.client, now: context.clock.seconds, id, mailbox };
        let service = &context.shared.service;
        if let Some(answer) = service.answer(admitted, &head.parts, body.bytes, &call) {
            return self.respond(Some(&head), &answer, context);
        }
        context.shared.slots.set_busy(id.slot);
        self.deadline = self.began.unwrap_or(context.clock.now) + context.shared.limits.request;
        self.state = State::Parked(Box::new(head));
        Ok(())
    }

    /// Sends the answer that the service promised for later, or a refusal if there is none.
    pub(in crate::server) fn deliver(
        &mut self,
        answer: Result<Answer, Refusal>,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        match mem::replace(&mut self.state, State::Reading) {
            State::Parked(head) => {
                let refuse = |refusal| context.shared.service.refuse(&head.parts, refusal);
                let answer = answer.unwrap_or_else(refuse);
                self.respond(Some(&head), &answer, context)
            }
            // The deadline passed first.
            other => {
                self.state = other;
                Ok(())
            }
        }
    }

    /// Refuses a request, or bytes whose head could not be read, and ends the connection.
    pub(in crate::server) fn refuse(
        &mut self,
        mut request: Option<Box<Request<S::Admitted>>>,
        refusal: Refusal,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        let service = &context.shared.service;
        let answer = match &mut request {
            Some(request) => {
                request.head.is_last = true;
                service.refuse(&request.head.parts, refusal)
            }
            None => without_head(service, &self.unread, refusal),
        };
        // The client may still be sending the request.
        self.is_readable = true;
        self.arrived = context.clock.now;
        self.respond(request.as_ref().map(|request| &request.head), &answer, context)
    }

    /// Answers a request, or bytes whose head could not be read.
    fn respond(
        &mut self,
        head: Option<&Head>,
        answer: &Answer,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        let is_last = context.is_finishing || head.is_none_or(|head| head.is_last);
        let mut bytes = mem::take(&mut context.answer);
        bytes.clear();
        let parts = head.map(|head| &head.parts);
        let form = Form {
            date: &context.clock.date,
            is_last,
            head_only: parts.is_some_and(|parts| parts.method == Method::HEAD),
            says_keep_alive: parts.is_some_and(|parts| parts.version == http::Version::HTTP_10),
        };
        answer::write(&mut bytes, &answer.response, form);
        // Noted before the answer is sent: a client that connects right after the answer finds this
        // connection idle.
        self.note_wait(is_last, context);
        self.deadline = context.clock.now + context.shared.limits.answer;
        let result = self.send(&bytes, is_last, context);
        if matches!(self.state, State::Sending(..)) {
            context.shared.slots.set_stalled(self.id.slot, context.clock.now);
        }
        context.answer = bytes;
        let (arrived, client) = (self.arrived, self.client);
        context.shared.service.answered(&Answered { head: parts, answer, arrived, client });
        result
    }

    /// Notes what the connection waits for after an answer.
    fn note_wait(&self, is_last: bool, context: &Context<S>) {
        let (slots, slot, now) = (&context.shared.slots, self.id.slot, context.clock.now);
        if is_last {
            slots.set_stalled(slot, now);
        } else if self.may_have_more() {
            slots.set_busy(slot);
        } else {
            slots.set_idle(slot, now);
        }
    }

    /// Whether bytes have arrived, or may have, after the request that is being answered.
    fn may_have_more(&self) -> bool {
        self.is_readable || !self.unread.is_empty()
    }

    /// Sends as much as the client takes now, and continues once everything is sent. A client that
    /// takes nothing counts as stalled since it last took something.
    pub(super) fn send(
        &mut self,
        bytes: &[u8],
        is_last: bool,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        let written = self.stream.write(bytes)?.unwrap_or(0);
        let unsent = bytes.get(written..).unwrap_or_default();
        if !unsent.is_empty() {
            self.stream.watch_for_room(&context.registry, Token(self.id.slot))?;
            if written > 0 {
                context.shared.slots.set_stalled(self.id.slot, context.clock.now);
            }
            self.state = State::Sending(unsent.to_vec(), is_last);
        } else if !is_last {
            self.note_wait(false, context);
            self.began = None;
            self.deadline = context.clock.now + context.shared.limits.idle;
        } else if self.may_have_more() {
            self.stream.shut_down_writing();
            self.deadline = context.clock.now + DRAIN.0;
            self.unread = Vec::new();
            return self.drain(DRAIN.1, context);
        } else {
            return Err(Ended);
        }
        Ok(())
    }

    /// Discards what the client still sends, up to `left` bytes.
    pub(super) fn drain(&mut self, mut left: usize, context: &mut Context<S>) -> Result<(), Ended> {
        while let Some(read) = self.stream.read(&mut context.read_buffer)? {
            if read == 0 || read >= left {
                return Err(Ended);
            }
            left -= read;
        }
        self.state = State::Draining(left);
        Ok(())
    }
}
