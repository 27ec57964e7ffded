//! Messages from other threads to a lane, among them the answers that come later.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Registry, Token, Waker};

use super::socket::Stream;
use super::{Client, refusals};
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
    /// Close a connection, since file descriptors or memory are scarce.
    MakeRoom,
    /// The answer to a request, or the refusal if there is none.
    Answer(RequestId, Result<Answer, Refusal>),
    /// Answer the requests in flight, no longer than until this moment, and end.
    Finish(Instant),
}

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct NewConnection {
    pub(super) stream: Stream,
    pub(super) client: Client,
    /// Whether it was answered before, in another lane.
    pub(super) is_settled: bool,
}

/// The messages that a lane has not read yet.
#[derive(Debug)]
pub(super) struct Mailbox {
    messages: Mutex<Vec<Message>>,
    waker: Waker,
    /// Number of connections that the lane was given and has not closed.
    connections: AtomicUsize,
    /// When a connection has last come to stay in the lane, in nanoseconds since the server began.
    settled: AtomicU64,
}

impl Mailbox {
    /// Creates a mailbox that wakes the owner of `registry` with an event of this token.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        let (connections, settled) = (AtomicUsize::new(0), AtomicU64::new(0));
        Ok(Self { messages: Mutex::default(), waker, connections, settled })
    }

    /// Number of connections that the lane was given and has not closed.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Orders lanes: a new connection goes to the one with the fewest. If all have as many, it goes to the
    /// one in which none has come to stay for longest, where one may have to make room.
    pub(super) fn fill(&self) -> (usize, u64) {
        (self.connections(), self.settled.load(Ordering::Relaxed))
    }

    /// Notes that a connection has come to stay in the lane, so long after the server began.
    pub(super) fn note_settled(&self, time: Duration) {
        self.settled.store(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Gives a connection to the lane.
    pub(super) fn adopt(&self, new: NewConnection) {
        self.note_accepted();
        self.put(Message::Adopt(new));
    }

    /// Notes that the lane has accepted a connection itself.
    pub(super) fn note_accepted(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the lane has closed a connection.
    pub(super) fn note_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
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

/// What a service may know about a request besides the request itself.
#[derive(Debug)]
pub struct Call<'a> {
    /// The client that sent the request.
    pub client: Client,
    /// The time, in seconds since the Unix epoch.
    pub now: u64,
    pub(super) id: RequestId,
    pub(super) mailbox: &'a Arc<Mailbox>,
    /// Number of requests of all lanes that wait for their answers, and its maximum.
    pub(super) parked: &'a AtomicUsize,
    pub(super) most_parked: usize,
    /// Whether this request counts as one of them.
    pub(super) is_counted: AtomicBool,
}

impl Call<'_> {
    /// Returns a handle for answering later. The connection waits for the answer at most until the
    /// deadline of the request. Other connections are not affected.
    ///
    /// # Errors
    /// A refusal to answer with, if half of all connections wait for their answers already.
    pub fn later(&self) -> Result<LateAnswer, Refusal> {
        let one_more = |parked| (parked < self.most_parked).then(|| parked + 1);
        if !self.is_counted.load(Ordering::Relaxed) {
            let counted = self.parked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
            counted.map_err(|_| refusals::too_many_wait())?;
            self.is_counted.store(true, Ordering::Relaxed);
        }
        let mailbox = Arc::clone(self.mailbox);
        Ok(LateAnswer { id: self.id, mailbox, outcome: Some(Err(refusals::no_answer())) })
    }
}

/// A handle that delivers the answer to a request, from any thread. If it is dropped without an answer,
/// the client gets a 503, or the refusal of [`LateAnswer::or_refuse`]; or a 500, if the thread panics.
#[derive(Debug)]
pub struct LateAnswer {
    id: RequestId,
    mailbox: Arc<Mailbox>,
    /// What is sent when the handle is dropped; it is there until then.
    outcome: Option<Result<Answer, Refusal>>,
}

impl LateAnswer {
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

impl Drop for LateAnswer {
    fn drop(&mut self) {
        let Some(mut outcome) = self.outcome.take() else { return };
        if thread::panicking() {
            tracing::error!("the thread of a late answer panicked");
            outcome = Err(refusals::internal());
        }
        self.mailbox.put(Message::Answer(self.id, outcome));
    }
}
