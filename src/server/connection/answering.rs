//! The part of a connection that sends answers.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use http::Method;
use mio::Token;

use super::{After, Connection, State, Step};
use crate::endpoint::{Answer, Refusal};
use crate::server::context::Context;
use crate::server::http1::answer::{self, Form};
use crate::server::http1::{Head, Request};
use crate::server::{Answered, Caller, Service};

/// Maximum time to drain after the last answer, and maximum number of bytes. Closing a socket with
/// unread bytes would reset the connection, and the client would lose the answer.
const DRAIN: (Duration, usize) = (Duration::from_secs(1), 1024 * 1024);

impl<S: Service> Connection<S> {
    /// Answers a request.
    pub(in crate::server) fn answer(
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

    /// Sends the answer that the service promised for later, or a refusal if there is none.
    pub(in crate::server) fn deliver(
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

    /// Answers a request that has been read to its end.
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
    pub(in crate::server) fn refuse(
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
        // Noted before the answer is sent: a client that connects right after the answer finds this
        // connection idle.
        self.note_wait(after, context);
        self.deadline = context.clock.now + context.shared.limits.answer;
        let step = self.send(&bytes, after, context);
        if matches!(self.state, State::Sending(..)) {
            context.shared.slots.set_stalled(self.id.slot, context.clock.now);
        }
        context.answer = bytes;
        let (arrived, client) = (self.arrived, self.client);
        context.shared.service.answered(&Answered { head: parts, answer, arrived, client });
        step
    }

    /// Notes what the connection waits for after an answer.
    fn note_wait(&self, after: After, context: &Context<S>) {
        let (slots, slot, now) = (&context.shared.slots, self.id.slot, context.clock.now);
        match after {
            // Another request has arrived, or may have.
            After::Request if self.is_readable || !self.unread.is_empty() => slots.set_busy(slot),
            After::Request => slots.set_idle(slot, now),
            After::End | After::Drain => slots.set_stalled(slot, now),
        }
    }

    /// Sends as much as the client takes now, and continues once everything is sent. A client that
    /// takes nothing counts as stalled since it last took something.
    pub(super) fn send(&mut self, bytes: &[u8], after: After, context: &mut Context<S>) -> Step<S> {
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
                self.note_wait(after, context);
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

    /// Discards what the client still sends, up to `left` bytes.
    pub(super) fn drain(&mut self, left: usize, context: &mut Context<S>) -> Step<S> {
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
}
