//! Answers that another thread gives later.

use std::sync::Arc;

use super::Client;
use super::mailbox::{Mailbox, Message, RequestId};
use super::refusals;
use crate::endpoint::{Answer, Refusal};

/// What a service may know about a request besides the request itself.
#[derive(Debug)]
pub struct Caller<'a> {
    /// The client that sent the request.
    pub client: Client,
    /// The time, in seconds since the Unix epoch.
    pub now: u64,
    pub(super) id: RequestId,
    pub(super) mailbox: &'a Arc<Mailbox>,
}

impl Caller<'_> {
    /// Returns a handle for answering later. The connection waits for the answer at most until the
    /// deadline of the request. Other connections are not affected.
    pub fn later(&self) -> Later {
        let mailbox = Arc::clone(self.mailbox);
        Later { id: self.id, mailbox, outcome: Some(Err(refusals::no_answer())) }
    }
}

/// A handle that delivers the answer to a request, from any thread. If it is dropped without an answer,
/// the client gets a 503, or the refusal of [`Later::or_refuse`].
#[derive(Debug)]
pub struct Later {
    id: RequestId,
    mailbox: Arc<Mailbox>,
    /// What is sent when the handle is dropped; it is there until then.
    outcome: Option<Result<Answer, Refusal>>,
}

impl Later {
    /// Delivers the answer. Does nothing if the client is gone.
    pub fn answer(mut self, answer: Answer) {
        self.outcome = Some(Ok(answer));
    }

    /// Sets the refusal that is sent if the handle is dropped without an answer.
    pub fn or_refuse(mut self, refusal: Refusal) -> Self {
        self.outcome = Some(Err(refusal));
        self
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            self.mailbox.put(Message::Answer(self.id, outcome));
        }
    }
}
