//! The lanes: a few threads that answer all requests.
//!
//! A thread a connection would be plainer. But hundreds of them, each with its stack, spend more time
//! on taking turns than on answering (see `benches/README.md`). A connection in a lane costs no thread:
//! the lane waits for all of its connections at once, and what it does for one waits for nobody.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};

use super::connection::{Connection, Next};

/// Bytes of a lane's stack. What is deepest on it is the JSON parser, which goes 128 levels: a debug
/// build needs over 256 KiB for them. Only what is touched takes memory.
const STACK: usize = 1024 * 1024;

/// How long a lane with a single connection stays awake after it had something to do.
const AWAKE: Duration = Duration::from_micros(30);

/// How many connections with news a lane hears of at once.
const NEWS: usize = 256;

/// What is news for a connection whose client does not take all of its answer at once.
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// What wakes a lane up that is no connection; those go by the numbers of their sockets.
const WAKE: Token = Token(usize::MAX);

/// A lane, as other threads see it.
#[derive(Debug)]
pub(super) struct Lane {
    news: mio::Registry,
    waker: Waker,
    /// The connections that wait for their clients.
    resting: Mutex<HashMap<Token, Connection>>,
    quit: AtomicBool,
}

impl Lane {
    /// Takes over a connection. What has arrived on it already is news, too.
    pub(super) fn take(&self, connection: Connection) {
        let number = connection.entry().socket.number();
        let token = token(&connection);
        self.resting().insert(token, connection);
        if self.news.register(&mut SourceFd(&number), token, Interest::READABLE).is_err() {
            // Without news of it, it would rest for ever.
            let forgotten = self.resting().remove(&token);
            drop(forgotten);
        }
    }

    /// Goes on with a connection of which there is news. Returns when to do so again in any case.
    fn attend(
        self: &Arc<Self>,
        token: Token,
        ended: bool,
        buffer: &mut Vec<u8>,
    ) -> Option<Instant> {
        // Taken out, so that the lock is not held meanwhile.
        let mut connection = self.resting().remove(&token)?;
        if ended {
            connection.end_of_client();
        }
        if connection.is_pausing() {
            self.resting().insert(token, connection);
            return None;
        }
        let (number, was_sending) = (connection.entry().socket.number(), connection.is_sending());
        // A panic ends one connection, which closes itself.
        let advance = AssertUnwindSafe(|| connection.advance(buffer));
        let Next::Rest(back, until) = catch_unwind(advance).unwrap_or(Next::Close) else {
            return None;
        };
        if back.is_sending() != was_sending {
            let interest = if was_sending { Interest::READABLE } else { BOTH };
            let mut socket = SourceFd(&number);
            // Otherwise the watchman ends it, in time.
            let _ = self.news.reregister(&mut socket, token, interest);
        }
        self.resting().insert(token, back);
        until
    }

    fn resting(&self) -> MutexGuard<'_, HashMap<Token, Connection>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(connection: &Connection) -> Token {
    Token(usize::try_from(connection.entry().socket.number()).unwrap_or_default())
}

/// All lanes, one for each core.
#[derive(Debug)]
pub(super) struct Lanes {
    all: Vec<Arc<Lane>>,
    threads: Vec<JoinHandle<()>>,
    next: AtomicUsize,
}

impl Lanes {
    /// Starts the threads.
    pub(super) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut started = Self { all: Vec::new(), threads: Vec::new(), next: AtomicUsize::new(0) };
        for _ in 0..cores {
            let poll = Poll::new()?;
            let lane = Arc::new(Lane {
                news: poll.registry().try_clone()?,
                waker: Waker::new(poll.registry(), WAKE)?,
                resting: Mutex::default(),
                quit: AtomicBool::new(false),
            });
            started.all.push(Arc::clone(&lane));
            let work = move || run(&lane, poll);
            let thread = thread::Builder::new().name("lane".to_owned()).stack_size(STACK);
            started.threads.push(thread.spawn(work)?);
        }
        Ok(started)
    }

    /// Hands a new connection to one of the lanes, by turns.
    pub(super) fn take(&self, connection: Connection) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.all[turn % self.all.len()].take(connection);
    }
}

impl Drop for Lanes {
    /// Ends the threads, and with them the connections that are left.
    fn drop(&mut self) {
        for lane in &self.all {
            lane.quit.store(true, Ordering::Release);
            // A lane that cannot be woken ends with the process.
            let _ = lane.waker.wake();
        }
        for thread in mem::take(&mut self.threads) {
            let _ = thread.join();
        }
    }
}

fn run(lane: &Arc<Lane>, mut poll: Poll) {
    let mut events = Events::with_capacity(NEWS);
    let mut buffer = Vec::new();
    let mut later = Later::default();
    while !lane.quit.load(Ordering::Acquire) {
        match wait(lane, &mut poll, &mut events, &later) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::error!(%error, "cannot wait for clients");
                break;
            }
        }
        for event in events.iter().filter(|event| event.token() != WAKE) {
            let ended = event.is_read_closed() || event.is_error();
            later.add(event.token(), lane.attend(event.token(), ended, &mut buffer));
        }
        while let Some(token) = later.next_due() {
            later.add(token, lane.attend(token, false, &mut buffer));
        }
    }
    let left = mem::take(&mut *lane.resting());
    drop(left);
}

/// Waits for news. A client that is alone often asks again right after an answer, and then waking up
/// would take longer than the answer itself. Among several there is news enough.
fn wait(lane: &Lane, poll: &mut Poll, events: &mut Events, later: &Later) -> io::Result<()> {
    let began = Instant::now();
    while lane.resting().len() == 1 && began.elapsed() < AWAKE {
        poll.poll(events, Some(Duration::ZERO))?;
        if !events.is_empty() {
            return Ok(());
        }
        // Whoever has something to do may have the core.
        thread::yield_now();
    }
    poll.poll(events, later.time_left())
}

/// The connections that are looked at again after a pause.
#[derive(Default)]
struct Later(BinaryHeap<Reverse<(Instant, Token)>>);

impl Later {
    fn add(&mut self, token: Token, when: Option<Instant>) {
        self.0.extend(when.map(|when| Reverse((when, token))));
    }

    fn time_left(&self) -> Option<Duration> {
        let Reverse((when, _)) = self.0.peek()?;
        Some(when.saturating_duration_since(Instant::now()))
    }

    fn next_due(&mut self) -> Option<Token> {
        let Reverse((when, _)) = self.0.peek()?;
        if *when > Instant::now() {
            return None;
        }
        self.0.pop().map(|Reverse((_, token))| token)
    }
}
