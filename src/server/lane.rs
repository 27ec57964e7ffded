//! A lane: a thread that owns connections. It polls all of them at once and never blocks on one.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::connection::{Connection, Ended};
use super::context::{Clock, Context, Shared};
use super::http1::Request;
use super::mailbox::{Mailbox, Message, NewConnection, RequestId};
use super::refusals;
use super::second_reader::SecondReader;
use super::{Service, Stop};
use crate::endpoint::{Answer, Refusal};

/// Size of a lane's stack, in bytes. The JSON parser needs most of it: it recurses up to 128 levels,
/// which takes over 256 KiB in a debug build. Only pages that are touched take memory.
const STACK_BYTES: usize = 1024 * 1024;

/// Maximum number of events that a lane handles at once.
const MAX_EVENTS: usize = 256;

/// Maximum number of requests that the second reader gets at once.
const MAX_BATCH: usize = 16;

/// Size of the read buffer, in bytes. An ordinary request fits.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// How long a lane with a single connection polls without sleeping after it had work to do.
const SPIN_TIME: Duration = Duration::from_micros(50);

/// Minimum time between two checks of all deadlines.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Maximum time for the first request of a client that has just connected when the server is told to
/// stop.
const FIRST_REQUEST_TIME: Duration = Duration::from_millis(250);

/// The token of the mailbox. Connections use the numbers of their slots.
const MAILBOX: Token = Token(usize::MAX);

