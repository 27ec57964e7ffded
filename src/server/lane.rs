//! A lane: a thread that owns connections. It polls all of them at once and never blocks on one.

use std::collections::VecDeque;
use std::hint;
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Token};

use super::Service;
use super::connection::{Connection, Ended};
use super::context::Context;
use super::lane_thread::{Leave, RENEW_TIME};
use super::mailbox::{Message, NewConnection, RequestId};
use super::socket::Listener;
use crate::endpoint::{Answer, Refusal};

/// Maximum number of events that a lane handles at once.
const MAX_EVENTS: usize = 256;

/// How long a lane with a single connection polls without sleeping after it had work to do.
const SPIN_TIME: Duration = Duration::from_micros(50);

/// Interval between attempts to make room.
const ROOM_INTERVAL: Duration = Duration::from_millis(5);

/// Minimum time between two checks of all deadlines.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Maximum time for the first request of a client that has just connected when the server is told to
/// stop.
const FIRST_REQUEST_TIME: Duration = Duration::from_millis(250);

/// The token of the mailbox. Connections use the numbers of their slots.
pub(super) const MAILBOX: Token = Token(usize::MAX);

/// The token of the first listening socket; that of the next one is one less.
pub(super) const LISTENER: usize = usize::MAX - 1;

/// Maximum number of listening sockets.
const MAX_LISTENERS: usize = 1024;

/// Connections, and what is known about them.
pub(super) struct Lane<S: Service> {
    pub(super) context: Context<S>,
    /// The listening sockets; none once the server stops.
    pub(super) listeners: Arc<[Listener]>,
    /// The indices of those that may have new connections.
    pub(super) pending: Vec<usize>,
    /// When to accept again after it has failed.
    pub(super) accept_from: Option<Instant>,
    /// Whether a lane was told to make room since the last connection was accepted.
    pub(super) has_made_room: bool,
    /// The connections, by slot.
    pub(super) connections: Vec<Option<Box<Connection<S>>>>,
    /// The slots of `connections` that are free.
    free: Vec<usize>,
    /// Maximum number of connections.
    pub(super) share: usize,
    /// New connections that wait for room, the newest last, and when each began to wait.
    pub(super) waiting: VecDeque<(Instant, NewConnection)>,
    /// Whether file descriptors or memory are scarce, so that a connection is to be closed.
    pub(super) is_scarce: bool,
    /// When a connection that could not be served was last logged.
    pub(super) last_logged: Option<Instant>,
    /// The slots of connections that have work to do.
    ready: Vec<usize>,
    /// When to check the deadlines next.
    next_check: Option<Instant>,
    /// When there was last a large body, or when this thread has taken over from one that had some.
    pub(super) had_large: Option<Instant>,
    pub(super) is_second: bool,
    /// When to end, even if requests are in flight.
    end: Option<Instant>,
}

impl<S: Service> Lane<S> {
    pub(super) fn new(context: Context<S>, listeners: &Arc<[Listener]>, share: usize) -> Self {
        Self {
            context,
            listeners: Arc::clone(listeners),
            // Clients that connected before raise no event of their own on some systems.
            pending: (0..listeners.len()).collect(),
            accept_from: None,
            has_made_room: false,
            connections: Vec::new(),
            free: Vec::new(),
            share,
            waiting: VecDeque::new(),
            is_scarce: false,
            last_logged: None,
            ready: Vec::new(),
            next_check: None,
            had_large: None,
            is_second: false,
            end: None,
        }
    }

