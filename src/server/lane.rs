//! A lane: a thread with the connections that it owns. It waits for all of them at once, and what it
//! does for one waits for nobody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token, Waker};

use super::clock::Clock;
use super::connection::{Connection, Step};
use super::http1::Request;
use super::mailbox::{Mailbox, Message, Newcomer, Place};
use super::refusals::{self, turn_away};
use super::second_reader::SecondReader;
use super::slots::Slots;
use super::{Limits, Service};
use crate::endpoint::Answer;

/// Bytes of a lane's stack. What is deepest on it is the JSON parser, which goes 128 levels: a debug
/// build needs over 256 KiB for them. Only what is touched takes memory.
const STACK: usize = 1024 * 1024;

/// How many connections with news a lane hears of at once.
const EVENTS: usize = 256;

/// How many requests the second reader gets at once.
const BATCH: usize = 16;

/// Bytes that are read at once. An ordinary request fits.
const SCRATCH: usize = 16 * 1024;

/// How long a lane with a single connection stays awake after it had something to do.
const AWAKE: Duration = Duration::from_micros(50);

/// The least time between two looks at all deadlines.
const LOOK: Duration = Duration::from_millis(10);

/// How long a client that has only just connected has for its first request, once the server is told to
/// stop.
const FIRST_REQUEST: Duration = Duration::from_millis(250);

/// The token of the mailbox. Connections use the numbers of their slots.
const MAIL: Token = Token(usize::MAX);

/// What all lanes of a server share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) service: Arc<S>,
    pub(super) limits: Limits,
    pub(super) slots: Slots,
}

/// What a lane lends to the connection at hand.
#[derive(Debug)]
pub(super) struct Tools<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) registry: Registry,
    pub(super) clock: Clock,
    /// Where bytes are read into.
    pub(super) scratch: Box<[u8]>,
    /// Where an answer is written.
    pub(super) answer: Vec<u8>,
    /// Whether the server is told to stop: every answer is its connection's last.
    pub(super) is_finishing: bool,
}

/// A lane, as the thread that started it sees it.
#[derive(Debug)]
pub(super) struct LaneHandle {
    pub(super) mailbox: Arc<Mailbox>,
}

/// Starts a lane. `running` counts the lanes at work, and `ended` is woken when this one is no more.
pub(super) fn start<S: Service>(
    number: usize,
    shared: Arc<Shared<S>>,
    running: &Arc<AtomicUsize>,
    ended: &Arc<Waker>,
) -> io::Result<LaneHandle> {
    let poll = Poll::new()?;
    let mailbox = Arc::new(Mailbox::new(poll.registry(), MAIL)?);
    let tools = Tools {
        shared,
        mailbox: Arc::clone(&mailbox),
        registry: poll.registry().try_clone()?,
        clock: Clock::read(),
        scratch: vec![0; SCRATCH].into_boxed_slice(),
        answer: Vec::new(),
        is_finishing: false,
    };
    let mut lane = Lane {
        number,
        poll,
        tools,
        connections: Vec::new(),
        open: 0,
        generation: 0,
        ready: Vec::new(),
        second_reader: SecondReader::new(),
        look: None,
        end: None,
    };
    running.fetch_add(1, Ordering::AcqRel);
    let at_work = AtWork { running: Arc::clone(running), ended: Arc::clone(ended) };
    let work = move || {
        let _at_work = at_work;
        lane.run();
    };
    let thread = thread::Builder::new().name(format!("lane {number}")).stack_size(STACK);
    thread.spawn(work)?;
    Ok(LaneHandle { mailbox })
}

/// Says when a lane is no more, however it ends.
struct AtWork {
    running: Arc<AtomicUsize>,
    ended: Arc<Waker>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::AcqRel);
        // Whoever waits looks again after a while in any case.
        let _ = self.ended.wake();
    }
}

