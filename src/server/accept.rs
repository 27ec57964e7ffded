//! The accept loop: assigns each new connection to a lane, until the server is told to stop.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::context::Shared;
use super::mailbox::{Mailbox, Message, NewConnection};
use super::refusals;
use super::socket::{Listener, Stream};
use super::{Client, Service};

/// Token of the waker, which ends the wait for new connections. The listening sockets use their indices.
pub(super) const WAKE: Token = Token(usize::MAX);

/// How long to wait after accepting has failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// Maximum time that a new connection waits for a slot. A slot is usually free soon: requests take
/// microseconds, and stalled connections are evicted (see `slots`). If none is, the answer is 503.
const MAX_WAIT: Duration = Duration::from_millis(800);

/// Interval between attempts to assign the waiting connections.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// Minimum time between two log lines about connections that could not be served.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// Accepts connections and hands them to the lanes.
pub(super) struct Acceptor<'a, S> {
    listeners: &'a [Listener],
    shared: &'a Arc<Shared<S>>,
    lanes: &'a [Arc<Mailbox>],
    /// New connections that wait for a slot, the newest last, and when each began to wait.
    waiting: VecDeque<(Instant, Stream, Client)>,
    /// Whether a connection has been evicted since the last one was accepted. If that did not help,
    /// evicting another would not help either.
    has_evicted: bool,
    /// When connections that could not be served were last logged.
    last_logged: Option<Instant>,
}

impl<'a, S: Service> Acceptor<'a, S> {
    pub(super) fn new(
        listeners: &'a [Listener],
        shared: &'a Arc<Shared<S>>,
        lanes: &'a [Arc<Mailbox>],
    ) -> Self {
        let waiting = VecDeque::new();
        Self { listeners, shared, lanes, waiting, has_evicted: false, last_logged: None }
    }

    /// Accepts connections until the server is told to stop.
    pub(super) fn run(&mut self, poll: &mut Poll) -> io::Result<()> {
        let stop = &self.shared.stop;
        let mut events = Events::with_capacity(2);
        let mut timeout = None;
        while !stop.is_set() {
            match poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            // Connections that were waiting when accepting failed raise no new event.
            let failed = self.accept_all(|| stop.is_set());
            self.assign_waiting();
            self.make_room();
            let retry = (!self.waiting.is_empty()).then_some(RETRY_INTERVAL);
            timeout = failed.map(|error| self.back_off(&error)).or(retry);
        }
        Ok(())
    }

    /// Accepts all pending connections, and hands them to lanes. Returns the error if accepting fails.
    pub(super) fn accept_all(&mut self, is_over: impl Fn() -> bool) -> Option<io::Error> {
        self.listeners.iter().find_map(|listener| self.accept_from(listener, &is_over))
    }

    fn accept_from(
        &mut self,
        listener: &Listener,
        is_over: impl Fn() -> bool,
    ) -> Option<io::Error> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
        while !is_over() {
            match listener.accept() {
                Ok((stream, client)) => {
                    self.has_evicted = false;
                    self.waiting.push_back((Instant::now(), stream, client));
                    self.assign_waiting();
                }
                Err(error) => match error.kind() {
                    WouldBlock => return None,
                    // The client left before it was accepted, or a signal interrupted the call.
                    ConnectionAborted | ConnectionReset | Interrupted => {}
                    _ => return Some(error),
                },
            }
        }
        None
    }

    /// Evicts a connection when file descriptors or memory are scarce. Returns how long to wait before
    /// the next attempt.
    fn back_off(&mut self, error: &io::Error) -> Duration {
        if self.may_log() {
            tracing::warn!(%error, "cannot accept connections, trying again");
        }
        if !self.turn_oldest_away() && !self.has_evicted {
            self.has_evicted = self.evict_one();
        }
        BACK_OFF
    }

    /// Evicts a connection, if one can be evicted. Its lane reports when the eviction has ended.
    fn evict_one(&self) -> bool {
        let chosen = self.shared.slots.choose(Instant::now());
        if let Some(slot) = chosen {
            self.send(slot, Message::Evict(slot));
        }
        chosen.is_some()
    }

    /// Hands waiting connections to lanes while there are free slots, the newest first: in a flood, those
    /// that have waited longest belong to the flood. Answers 503 to those that have waited too long.
    fn assign_waiting(&mut self) {
        while !self.waiting.is_empty()
            && let Some(slot) = self.shared.slots.take()
            && let Some((_, stream, client)) = self.waiting.pop_back()
        {
            self.send(slot, Message::Adopt(NewConnection { slot, stream, client }));
        }
        let is_late = |&(since, ..): &(Instant, _, _)| since.elapsed() >= MAX_WAIT;
        while self.waiting.len() > self.shared.limits.waiting()
            || self.waiting.front().is_some_and(is_late)
        {
            self.turn_oldest_away();
        }
    }

    /// Evicts connections for new ones that still wait for a slot.
    fn make_room(&self) {
        for _ in 0..self.shared.slots.missing(self.waiting.len()) {
            if !self.evict_one() {
                break;
            }
        }
    }

    /// Answers 503 to the connections that still wait for a slot.
    pub(super) fn turn_all_away(&mut self) {
        while self.turn_oldest_away() {}
    }

    /// Answers 503 to the connection that has waited longest for a slot. Returns whether there is one.
    fn turn_oldest_away(&mut self) -> bool {
        let Some((_, stream, _)) = self.waiting.pop_front() else { return false };
        if self.may_log() {
            let most = self.shared.limits.connections;
            tracing::warn!(most, "every connection is at work; new ones are answered 503");
        }
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        refusals::turn_away(stream, &self.shared.service, &date);
        true
    }

    /// Sends a message to the lane of a slot.
    fn send(&self, slot: usize, message: Message) {
        if let Some(lane) = self.lanes.get(self.shared.slots.lane(slot)) {
            lane.put(message);
        }
    }

    fn may_log(&mut self) -> bool {
        let now = Instant::now();
        let may = self.last_logged.is_none_or(|before| now - before >= LOG_INTERVAL);
        if may {
            self.last_logged = Some(now);
        }
        may
    }
}
