//! `--store`: what the replicas of one service share, in Redis or Valkey.
//!
//! A few threads hold one connection each. A thread sends everything that waits for it in one write and
//! reads all the replies, so that a call costs a fraction of a round trip when there are many. Nothing
//! waits longer than [`DEADLINE`]: a call that cannot be answered by then gets [`Unavailable`] from a
//! thread that keeps the time, whatever the others wait for, and while the store cannot be reached, calls
//! fail at once.

mod call;
mod link;
mod location;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

pub(crate) use call::Call;
pub(super) use link::Link;
pub(crate) use location::{LocationError, StoreLocation};

use super::metrics::Metrics;
use super::pool::contained;
use crate::endpoint::{Code, Refusal};

/// Maximum time for a call, from its arrival to its reply.
const DEADLINE: Duration = Duration::from_millis(250);

/// Maximum number of calls that wait for a connection.
const QUEUE: usize = 4096;

/// Maximum number of calls in one write.
const MAX_BATCH: usize = 128;

/// Minimum time between two attempts to connect.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

/// Minimum time between two reports that the store fails calls.
const BETWEEN_REPORTS: Duration = Duration::from_secs(60);

/// The store could not be reached, or did not reply before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// The integer that a script returned.
pub(crate) type Reply = Result<i64, Unavailable>;

/// A call, and what continues with its reply.
struct Job {
    call: Call,
    deadline: Instant,
    then: Continuation,
}

/// What continues with a reply: once, with the first.
#[derive(Clone)]
struct Continuation(Arc<Mutex<Option<Then>>>);

type Then = Box<dyn FnOnce(Reply) + Send>;

impl Continuation {
    /// Continues. Returns `false` if it has been done already. A panic ends this call alone.
    fn run(&self, reply: Reply) -> bool {
        let then = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        then.map(|then| contained(|| then(reply))).is_some()
    }

    fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// A store that is shared by several processes. Its threads end when it is dropped.
pub(crate) struct Store {
    jobs: SyncSender<Job>,
    deadlines: Sender<(Instant, Continuation)>,
    location: StoreLocation,
    metrics: Option<Arc<Metrics>>,
    /// Whether the store replied to the last probe.
    is_reachable: Arc<AtomicBool>,
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
        for _ in 0..location.connections() {
            let mut worker = Worker {
                jobs: Arc::clone(&receiver),
                location: location.clone(),
                metrics: metrics.clone(),
                link: None,
                failed_at: None,
                reported_at: None,
            };
            thread::Builder::new().name("store".to_owned()).spawn(move || worker.run())?;
        }
        let (deadlines, waiting) = channel();
        let noted = metrics.clone();
        let keep = move || keep_time(&waiting, noted.as_deref());
        thread::Builder::new().name("store time".to_owned()).spawn(keep)?;
        let is_reachable = Arc::default();
        Ok(Arc::new(Self { jobs, deadlines, location, metrics, is_reachable }))
    }

    /// Where the store is.
    pub(crate) fn location(&self) -> &StoreLocation {
        &self.location
    }

    /// Whether the store replied to the last probe. Sends another one, and does not wait for it.
    pub(crate) fn probe(&self) -> bool {
        let is_reachable = Arc::clone(&self.is_reachable);
        let note = move |reply: Reply| is_reachable.store(reply.is_ok(), Ordering::Relaxed);
        self.call(Call::probe(), note);
        self.is_reachable.load(Ordering::Relaxed)
    }

    /// Makes a call, and runs `then` with its reply on one of the store's threads, at most [`DEADLINE`]
    /// later. `then` must not block.
    pub(crate) fn call(&self, call: Call, then: impl FnOnce(Reply) + Send + 'static) {
        let deadline = Instant::now() + DEADLINE;
        let then = Continuation(Arc::new(Mutex::new(Some(Box::new(then)))));
        let job = Job { call, deadline, then: then.clone() };
        // The queue is full, or the threads are gone.
        let is_lost = self.jobs.try_send(job).is_err()
            || self.deadlines.send((deadline, then.clone())).is_err();
        if is_lost
            && then.run(Err(Unavailable))
            && let Some(metrics) = &self.metrics
        {
            metrics.round_trip(1, Duration::ZERO, true);
        }
    }
}

