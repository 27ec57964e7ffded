//! State that the lanes share, and state that a lane lends to the current connection.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::request::Parts;
use mio::Poll;

use super::http1::Head;
use super::known_heads::KnownHeads;
use super::load::Counters;
use super::mailbox::Mailbox;
use super::outbox::Outbox;
use super::room::Room;
use super::second_reader::SecondReader;
use super::{Answered, Call, Client, Limits, Service, Stop, refusals};
use crate::endpoint::{Answer, Refusal};

/// State that all lanes of a server share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
    /// The mailbox of each lane.
    pub(super) lanes: Vec<Arc<Mailbox>>,
    /// When the server began.
    pub(super) began: Instant,
    /// Number of requests that wait for an answer.
    pub(super) parked: AtomicUsize,
}

/// The service is called here and nowhere else: a panic is the fault of one request, which is answered
/// 500.
impl<S: Service> Shared<S> {
    pub(super) fn new(service: S, limits: Limits, stop: Stop, lanes: Vec<Arc<Mailbox>>) -> Self {
        let (began, parked) = (Instant::now(), AtomicUsize::new(0));
        Self { service, limits, stop, lanes, began, parked }
    }

    /// Has the service look at a head. Returns its decision and the maximum size of the body.
    pub(super) fn admit(
        &self,
        head: &Head,
        client: Client,
    ) -> (ControlFlow<Answer, S::Admitted>, usize) {
        let (parts, length) = (&head.parts, head.body_length);
        let admitted =
            contain(|| (self.service.admit(parts, length, client), self.service.max_body()));
        admitted.unwrap_or_else(|refusal| {
            (ControlFlow::Break(self.refuse(Some(parts), refusal)), usize::MAX)
        })
    }

    /// Has the service answer a request, now or later.
    pub(super) fn answer(
        &self,
        admitted: S::Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer> {
        let answered = contain(|| self.service.answer(admitted, head, body, call));
        answered.unwrap_or_else(|refusal| Some(self.refuse(Some(head), refusal)))
    }

    /// The answer for a refusal. The service adds what lets a web page read it.
    pub(super) fn refuse(&self, parts: Option<&Parts>, refusal: Refusal) -> Answer {
        let Some(parts) = parts else { return refusal.into() };
        contain(|| self.service.refuse(parts, refusal)).unwrap_or_else(Answer::from)
    }

    /// Has the service complete an answer.
    pub(super) fn complete(&self, parts: &Parts, answer: &mut Answer) {
        let _ = contain(|| self.service.complete(parts, answer));
    }

    pub(super) fn answered(&self, answered: &Answered<'_>) {
        // A panic has been logged, and the client has its answer.
        let _ = contain(|| self.service.answered(answered));
    }

    /// Maximum number of requests that wait for their answers.
    pub(super) fn most_parked(&self) -> usize {
        (self.limits.connections / 2).max(1)
    }

    /// Counts whether a request waits for its answer.
    pub(super) fn count_parked(&self, before: bool, now: bool) {
        match (before, now) {
            (false, true) => drop(self.parked.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.parked.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
    }
}

/// Calls the service. A panic is logged, and becomes a refusal.
fn contain<T>(call: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<&str>().copied();
        let reason = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(reason, "the service panicked; the request is answered 500");
        refusals::internal()
    })
}

/// State that a lane lends to the current connection.
pub(super) struct Context<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) counters: Arc<Counters>,
    pub(super) poll: Poll,
    pub(super) second_reader: SecondReader,
    pub(super) known: KnownHeads,
    pub(super) clock: Clock,
    /// Buffer for bytes that are read.
    pub(super) read_buffer: Box<[u8]>,
    /// Answers that wait to be sent.
    pub(super) outbox: Outbox,
    /// Number of requests that were answered or wait for an answer.
    pub(super) requests: u64,
    /// The room for large bodies.
    pub(super) room: Room,
    /// Whether the server was told to stop: every answer is then the last on its connection.
    pub(super) is_finishing: bool,
}

/// The time, read once for all connections that have an event.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) now: Instant,
    /// Seconds since the Unix epoch.
    pub(super) seconds: u64,
    /// The same time as the value of the `Date` header.
    pub(super) date: String,
}

impl Clock {
    pub(super) fn read() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + since);
        Self { now: Instant::now(), seconds: since.as_secs(), date }
    }

    /// Reads the time again.
    pub(super) fn update(&mut self) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if since.as_secs() == self.seconds {
            self.now = Instant::now();
        } else {
            *self = Self::read();
        }
    }
}