struct Lane<S: Service> {
    number: usize,
    poll: Poll,
    tools: Tools<S>,
    /// The connections, by slot.
    connections: Vec<Option<Box<Connection<S>>>>,
    /// How many there are.
    open: usize,
    /// The number of the last connection.
    generation: u64,
    /// The slots of connections that have something to do.
    ready: Vec<usize>,
    second_reader: SecondReader,
    /// When a deadline may have passed.
    look: Option<Instant>,
    /// When to end, whatever is in flight.
    end: Option<Instant>,
}

impl<S: Service> Lane<S> {
    fn run(&mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !self.is_done() {
            if let Err(error) = self.wait(&mut events)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a lane cannot wait for clients and ends");
                break;
            }
            self.tools.clock.update();
            let mut has_mail = false;
            for event in &events {
                if event.token() == MAIL {
                    has_mail = true;
                } else {
                    self.hear_of(event.token().0, event.is_read_closed() || event.is_error());
                }
            }
            if has_mail {
                for message in self.tools.mailbox.take() {
                    self.obey(message);
                }
            }
            self.serve_ready();
            self.check_deadlines();
        }
    }

    /// Waits for news. A client that is alone often asks again right after an answer, and then waking up
    /// would take longer than the answer itself.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let began = self.tools.clock.now;
        while self.open == 1 && self.ready.is_empty() && began.elapsed() < AWAKE {
            self.poll.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() {
                return Ok(());
            }
            // Whoever has something to do may have the core.
            thread::yield_now();
        }
        self.poll.poll(events, self.patience())
    }

    fn is_done(&self) -> bool {
        let is_over = |end: Instant| self.open == 0 || self.tools.clock.now >= end;
        self.end.is_some_and(is_over)
    }

    /// How long to wait for news.
    fn patience(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.look.into_iter().chain(self.end).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn connection(&mut self, slot: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(slot)?.as_deref_mut()
    }

    /// The socket of a connection has news.
    fn hear_of(&mut self, slot: usize, is_ended: bool) {
        if let Some(connection) = self.connection(slot) {
            connection.has_news(is_ended);
            self.enqueue(slot);
        }
    }

    /// Notes, once, that a connection has something to do.
    fn enqueue(&mut self, slot: usize) {
        if let Some(connection) = self.connection(slot)
            && !std::mem::replace(&mut connection.is_queued, true)
        {
            self.ready.push(slot);
        }
    }

    fn obey(&mut self, message: Message) {
        match message {
            Message::Adopt(newcomer) => self.adopt(newcomer),
            Message::Replace(newcomer) => self.replace(newcomer),
            Message::Evict(slot) => {
                if self.is_evictable(slot) {
                    self.close(slot);
                }
            }
            Message::Answer(place, answer) => self.answer_later(place, answer),
            Message::Finish(end) => {
                self.tools.is_finishing = true;
                self.end = Some(end);
                // What has arrived on an idle connection is answered before it is closed.
                let first = self.tools.clock.now + FIRST_REQUEST;
                for slot in 0..self.connections.len() {
                    if let Some(connection) = self.connection(slot) {
                        connection.hurry(first);
                    }
                    self.hear_of(slot, false);
                }
            }
            Message::Quit => self.end = Some(self.tools.clock.now),
        }
    }

    /// Serves a new connection in a free slot.
    fn adopt(&mut self, newcomer: Newcomer) {
        let slot = newcomer.slot;
        self.generation += 1;
        let deadline = self.tools.clock.now + self.tools.shared.limits.idle;
        let mut connection = Connection::new(newcomer, self.generation, deadline);
        if let Err(error) = connection.stream().register(&self.tools.registry, Token(slot)) {
            tracing::warn!(%error, "cannot watch a connection");
            return self.tools.shared.slots.release(slot);
        }
        self.tools.shared.slots.set_idle(slot, self.tools.clock.now);
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.connections.get_mut(slot) {
            *place = Some(Box::new(connection));
            self.open += 1;
            self.enqueue(slot);
        }
        self.look_by(deadline);
    }

    /// Serves a new connection in the slot of one that waits for its client.
    fn replace(&mut self, mut newcomer: Newcomer) {
        if !self.is_evictable(newcomer.slot) {
            match self.tools.shared.slots.choose_in(self.number, self.tools.clock.now) {
                Some(slot) => newcomer.slot = slot.number,
                None => return turn_away(newcomer.stream, &self.tools.clock.date),
            }
        }
        if self.connections.get_mut(newcomer.slot).and_then(Option::take).is_some() {
            self.open -= 1;
        }
        self.adopt(newcomer);
    }

    /// Whether a connection that was chosen to make room still waits for its client.
    fn is_evictable(&self, slot: usize) -> bool {
        let connection = self.connections.get(slot).and_then(Option::as_deref);
        connection.is_some_and(Connection::is_waiting) && self.tools.shared.slots.is_busy(slot)
    }

    fn answer_later(&mut self, place: Place, answer: Option<Answer>) {
        let Self { connections, tools, .. } = self;
        let connection = connections.get_mut(place.slot).and_then(Option::as_deref_mut);
        // The client may have left, and another may have its slot.
        let Some(connection) = connection.filter(|found| found.place() == place) else { return };
        let step = connection.answer_later(answer, tools);
        self.after(place.slot, &step);
    }

    /// Goes on with the connections that have something to do, one request of each.
    fn serve_ready(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        for slots in ready.chunks(BATCH) {
            let mut requests = Vec::with_capacity(slots.len());
            for &slot in slots {
                let Self { connections, tools, .. } = self;
                let connection = connections.get_mut(slot).and_then(Option::as_deref_mut);
                let Some(connection) = connection else { continue };
                connection.is_queued = false;
                match connection.advance(tools) {
                    Step::Request(request) => requests.push((slot, request)),
                    step => self.after(slot, &step),
                }
            }
            self.answer(requests);
        }
    }

    fn answer(&mut self, requests: Vec<(usize, Box<Request<S::Admitted>>)>) {
        let disagreed = self.second_reader.compare(requests.iter().map(|(_, request)| &**request));
        for (at, (slot, request)) in requests.into_iter().enumerate() {
            let Self { connections, tools, .. } = self;
            let connection = connections.get_mut(slot).and_then(Option::as_deref_mut);
            let Some(connection) = connection else { continue };
            let step = if disagreed.contains(&at) {
                tracing::warn!("two readers of a request disagree on it; it is refused");
                let answer =
                    tools.shared.service.refuse(&request.head.parts, refusals::ambiguous());
                connection.refuse(Some(&request.head), &answer, tools)
            } else {
                connection.answer(*request, tools)
            };
            self.after(slot, &step);
        }
    }

    /// Sees to what a step of a connection leaves to be done.
    fn after(&mut self, slot: usize, step: &Step<S>) {
        let is_finishing = self.tools.is_finishing;
        let Some(connection) = self.connection(slot) else { return };
        let is_done = is_finishing && connection.is_done();
        if matches!(step, Step::Close) || is_done {
            return self.close(slot);
        }
        let (deadline, is_ready) = (connection.deadline(), connection.is_ready());
        if is_ready {
            self.enqueue(slot);
        }
        self.look_by(deadline);
    }

    fn close(&mut self, slot: usize) {
        if self.connections.get_mut(slot).and_then(Option::take).is_some() {
            self.open -= 1;
            self.tools.shared.slots.release(slot);
        }
    }

    fn look_by(&mut self, deadline: Instant) {
        self.look = Some(self.look.map_or(deadline, |look| look.min(deadline)));
    }

    /// Gives up the connections whose deadlines have passed.
    fn check_deadlines(&mut self) {
        let now = self.tools.clock.now;
        if self.look.is_none_or(|look| now < look) {
            return;
        }
        self.look = None;
        for slot in 0..self.connections.len() {
            let Self { connections, tools, .. } = self;
            let connection = connections.get_mut(slot).and_then(Option::as_deref_mut);
            let Some(connection) = connection else { continue };
            if now < connection.deadline() {
                let deadline = connection.deadline();
                self.look_by(deadline);
                continue;
            }
            let step = connection.give_up(tools);
            self.after(slot, &step);
        }
        self.look = self.look.map(|look| look.max(now + LOOK));
    }
}