/// Continues the calls that have no reply by their deadlines, which are in order: each is as long after
/// its call.
fn keep_time(waiting: &Receiver<(Instant, Continuation)>, metrics: Option<&Metrics>) {
    for (deadline, then) in waiting {
        // Most have a reply by the time it is their turn.
        if !then.is_over() {
            thread::sleep(deadline.saturating_duration_since(Instant::now()));
            if then.run(Err(Unavailable))
                && let Some(metrics) = metrics
            {
                metrics.round_trip(1, DEADLINE, true);
            }
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
    /// When failed calls were last reported.
    reported_at: Option<Instant>,
}

impl Worker {
    fn run(&mut self) {
        while let Some(batch) = self.next_batch() {
            let began = Instant::now();
            let replies = contained(|| self.replies(&batch)).unwrap_or_else(|| {
                // Something is left of what it was reading.
                self.link = None;
                vec![Err(Unavailable); batch.len()]
            });
            let failed = replies.iter().all(Result::is_err);
            if let Some(metrics) = &self.metrics {
                metrics.round_trip(batch.len(), began.elapsed(), failed);
            }
            for (job, reply) in batch.into_iter().zip(replies) {
                job.then.run(reply);
            }
        }
    }

    /// Waits for a job, and takes what else is waiting, but for what has waited too long.
    fn next_batch(&self) -> Option<Vec<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let first = std::iter::from_fn(|| jobs.recv().ok()).find(|job| !job.then.is_over())?;
        let more = jobs.try_iter().take(MAX_BATCH - 1).filter(|job| !job.then.is_over());
        Some(std::iter::once(first).chain(more).collect())
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
                if let Some(reason) = replies.fault {
                    self.report(&reason);
                }
                replies.all
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

    /// Reports that calls failed on a connection that works, once in a while.
    fn report(&mut self, reason: &str) {
        if self.reported_at.is_none_or(|at| at.elapsed() >= BETWEEN_REPORTS) {
            self.reported_at = Some(Instant::now());
            tracing::error!(store = %self.location, reason, "the store failed a call");
        }
    }

    /// Replies that come later would be taken for those of other calls, so the connection is closed.
    fn lost(&mut self, error: &redis::RedisError) {
        self.link = None;
        if self.failed_at.is_none() {
            let reason = link::category(error);
            tracing::error!(store = %self.location, reason, "the store cannot be reached");
        }
        self.failed_at = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// The URL of a store that says for ever, unasked, that everything is well: `+OK` to what sets a
    /// connection up, then the number 7.
    fn agreeable() -> StoreLocation {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                let sent = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default());
                let reply =
                    |command: &str| if command.contains("EVAL") { ":7\r\n" } else { "+OK\r\n" };
                let replies = sent.split('*').skip(1).map(reply).collect::<String>();
                stream.write_all(replies.as_bytes()).expect("the client reads");
            }
        });
        format!("redis://{address}").parse().expect("a location")
    }

    #[test]
    fn a_panic_ends_one_call_and_not_the_store() {
        let store = Store::start(agreeable(), None).expect("threads");
        let (reply, replies) = channel();
        // A reply may be late on a busy machine; from a store without threads there is none, ever.
        let mut all = (0..50).map(|_| {
            store.call(Call::probe(), |_| panic!("as the test wants it"));
            let reply = reply.clone();
            store.call(Call::probe(), move |found| reply.send(found).expect("the test waits"));
            replies.recv_timeout(Duration::from_secs(10)).expect("each call has a reply")
        });
        assert!(all.any(|reply| reply == Ok(7)));
    }
}
