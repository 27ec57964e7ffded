//! Messages from other threads to a lane.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use mio::{Registry, Token, Waker};

use super::Client;
use super::socket::Stream;
use crate::endpoint::{Answer, Refusal};

/// Identifies a request among all requests of a lane, including earlier ones in the same slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestId {
    pub(super) slot: usize,
    /// Counts the requests of a lane.
    pub(super) number: u64,
}

/// A message to a lane.
#[derive(Debug)]
pub(super) enum Message {
    /// Serve this connection.
    Adopt(NewConnection),
    /// Evict the connection in this slot, if it waits for its client.
    Evict(usize),
    /// The answer to a request, or the refusal if there is none.
    Answer(RequestId, Result<Answer, Refusal>),
    /// Answer the requests in flight, no longer than until this moment, and end.
    Finish(Instant),
}

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct NewConnection {
    pub(super) slot: usize,
    pub(super) stream: Stream,
    pub(super) client: Client,
}

/// The messages that a lane has not read yet.
#[derive(Debug)]
pub(super) struct Mailbox {
    messages: Mutex<Vec<Message>>,
    waker: Waker,
}

impl Mailbox {
    /// Creates a mailbox that wakes the owner of `registry` with an event of this token.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self { messages: Mutex::default(), waker: Waker::new(registry, token)? })
    }

    pub(super) fn put(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread that put in the first message has woken the lane.
        let is_first = messages.is_empty();
        messages.push(message);
        drop(messages);
        if is_first && let Err(error) = self.waker.wake() {
            tracing::error!(%error, "cannot wake a lane up");
        }
    }

    pub(super) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
