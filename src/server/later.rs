//! Answers that come later, from another thread.

use std::sync::Arc;

use super::Client;
use super::mailbox::{Mailbox, Message, RequestId};
use super::refusals;
use crate::endpoint::{Answer, Refusal};

/// What a service may know of a request besides the request itself.
#[derive(Debug)]
pub struct Caller<'a> {
    /// Who sent the request.
    pub client: Client,
    /// The time, in seconds since the Unix epoch.
    pub now: u64,
    pub(super) id: RequestId,
    pub(super) mailbox: &'a Arc<Mailbox>,
}

impl Caller<'_> {
    /// The means to answer later. The connection waits for it, until the deadline of the request at
    /// most; other connections do not wait.
    pub fn later(&self) -> Later {
        let mailbox = Some(Arc::clone(self.mailbox));
        Later { id: self.id, mailbox, otherwise: refusals::no_answer() }
    }
}

/// Delivers the answer to a request, from any thread. When it is dropped without an answer, the client
/// is answered 503, or with the refusal of [`Later::or_refuse`].
#[derive(Debug)]
pub struct Later {
    id: RequestId,
    mailbox: Option<Arc<Mailbox>>,
    /// The refusal where there is no answer.
    otherwise: Refusal,
}

impl Later {
    /// Delivers the answer. If the client is gone by then, nothing happens.
    pub fn answer(mut self, answer: Answer) {
        self.deliver(Ok(answer));
    }

    /// The same, with another refusal for when it is dropped without an answer.
    pub fn or_refuse(mut self, refusal: Refusal) -> Self {
        self.otherwise = refusal;
        self
    }

    fn deliver(&mut self, answer: Result<Answer, Refusal>) {
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.put(Message::Answer(self.id, answer));
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        self.deliver(Err(self.otherwise.clone()));
    }
}
