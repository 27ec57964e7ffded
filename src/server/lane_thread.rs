//! The thread of a lane: started when everything it needs has been opened, and replaced by a new one after
//! large bodies.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Poll, Registry, Token};

use super::context::{Clock, Context, Shared};
use super::known_heads::KnownHeads;
use super::lane::{LISTENER, Lane, MAILBOX};
use super::limits::LARGE_BYTES;
use super::load::Counters;
use super::mailbox::Mailbox;
use super::outbox::Outbox;
use super::room::Room;
use super::second_reader::SecondReader;
use super::socket::Listener;
use super::{Service, Stop};

/// Size of a lane's stack, in bytes. The JSON parser needs most of it: it recurses up to 128 levels,
/// which takes over 256 KiB in a debug build. Only pages that are touched take memory.
const STACK_BYTES: usize = 1024 * 1024;

/// Size of the read buffer, in bytes. An ordinary request fits.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// How long a lane goes on in the same thread after its last large body.
pub(super) const RENEW_TIME: Duration = Duration::from_secs(5);

/// Why a thread leaves its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The lane has ended.
    End,
    /// Another thread is to go on: what this one keeps of the memory of large bodies is given back only
    /// when it ends.
    Renew,
}

/// A lane that has everything but its service: what needs files is opened before the server starts.
#[derive(Debug)]
pub(super) struct Prepared {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    counters: Arc<Counters>,
    second_reader: SecondReader,
}

impl Prepared {
    pub(super) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mailbox = Arc::new(Mailbox::new(poll.registry(), MAILBOX)?);
        let counters = Arc::default();
        Ok(Self { poll, mailbox, counters, second_reader: SecondReader::new()? })
    }

    /// Opens another file, as a connection would.
    pub(super) fn spare_file(&self) -> io::Result<Registry> {
        self.poll.registry().try_clone()
    }

    pub(super) fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    pub(super) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Has the lanes watch a listening socket.
    pub(super) fn watch(lanes: &[Self], listener: &mut Listener, number: usize) -> io::Result<()> {
        let polls = lanes.iter().map(|lane| lane.poll.registry());
        listener.register(polls, Token(LISTENER - number))
    }

    /// Starts the lane, one of several, for at most `share` connections. When it ends, it reports that to `ended` and
    /// stops the server.
    pub(super) fn start<S: Service>(
        self,
        number: usize,
        share: usize,
        listeners: &Arc<[Listener]>,
        shared: &Arc<Shared<S>>,
        ended: &Sender<()>,
    ) -> io::Result<()> {
        let context = Context {
            shared: Arc::clone(shared),
            mailbox: self.mailbox,
            counters: self.counters,
            poll: self.poll,
            second_reader: self.second_reader,
            known: KnownHeads::new(),
            clock: Clock::read(),
            read_buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
            outbox: Outbox::default(),
            requests: 0,
            room: Room::new(LARGE_BYTES / shared.lanes.len()),
            is_finishing: false,
        };
        let lane = Lane::new(context, listeners, share);
        let end = End { ended: ended.clone(), stop: shared.stop.clone() };
        spawn(number, &Arc::new(Mutex::new(Some((end, lane)))))
    }
}

impl<S: Service> Lane<S> {
    /// Whether the last large body was here a while ago.
    pub(super) fn is_over_large(&mut self) -> bool {
        let now = self.context.clock.now;
        if self.context.room.has_been_used() {
            self.had_large = Some(now);
            self.is_second = false;
        }
        let is_old = |had: Instant| now.saturating_duration_since(had) >= RENEW_TIME;
        !self.context.is_finishing && self.had_large.is_some_and(is_old)
    }

    /// Notes that another thread goes on. It does so once after large bodies.
    fn renew(&mut self) {
        self.had_large = self.had_large.take().filter(|_| !self.is_second).map(|_| Instant::now());
        self.is_second = self.had_large.is_some();
    }
}

/// A lane for a thread to take.
type Seat<S> = Arc<Mutex<Option<(End, Lane<S>)>>>;

/// Starts a thread for the lane. If that fails, the lane is still there.
fn spawn<S: Service>(number: usize, seat: &Seat<S>) -> io::Result<()> {
    let seat = Arc::clone(seat);
    let thread = thread::Builder::new().name(format!("lane {number}")).stack_size(STACK_BYTES);
    thread.spawn(move || work(number, &seat)).map(drop)
}

/// Runs the lane. Hands it to a new thread when this one should end.
fn work<S: Service>(number: usize, seat: &Seat<S>) {
    let take = || seat.lock().unwrap_or_else(PoisonError::into_inner).take();
    // The lane is dropped first, and with it its connections are closed.
    while let Some((end, mut lane)) = take() {
        if lane.run() == Leave::End {
            return;
        }
        // Some allocators give back what one thread has left only when the next one ends.
        lane.renew();
        *seat.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, lane));
        if spawn(number, seat).is_ok() {
            return;
        }
    }
}

/// Reports the end of a lane when it is dropped, even if the lane panics.
struct End {
    ended: Sender<()>,
    stop: Stop,
}

impl Drop for End {
    fn drop(&mut self) {
        // This fails only if the server does not wait for its lanes any more.
        let _ = self.ended.send(());
        self.stop.set();
    }
}
