//! A few threads that wait for other servers, so that no other thread has to.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a thread waits for a job before it ends. What it has used of memory is then given back.
const IDLE_TIME: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce() + Send>;

/// Runs a job. A panic does not take the thread along, nor what the thread does for others: what the job
/// would have answered is refused when the job is dropped. Returns `None` then.
pub(super) fn contained<T>(job: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(job));
    if done.is_err() {
        tracing::error!("a request ended because of a bug in lkt");
    }
    done.ok()
}

/// Threads with a bounded queue for each client. They start when there is something to do, and end when
/// there has been nothing for a while, or when the pool is dropped.
///
/// Clients are served in turn, and none has all threads: a client with hundreds of jobs delays the jobs
/// of another one by less than a job.
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    name: &'static str,
    state: Mutex<State>,
    /// Signals that there may be a job to run.
    changed: Condvar,
    limits: PoolLimits,
}

/// The limits of a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolLimits {
    /// Maximum number of threads.
    pub(super) threads: usize,
    /// Maximum number of threads that run the jobs of one client.
    pub(super) threads_per_client: usize,
    /// Maximum number of jobs that wait.
    pub(super) waiting: usize,
}

#[derive(Default)]
struct State {
    /// The jobs of each client, in the order of the clients' turns. No queue is empty.
    queues: VecDeque<(u64, VecDeque<Job>)>,
    waiting: usize,
    /// Number of jobs of each client that are running.
    running: HashMap<u64, usize>,
    /// Number of threads, and how many of them wait for a job.
    threads: usize,
    idle: usize,
    is_closed: bool,
}

impl Pool {
    pub(super) fn new(name: &'static str, limits: PoolLimits) -> Arc<Self> {
        let shared = Shared { name, state: Mutex::default(), changed: Condvar::new(), limits };
        Arc::new(Self(Arc::new(shared)))
    }

    /// Whether a job of this client would be taken now. If not, it need not be prepared.
    pub(super) fn accepts(&self, client: u64) -> bool {
        let state = self.0.lock();
        state.waiting < self.0.limits.waiting || state.longest_beside(client).is_some()
    }