/// Starts a lane, and returns its mailbox. When the lane ends, it reports that to `ended` and stops the
/// server.
pub(super) fn start<S: Service>(
    number: usize,
    shared: &Arc<Shared<S>>,
    ended: &Sender<()>,
) -> io::Result<Arc<Mailbox>> {
    let poll = Poll::new()?;
    let mailbox = Arc::new(Mailbox::new(poll.registry(), MAILBOX)?);
    let context = Context {
        shared: Arc::clone(shared),
        mailbox: Arc::clone(&mailbox),
        registry: poll.registry().try_clone()?,
        clock: Clock::read(),
        read_buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
        answer: Vec::new(),
        requests: 0,
        is_finishing: false,
    };
    let lane = Lane {
        poll,
        context,
        connections: Vec::new(),
        open: 0,
        ready: Vec::new(),
        second_reader: SecondReader::new(),
        next_check: None,
        end: None,
    };
    let end = End { ended: ended.clone(), stop: shared.stop.clone() };
    let work = move || {
        let _end = end;
        lane.run();
    };
    let thread = thread::Builder::new().name(format!("lane {number}")).stack_size(STACK_BYTES);
    thread.spawn(work)?;
    Ok(mailbox)
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

struct Lane<S: Service> {
    poll: Poll,
    context: Context<S>,
    /// The connections, by slot.
    connections: Vec<Option<Box<Connection<S>>>>,
    /// Number of open connections.
    open: usize,
    /// The slots of connections that have work to do.
    ready: Vec<usize>,
    second_reader: SecondReader,
    /// When to check the deadlines next.
    next_check: Option<Instant>,
    /// When to end, even if requests are in flight.
    end: Option<Instant>,
}

impl<S: Service> Lane<S> {
    /// Serves until the lane is told to end. By the time this returns, its connections are closed.
    fn run(mut self) {
        let mut events = Events::with_capacity(MAX_EVENTS);
        while !self.is_done() {
            if let Err(error) = self.wait(&mut events)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a lane cannot wait for clients and ends");
                break;
            }
            self.context.clock.update();
            let mut has_mail = false;
            for event in &events {
                if event.token() == MAILBOX {
                    has_mail = true;
                } else {
                    self.note_event(event.token().0, event.is_read_closed() || event.is_error());
                }
            }
            if has_mail {
                for message in self.context.mailbox.take() {
                    self.handle_message(message);
                }
            }
            self.serve_ready();
            self.check_deadlines();
        }
    }

    /// Waits for events. A single client often sends the next request right after an answer, and waking
    /// up would take longer than the answer itself.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let began = self.context.clock.now;
        while self.open == 1 && self.ready.is_empty() && began.elapsed() < SPIN_TIME {
            self.poll.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() {
                return Ok(());
            }
            // Leaves the core to other threads that have work.
            thread::yield_now();
        }
        self.poll.poll(events, self.poll_timeout())
    }

    fn is_done(&self) -> bool {
        let is_over = |end: Instant| self.open == 0 || self.context.clock.now >= end;
        self.end.is_some_and(is_over)
    }

    /// How long to wait for events.
    fn poll_timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.next_check.into_iter().chain(self.end).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn connection(&mut self, slot: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(slot)?.as_deref_mut()
    }

    /// The connection, and what the lane lends to it.
    fn with_context(&mut self, slot: usize) -> Option<(&mut Connection<S>, &mut Context<S>)> {
        let connection = self.connections.get_mut(slot)?.as_deref_mut()?;
        Some((connection, &mut self.context))
    }

    /// Notes an event on the socket of a connection.
    fn note_event(&mut self, slot: usize, is_ended: bool) {
        if let Some(connection) = self.connection(slot) {
            connection.note_event(is_ended);
            self.enqueue(slot);
        }
    }

    /// Queues a connection that has work to do, unless it is queued already.
    fn enqueue(&mut self, slot: usize) {
        if let Some(connection) = self.connection(slot)
            && !std::mem::replace(&mut connection.is_queued, true)
        {
            self.ready.push(slot);
        }
    }

    fn handle_message(&mut self, message: Message) {
        match message {
            Message::Adopt(new) => self.adopt(new),
            Message::Evict(slot) => {
                // A request that has arrived by now is answered first, and the connection may then stay.
                self.note_event(slot, false);
                self.serve_ready();
                self.evict(slot);
            }
            Message::Answer(id, answer) => self.deliver(id, answer),
            Message::Finish(end) => {
                self.context.is_finishing = true;
                self.end = Some(end);
                // A request that has arrived on an idle connection is answered before it is closed.
                let first = self.context.clock.now + FIRST_REQUEST_TIME;
                for slot in 0..self.connections.len() {
                    if let Some(connection) = self.connection(slot) {
                        connection.limit_first_request(first);
                    }
                    self.note_event(slot, false);
                }
            }
        }
    }

    /// Serves a new connection in a free slot.
    fn adopt(&mut self, new: NewConnection) {
        let slot = new.slot;
        let deadline = self.context.clock.now + self.context.shared.limits.idle;
        let mut connection = Connection::new(new, deadline);
        if let Err(error) = connection.stream.register(&self.context.registry, Token(slot)) {
            tracing::warn!(%error, "cannot watch a connection");
            return self.context.shared.slots.release(slot);
        }
        self.context.shared.slots.set_idle(slot, self.context.clock.now);
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.connections.get_mut(slot) {
            *place = Some(Box::new(connection));
            self.open += 1;
            self.enqueue(slot);
        }
        self.check_by(deadline);
    }

    /// Evicts the connection that `Slots::choose` has chosen, if it still waits for its client.
    fn evict(&mut self, slot: usize) {
        if let Some((connection, context)) = self.with_context(slot)
            && connection.is_waiting()
            && context.shared.slots.is_busy(slot)
        {
            // A client in the middle of a request is told why.
            let _ = connection.time_out(context);
            self.close(slot);
        }
        self.context.shared.slots.end_eviction();
        self.context.shared.stop.wake_acceptor();
    }

    fn deliver(&mut self, id: RequestId, answer: Result<Answer, Refusal>) {
        let found = self.with_context(id.slot).filter(|(connection, _)| connection.id == id);
        // The client may have left, or may have been told that there is no answer and sent another
        // request.
        let Some((connection, context)) = found else { return };
        let result = connection.deliver(answer, context);
        self.follow_up(id.slot, result);
    }

    /// Continues the connections that have work to do, one request each.
    fn serve_ready(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        for slots in ready.chunks(MAX_BATCH) {
            let mut requests = Vec::with_capacity(slots.len());
            for &slot in slots {
                let Some((connection, context)) = self.with_context(slot) else { continue };
                // If a connection has reused a slot, the slot can be in the queue twice.
                if !std::mem::take(&mut connection.is_queued) {
                    continue;
                }
                match connection.advance(context) {
                    Ok(Some(request)) => requests.push((slot, request)),
                    step => self.follow_up(slot, step.map(drop)),
                }
            }
            self.answer(requests);
        }
    }

    fn answer(&mut self, requests: Vec<(usize, Box<Request<S::Admitted>>)>) {
        let disagreed = self.second_reader.compare(requests.iter().map(|(_, request)| &**request));
        for (at, (slot, request)) in requests.into_iter().enumerate() {
            let Some((connection, context)) = self.with_context(slot) else { continue };
            let result = if disagreed.contains(&at) {
                tracing::warn!("two readers of a request disagree on it; it is refused");
                connection.refuse(Some(request), refusals::ambiguous(), context)
            } else {
                connection.answer(*request, context)
            };
            self.follow_up(slot, result);
        }
    }

    /// Closes a connection, queues it again or waits for it, depending on the result of its last step.
    fn follow_up(&mut self, slot: usize, result: Result<(), Ended>) {
        let is_finishing = self.context.is_finishing;
        let Some(connection) = self.connection(slot) else { return };
        let is_done = is_finishing && connection.is_done();
        if result.is_err() || is_done {
            return self.close(slot);
        }
        let (deadline, is_ready) = (connection.deadline, connection.is_ready());
        if is_ready {
            self.enqueue(slot);
        }
        self.check_by(deadline);
    }

    fn close(&mut self, slot: usize) {
        if self.connections.get_mut(slot).and_then(Option::take).is_some() {
            self.open -= 1;
            self.context.shared.slots.release(slot);
        }
    }

    fn check_by(&mut self, deadline: Instant) {
        self.next_check = Some(self.next_check.map_or(deadline, |look| look.min(deadline)));
    }

    /// Closes the connections whose deadlines have passed.
    fn check_deadlines(&mut self) {
        let now = self.context.clock.now;
        if self.next_check.is_none_or(|look| now < look) {
            return;
        }
        self.next_check = None;
        for slot in 0..self.connections.len() {
            let Some((connection, context)) = self.with_context(slot) else { continue };
            if now < connection.deadline {
                let deadline = connection.deadline;
                self.check_by(deadline);
                continue;
            }
            let result = connection.time_out(context);
            self.follow_up(slot, result);
        }
        self.next_check = self.next_check.map(|look| look.max(now + MIN_CHECK_INTERVAL));
    }
}
