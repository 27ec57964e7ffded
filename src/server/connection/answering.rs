//! The part of a connection that sends answers.

use std::mem;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use http::Method;

use super::{Arriving, Connection, Ended, Share, State};
use crate::endpoint::{Answer, Code, Outcome, Refusal};
use crate::server::context::Context;
use crate::server::http1::answer::{self, Form};
use crate::server::http1::body::Body;
use crate::server::http1::{Head, Request};
use crate::server::{Answered, Call, Service, refusals, unread};

/// Maximum time to drain after the last answer, and maximum number of bytes. Closing a socket with
/// unread bytes would reset the connection, and the client would lose the answer: browsers send a whole
/// body before they read.
const DRAIN: (Duration, usize) = (Duration::from_secs(3), 8 * 1024 * 1024);

/// Maximum number of reads that drain a connection before others have their turn.
const DRAIN_READS: usize = 16;

impl<S: Service> Connection<S> {
    /// Answers a request. It is the last one if it has not been read to its end.
    pub(super) fn answer(
        &mut self,
        began: Instant,
        request: Arriving<S::Admitted>,
        context: &mut Context<S>,
    ) {
        if request.admission.is_continue() && !self.has_room(&request.body, context) {
            self.deadline = began + context.shared.limits.request;
            self.state = State::Reading { began, request: Some(request) };
            return;
        }
        let Request { mut head, raw, admission, body, .. } = *request;
        self.shrink_room(&body, context);
        if body.is_whole() {
            if let Err(refusal) = read_again(raw, &head, &body, context) {
                return self.refuse(Some(&head), refusal, context);
            }
        } else {
            // The rest of the body is drained.
            self.is_readable = true;
        }
        let is_last = head.is_last || !body.is_whole();
        context.requests += 1;
        self.id.number = context.requests;
        self.since = context.clock.now;
        let answer = match admission {
            ControlFlow::Break(answer) => Some(answer),
            ControlFlow::Continue(admitted) => {
                let now = context.clock.seconds;
                let shared = &context.shared;
                // Room bounds the number of large ones.
                let most_parked =
                    if self.room == Share::None { shared.most_parked() } else { usize::MAX };
                let call = Call {
                    client: self.client,
                    now,
                    id: self.id,
                    mailbox: &context.mailbox,
                    parked: &shared.parked,
                    most_parked,
                    is_counted: AtomicBool::new(false),
                };
                let answer = shared.answer(admitted, &mut head.parts, body.bytes, &call);
                shared.count_parked(call.is_counted.into_inner(), answer.is_none());
                answer
            }
        };
        if let Some(answer) = answer {
            return self.respond(Some(&head), is_last, answer, context);
        }
        self.deadline = began + context.shared.limits.request;
        self.state = State::Parked(head);
    }

    /// Sends the answer that the service promised for later, or a refusal if there is none.
    pub(in crate::server) fn deliver(
        &mut self,
        answer: Result<Answer, Refusal>,
        context: &mut Context<S>,
    ) {
        self.end_wait(context);
        match mem::replace(&mut self.state, State::Idle) {
            State::Parked(head) => {
                let refuse = |refusal| context.shared.refuse(Some(&head.parts), refusal);
                let answer = answer.unwrap_or_else(refuse);
                self.respond(Some(&head), head.is_last, answer, context);
            }
            // The deadline passed first.
            other => self.state = other,
        }
    }

    /// Refuses a request, or bytes whose head could not be read, and ends the connection.
    pub(super) fn refuse(
        &mut self,
        head: Option<&Head>,
        refusal: Refusal,
        context: &mut Context<S>,
    ) {
        let answer = match head {
            Some(head) => context.shared.refuse(Some(&head.parts), refusal),
            None => unread::without_head(&context.shared, &self.unread, refusal),
        };
        // The client may still be sending the request.
        self.is_readable = true;
        self.since = context.clock.now;
        self.respond(head, true, answer, context);
    }

    /// Answers a request, or bytes whose head could not be read. The lane sends the answer.
    fn respond(
        &mut self,
        head: Option<&Head>,
        is_last: bool,
        mut answer: Answer,
        context: &mut Context<S>,
    ) {
        let is_last = is_last || context.is_finishing || is_failure(&answer.outcome);
        let parts = head.map(|head| &*head.parts);
        if let Some(parts) = parts {
            context.shared.complete(parts, &mut answer);
        }
        let form = Form {
            date: &context.clock.date,
            is_last,
            head_only: parts.is_some_and(|parts| parts.method == Method::HEAD),
            says_keep_alive: parts.is_some_and(|parts| parts.version == http::Version::HTTP_10),
        };
        context
            .outbox
            .add(self.id.slot, is_last, |bytes| answer::write(bytes, &answer.response, form));
        self.state = State::Answered;
        self.deadline = context.clock.now + context.shared.limits.answer;
        if !self.is_settled {
            // Before the answer is sent, so that the order is the one that clients see.
            context.mailbox.note_settled(context.clock.now - context.shared.began);
        }
        let (arrived, client) = (self.since, self.client);
        context.shared.answered(&Answered { head: parts, answer: &answer, arrived, client });
    }

    /// Sends as much as the client takes now, and continues once everything is sent.
    pub(in crate::server) fn send(
        &mut self,
        bytes: &[u8],
        is_last: bool,
        context: &mut Context<S>,
    ) -> Result<(), Ended> {
        let written = self.stream.write(bytes)?.unwrap_or(0);
        let unsent = bytes.get(written..).unwrap_or_default();
        if !unsent.is_empty() {
            self.state = State::Sending(unsent.to_vec(), is_last);
            return Ok(());
        }
        self.leave_room(context);
        if !is_last {
            self.state = State::Idle;
            self.since = context.clock.now;
            self.deadline = context.clock.now + context.shared.limits.idle;
        } else if self.is_readable || !self.unread.is_empty() || context.is_finishing {
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
        for _ in 0..DRAIN_READS {
            let Some(read) = self.stream.read(&mut context.read_buffer)? else {
                self.is_readable = false;
                break;
            };
            if read == 0 || read >= left {
                return Err(Ended);
            }
            left -= read;
        }
        self.state = State::Draining(left);
        Ok(())
    }
}

/// Has the second reader read a request, and keeps the head that both agree on.
fn read_again<S: Service>(
    raw: Vec<u8>,
    head: &Head,
    body: &Body,
    context: &mut Context<S>,
) -> Result<(), Refusal> {
    match context.second_reader.agrees(&raw, head, body) {
        Ok(true) => context.known.keep(raw, head),
        Ok(false) => {
            tracing::warn!("two readers of a request disagree on it; it is refused");
            return Err(refusals::ambiguous());
        }
        Err(error) => {
            tracing::error!(%error, "cannot connect to tiny_http, the second reader");
            return Err(refusals::unread());
        }
    }
    Ok(())
}

/// Whether the service has failed, for example by a panic. The connection then ends.
fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(refusal) if refusal.code == Code::Internal)
}