    /// Runs a job when its client's turn comes. If too many jobs are waiting, the last job of the client
    /// with the most is dropped, which may be this one, or one for which there is no thread: it then
    /// returns `false`.
    pub(super) fn run(&self, client: u64, job: impl FnOnce() + Send + 'static) -> bool {
        let mut state = self.0.lock();
        if state.idle <= state.waiting && state.threads < self.0.limits.threads {
            let shared = Arc::clone(&self.0);
            let thread = thread::Builder::new().name(self.0.name.to_owned());
            match thread.spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    tracing::error!(%error, "cannot start a thread");
                    return false;
                }
                // The others do it.
                Err(_) => {}
            }
        }
        let dropped = if state.waiting >= self.0.limits.waiting {
            match state.make_room(client) {
                Some(dropped) => Some(dropped),
                None => return false,
            }
        } else {
            None
        };
        state.put(client, Box::new(job));
        drop(state);
        self.0.changed.notify_one();
        // A dropped job may answer its request, which must not happen under the lock.
        drop(dropped);
        true
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// Runs jobs until the pool is dropped and its queues are empty, or until there is nothing to do.
    fn work(&self) {
        let mut state = self.lock();
        let mut is_late = false;
        loop {
            if let Some((client, job)) = state.next(self.limits.threads_per_client) {
                drop(state);
                contained(job);
                state = self.lock();
                state.finish(client);
                // Another job of this client may run now.
                self.changed.notify_one();
                is_late = false;
            } else if state.waiting == 0 && (state.is_closed || is_late) {
                state.threads -= 1;
                return;
            } else {
                state.idle += 1;
                let waited = self.changed.wait_timeout(state, IDLE_TIME);
                let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                state = woken;
                state.idle -= 1;
                is_late = timeout.timed_out();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, client: u64, job: Job) {
        self.waiting += 1;
        match self.queues.iter_mut().find(|(other, _)| *other == client) {
            Some((_, queue)) => queue.push_back(job),
            None => self.queues.push_back((client, VecDeque::from([job]))),
        }
    }

    /// The place of the longest queue, unless it would be that of `newcomer` itself.
    fn longest_beside(&self, newcomer: u64) -> Option<usize> {
        let own = self.queues.iter().find(|(client, _)| *client == newcomer);
        let own = own.map_or(0, |(_, queue)| queue.len());
        let queues = self.queues.iter().enumerate();
        let (place, (_, longest)) = queues.max_by_key(|(_, (_, queue))| queue.len())?;
        (longest.len() > own + 1).then_some(place)
    }

    /// Removes the last job of the client with the most, unless that would be `newcomer` itself.
    fn make_room(&mut self, newcomer: u64) -> Option<Job> {
        let place = self.longest_beside(newcomer)?;
        let (_, longest) = self.queues.get_mut(place)?;
        self.waiting -= 1;
        longest.pop_back()
    }

    /// Takes the next job of the first client that has a thread left. The client then waits for its next
    /// turn.
    fn next(&mut self, per_client: usize) -> Option<(u64, Job)> {
        let may_run = |client: &u64| self.running.get(client).is_none_or(|&run| run < per_client);
        let turn = self.queues.iter().position(|(client, _)| may_run(client))?;
        let (client, mut queue) = self.queues.remove(turn)?;
        let job = queue.pop_front()?;
        if !queue.is_empty() {
            self.queues.push_back((client, queue));
        }
        self.waiting -= 1;
        *self.running.entry(client).or_default() += 1;
        Some((client, job))
    }

    fn finish(&mut self, client: u64) {
        if let Some(running) = self.running.get_mut(&client) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A pool whose jobs send their name when they start, and end when they are told to.
    struct Held {
        pool: Arc<Pool>,
        started: (Sender<&'static str>, Receiver<&'static str>),
        go: Vec<Sender<()>>,
    }

    impl Held {
        fn new(threads: usize, threads_per_client: usize, waiting: usize) -> Self {
            let limits = PoolLimits { threads, threads_per_client, waiting };
            let pool = Pool::new("test", limits);
            Self { pool, started: channel(), go: Vec::new() }
        }

        fn run(&mut self, client: u64, name: &'static str) -> bool {
            let (go, wait) = channel::<()>();
            let started = self.started.0.clone();
            self.go.push(go);
            self.pool.run(client, move || {
                // A job of a test that has failed may end in any way.
                let _ = started.send(name);
                let _ = wait.recv();
            })
        }

        fn next(&self) -> &'static str {
            self.started.1.recv().expect("a job starts")
        }
    }

    #[test]
    fn clients_are_served_in_turn() {
        let mut held = Held::new(1, 1, 8);
        assert!(held.run(1, "first"));
        assert_eq!(held.next(), "first");
        for (client, name) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")] {
            assert!(held.run(client, name));
        }
        held.go.clear();
        let order = [(); 6].map(|()| held.next());
        assert_eq!(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    #[test]
    fn a_panic_does_not_take_a_thread() {
        let mut held = Held::new(1, 1, 8);
        assert!(held.pool.run(1, || panic!("as the test wants it")));
        assert!(held.run(1, "next"));
        assert_eq!(held.next(), "next");
    }

    #[test]
    fn no_client_has_all_threads() {
        let mut held = Held::new(3, 2, 8);
        for name in ["a1", "a2", "a3"] {
            assert!(held.run(1, name));
        }
        let mut first = [held.next(), held.next()];
        first.sort_unstable();
        assert_eq!(first, ["a1", "a2"]);
        assert!(held.run(2, "b1"));
        assert_eq!(held.next(), "b1");
        held.go.clear();
        assert_eq!(held.next(), "a3");
    }

    #[test]
    fn the_client_with_the_most_jobs_makes_room() {
        let mut held = Held::new(1, 1, 3);
        assert!(held.run(1, "first"));
        assert_eq!(held.next(), "first");
        let fits = [(1, "a1"), (1, "a2"), (1, "a3"), (1, "a4"), (2, "b1"), (3, "c1"), (4, "d1")]
            .map(|(client, name)| {
                let is_accepted = held.pool.accepts(client);
                assert_eq!(held.run(client, name), is_accepted, "{name}");
                is_accepted
            });
        // `a3` makes room for `b1`, and `a2` for `c1`; then all have one.
        assert_eq!(fits, [true, true, true, false, true, true, false]);
        held.go.clear();
        assert_eq!([(); 3].map(|()| held.next()), ["a1", "b1", "c1"]);
    }
}