    /// Serves until the lane is told to end, or should go on in another thread.
    pub(super) fn run(&mut self) -> Leave {
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
                match event.token() {
                    MAILBOX => has_mail = true,
                    Token(number) if number > LISTENER - MAX_LISTENERS => {
                        self.pending.push(LISTENER - number);
                    }
                    Token(slot) => {
                        self.note_event(slot, event.is_read_closed() || event.is_error());
                    }
                }
            }
            if has_mail {
                for message in self.context.mailbox.take() {
                    self.handle_message(message);
                }
            }
            self.accept();
            self.serve_ready();
            if self.context.room.waiting() > 0 {
                self.share_room();
            }
            if !self.waiting.is_empty() || self.is_scarce {
                self.make_room();
            }
            self.check_deadlines();
            if self.is_over_large() {
                return Leave::Renew;
            }
            self.context.counters.worked(self.context.clock.now.elapsed());
        }
        Leave::End
    }

    /// Number of open connections.
    pub(super) fn open(&self) -> usize {
        self.connections.len() - self.free.len()
    }

    /// Waits for events. A single client often sends the next request right after an answer, and waking
    /// up would take longer than the answer itself. On a single processor, the client could not send it
    /// meanwhile.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let began = self.context.clock.now;
        let may_spin = self.context.shared.lanes.len() > 1 && self.ready.is_empty();
        while may_spin && self.open() == 1 && began.elapsed() < SPIN_TIME {
            self.context.poll.poll(events, Some(Duration::ZERO))?;
            if !events.is_empty() {
                return Ok(());
            }
            // Does not yield: where the processors are busy, its turn would come too late.
            hint::spin_loop();
        }
        let timeout = self.poll_timeout();
        self.context.poll.poll(events, timeout)
    }

    fn is_done(&self) -> bool {
        let is_over = |end: Instant| {
            (self.open() == 0 && self.waiting.is_empty()) || self.context.clock.now >= end
        };
        self.end.is_some_and(is_over)
    }

    /// How long to wait for events.
    fn poll_timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() || (!self.pending.is_empty() && self.accept_from.is_none()) {
            return Some(Duration::ZERO);
        }
        let renewal = self.had_large.map(|had| had + RENEW_TIME);
        let next = self.next_check.into_iter().chain(self.end).chain(self.accept_from);
        let next = next.chain(renewal).min();
        let next = next.map(|next| next.saturating_duration_since(Instant::now()));
        let is_full = !self.waiting.is_empty() || self.is_scarce || self.context.room.waiting() > 0;
        let retry = is_full.then_some(ROOM_INTERVAL);
        next.into_iter().chain(retry).min()
    }

    pub(super) fn connection(&mut self, slot: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(slot)?.as_deref_mut()
    }

    /// The connection, and what the lane lends to it.
    pub(super) fn with_context(
        &mut self,
        slot: usize,
    ) -> Option<(&mut Connection<S>, &mut Context<S>)> {
        let connection = self.connections.get_mut(slot)?.as_deref_mut()?;
        Some((connection, &mut self.context))
    }

    /// Notes an event on the socket of a connection.
    pub(super) fn note_event(&mut self, slot: usize, is_ended: bool) {
        if let Some(connection) = self.connection(slot) {
            connection.note_event(is_ended);
            self.enqueue(slot);
        }
    }

    /// Queues a connection that has work to do, unless it is queued already.
    pub(super) fn enqueue(&mut self, slot: usize) {
        if let Some(connection) = self.connection(slot)
            && !mem::replace(&mut connection.is_queued, true)
        {
            self.ready.push(slot);
        }
    }

    fn handle_message(&mut self, message: Message) {
        match message {
            Message::Adopt(new) if self.has_room() => self.adopt(new),
            Message::Adopt(new) => self.waiting.push_back((self.context.clock.now, new)),
            Message::MakeRoom => self.is_scarce = true,
            Message::Answer(id, answer) => self.deliver(id, answer),
            Message::Finish(end) => {
                self.context.is_finishing = true;
                self.end = Some(end);
                self.accept_rest(end);
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

    /// Serves a new connection.
    pub(super) fn adopt(&mut self, new: NewConnection) {
        let slot = self.free.pop().unwrap_or(self.connections.len());
        let is_settled = new.is_settled;
        let mut connection = Box::new(Connection::new(new, slot, &self.context));
        connection.counted = Some(connection.activity());
        self.context.counters.accepted.add(u64::from(!is_settled));
        self.context.counters.note(None, connection.counted);
        let deadline = connection.deadline;
        match self.connections.get_mut(slot) {
            Some(place) => *place = Some(connection),
            None => self.connections.push(Some(connection)),
        }
        self.enqueue(slot);
        self.check_by(deadline);
    }

    fn deliver(&mut self, id: RequestId, answer: Result<Answer, Refusal>) {
        let found = self.with_context(id.slot).filter(|(connection, _)| connection.id == id);
        // The client may have left, or may have been told that there is no answer and sent another
        // request.
        let Some((connection, context)) = found else { return };
        connection.deliver(answer, context);
        self.follow_up(id.slot, Ok(()));
    }

    /// Continues the connections that have work to do, one request each.
    pub(super) fn serve_ready(&mut self) {
        for slot in mem::take(&mut self.ready) {
            // If a connection has reused a slot, the slot can be in the queue twice.
            if let Some((connection, context)) = self.with_context(slot)
                && mem::take(&mut connection.is_queued)
            {
                let result = connection.advance(context);
                self.follow_up(slot, result);
                if self.context.outbox.is_full() {
                    self.send_answers();
                }
            }
        }
        self.send_answers();
    }

    /// Sends the answers that wait.
    pub(super) fn send_answers(&mut self) {
        if self.context.outbox.is_empty() {
            return;
        }
        let mut outbox = mem::take(&mut self.context.outbox);
        for (unsent, bytes) in outbox.waiting() {
            if let Some((connection, context)) = self.with_context(unsent.slot)
                && connection.is_answered()
            {
                let result = connection.send(bytes, unsent.is_last, context);
                self.follow_up(unsent.slot, result);
            }
        }
        outbox.clear();
        self.context.outbox = outbox;
    }

    /// Closes a connection, queues it again or waits for it, depending on the result of its last step.
    fn follow_up(&mut self, slot: usize, result: Result<(), Ended>) {
        let Some((connection, context)) = self.with_context(slot) else { return };
        let activity = Some(connection.activity());
        context.counters.note(connection.counted, activity);
        connection.counted = activity;
        if result.is_ok() && connection.is_answered() {
            return;
        }
        let is_done = context.is_finishing && connection.is_done();
        if result.is_err() || is_done {
            return self.close(slot);
        }
        if connection.may_settle() && !context.is_finishing {
            self.settle(slot);
        }
        let Some((connection, context)) = self.with_context(slot) else { return };
        if let Err(error) = connection.watch(context.poll.registry()) {
            tracing::warn!(%error, "cannot watch a connection");
            return self.close(slot);
        }
        let (deadline, is_ready) = (connection.deadline, connection.is_ready());
        if is_ready {
            self.enqueue(slot);
        }
        self.check_by(deadline);
    }

    pub(super) fn close(&mut self, slot: usize) {
        if let Some(mut connection) = self.remove(slot) {
            connection.end_wait(&mut self.context);
            connection.leave_room(&mut self.context);
            self.is_scarce = false;
        }
    }

    pub(super) fn remove(&mut self, slot: usize) -> Option<Box<Connection<S>>> {
        let connection = self.connections.get_mut(slot).and_then(Option::take)?;
        self.free.push(slot);
        self.context.counters.note(connection.counted, None);
        self.context.mailbox.note_closed();
        Some(connection)
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
        self.send_answers();
        self.next_check = self.next_check.map(|look| look.max(now + MIN_CHECK_INTERVAL));
    }
}
