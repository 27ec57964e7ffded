//! `--store`: what the replicas of one service share, in Redis or Valkey.
//!
//! A few threads hold one connection each. A thread sends everything that waits for it in one write and
//! reads all the replies, so that a call costs a fraction of a round trip when there are many. Nothing
//! waits longer than [`DEADLINE`]: a call that cannot be answered by then gets [`Unavailable`], and while
//! the store cannot be reached, calls fail at once.

mod call;
mod link;
mod location;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

pub(crate) use call::Call;
pub(crate) use location::{LocationError, StoreLocation};

use link::Link;

use super::metrics::Metrics;
use crate::endpoint::{Code, Refusal};

/// Maximum time for a call, from its arrival to its reply.
const DEADLINE: Duration = Duration::from_millis(250);

/// Number of connections. More than one, so that a slow reply does not delay every call.
const CONNECTIONS: usize = 2;

/// Maximum number of calls that wait for a connection.
const QUEUE: usize = 4096;

/// Maximum number of calls in one write.
const MAX_BATCH: usize = 128;

/// Minimum time between two attempts to connect.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

/// The store could not be reached, or did not reply before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// The integer that a script returned.
pub(crate) type Reply = Result<i64, Unavailable>;

/// A call, and what continues with its reply.
struct Job {
    call: Call,
    deadline: Instant,
    then: Box<dyn FnOnce(Reply) + Send>,
}

/// A store that is shared by several processes. Its threads end when it is dropped.
pub(crate) struct Store {
    jobs: SyncSender<Job>,
    location: StoreLocation,
    metrics: Option<Arc<Metrics>>,
}

/// The refusal of a request that needs the store.
pub(crate) fn unavailable() -> Refusal {
    let error = "the store of this server cannot be reached";
    Refusal::new(Code::StoreUnavailable, error, "try again in a moment").retry_after(1_u16)
}

impl Store {
    /// Starts the threads. They connect when there is something to do.
    pub(crate) fn start(
        location: StoreLocation,
        metrics: Option<Arc<Metrics>>,
    ) -> io::Result<Arc<Self>> {
        let (jobs, receiver) = sync_channel(QUEUE);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..CONNECTIONS {
            let mut worker = Worker {
                jobs: Arc::clone(&receiver),
                location: location.clone(),
                metrics: metrics.clone(),
                link: None,
                failed_at: None,
            };
            thread::Builder::new().name("store".to_owned()).spawn(move || worker.run())?;
        }
        Ok(Arc::new(Self { jobs, location, metrics }))
    }

    /// Where the store is.
    pub(crate) fn location(&self) -> &StoreLocation {
        &self.location
    }

    /// Makes a call, and runs `then` with its reply on one of the store's threads, at most [`DEADLINE`]
    /// later. `then` must not block.
    pub(crate) fn call(&self, call: Call, then: impl FnOnce(Reply) + Send + 'static) {
        let job = Job { call, deadline: Instant::now() + DEADLINE, then: Box::new(then) };
        // The queue is full, or the threads are gone.
        if let Err(error) = self.jobs.try_send(job) {
            use std::sync::mpsc::TrySendError::{Disconnected, Full};
            let (Full(job) | Disconnected(job)) = error;
            if let Some(metrics) = &self.metrics {
                metrics.round_trip(1, Duration::ZERO, true);
            }
            (job.then)(Err(Unavailable));
        }
    }
}

/// A thread with a connection.
struct Worker {
    jobs: Arc<Mutex<Receiver<Job>>>,
    location: StoreLocation,
    metrics: Option<Arc<Metrics>>,
    link: Option<Link>,
    /// When the store last failed.
    failed_at: Option<Instant>,
}

impl Worker {
    fn run(&mut self) {
        while let Some(batch) = self.next_batch() {
            let began = Instant::now();
            let replies = self.replies(&batch);
            let failed = replies.iter().all(Result::is_err);
            if let Some(metrics) = &self.metrics {
                metrics.round_trip(batch.len(), began.elapsed(), failed);
            }
            for (job, reply) in batch.into_iter().zip(replies) {
                (job.then)(reply);
            }
        }
    }

    /// Waits for a job, and takes what else is waiting.
    fn next_batch(&self) -> Option<Vec<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let first = jobs.recv().ok()?;
        Some(std::iter::once(first).chain(jobs.try_iter().take(MAX_BATCH - 1)).collect())
    }

    /// The replies to all calls of a batch, in order.
    fn replies(&mut self, batch: &[Job]) -> Vec<Reply> {
        let none = || vec![Err(Unavailable); batch.len()];
        // The first call has waited longest.
        let left = batch
            .first()
            .map_or(DEADLINE, |job| job.deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return none();
        }
        let Some(link) = self.connected(left) else { return none() };
        let calls = batch.iter().map(|job| &job.call).collect::<Vec<_>>();
        match link.send(&calls, left) {
            Ok(replies) => {
                if self.failed_at.take().is_some() {
                    tracing::info!(store = %self.location, "the store can be reached again");
                }
                replies
            }
            Err(error) => {
                self.lost(&error);
                none()
            }
        }
    }

    /// The connection; a new one at most every [`BETWEEN_ATTEMPTS`] while the store fails.
    fn connected(&mut self, limit: Duration) -> Option<&mut Link> {
        if self.link.is_none() {
            if self.failed_at.is_some_and(|failed| failed.elapsed() < BETWEEN_ATTEMPTS) {
                return None;
            }
            match self.location.connect(limit) {
                Ok(link) => self.link = Some(link),
                Err(error) => self.lost(&error),
            }
        }
        self.link.as_mut()
    }

    /// Replies that come later would be taken for those of other calls, so the connection is closed.
    fn lost(&mut self, error: &redis::RedisError) {
        self.link = None;
        if self.failed_at.is_none() {
            // The text of an error may quote a URL, and so a password; its category does not.
            let reason = error.category();
            tracing::error!(store = %self.location, reason, "the store cannot be reached");
        }
        self.failed_at = Some(Instant::now());
    }
}
