//! The part of a lane that accepts connections, and makes room for them. On Linux, every lane does: a connection that comes, sends a
//! request and leaves is served by the lane that was awake. One that stays after its first answer goes to
//! the lane with the fewest (see [`Lane::settle`]).

use std::io::{
    self,
    ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock},
};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::context::Context;
use super::lane::Lane;
use super::mailbox::{Message, NewConnection};
use super::{Service, eviction, unread};

/// Whether all lanes accept, or the first one for all of them.
const ALL_ACCEPT: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Maximum number of connections that a lane accepts from a socket before it serves them.
const AT_ONCE: usize = 16;

/// How long to wait after accepting has failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// Maximum time that a new connection waits for room. There is room soon: requests take microseconds, and
/// connections are evicted (see `eviction`). If there is none, the answer is 503.
const MAX_WAIT: Duration = Duration::from_millis(800);

/// Minimum time between two log lines about connections that could not be served.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

impl<S: Service> Lane<S> {
    /// Accepts connections from the sockets that may have some.
    pub(super) fn accept(&mut self) {
        if self.accept_from.is_some_and(|from| self.context.clock.now < from) {
            return;
        }
        self.accept_from = None;
        for listener in mem::take(&mut self.pending) {
            match self.accept_some(listener, AT_ONCE) {
                Ok(is_empty) if is_empty => {}
                Ok(_) => self.pending.push(listener),
                Err(error) => {
                    self.pending.push(listener);
                    self.back_off(&error);
                }
            }
        }
    }

    /// Accepts what is left when the server stops: clients that connected before are still served.
    pub(super) fn accept_rest(&mut self, end: Instant) {
        for listener in 0..self.listeners.len() {
            while Instant::now() < end
                && self.accept_some(listener, AT_ONCE).is_ok_and(|done| !done)
            {}
        }
        self.pending.clear();
        self.listeners = [].into();
    }

    /// Accepts at most this many connections. Returns whether there are no more.
    fn accept_some(&mut self, listener: usize, most: usize) -> io::Result<bool> {
        for _ in 0..most {
            let Some(accepted) = self.listeners.get(listener).map(super::socket::Listener::accept)
            else {
                return Ok(true);
            };
            match accepted {
                Ok((stream, client)) => {
                    self.has_made_room = false;
                    self.place(NewConnection { stream, client, is_settled: false });
                }
                Err(error) => match error.kind() {
                    WouldBlock => return Ok(true),
                    // The client left before it was accepted, or a signal interrupted the call.
                    ConnectionAborted | ConnectionReset | Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(false)
    }

    /// Serves a connection here if there is room, or else gives it to the lane with the fewest.
    fn place(&mut self, new: NewConnection) {
        let lanes = &self.context.shared.lanes;
        let fewest = lanes.iter().min_by_key(|lane| lane.fill());
        if (ALL_ACCEPT && self.has_room()) || fewest.is_none() {
            self.context.mailbox.note_accepted();
            self.adopt(new);
        } else if let Some(lane) = fewest {
            lane.adopt(new);
        }
    }

    /// Gives a connection that stays to the lane with the fewest, unless this one has hardly more.
    pub(super) fn settle(&mut self, slot: usize) {
        if let Some(connection) = self.connection(slot) {
            connection.is_settled = true;
        }
        let shared = &self.context.shared;
        let Some(fewest) = shared.lanes.iter().min_by_key(|lane| lane.fill()) else { return };
        if fewest.connections() + 1 >= self.context.mailbox.connections() {
            return;
        }
        fewest.note_settled(self.context.clock.now - shared.began);
        let fewest = Arc::clone(fewest);
        if let Some(connection) = self.remove(slot)
            && let Ok(new) = connection.give_away(self.context.poll.registry())
        {
            fewest.adopt(new);
        }
    }

    /// Whether there is room for another connection.
    pub(super) fn has_room(&self) -> bool {
        self.open() < self.share && self.waiting.is_empty()
    }

    /// Adopts the connections that wait for room, the newest first: in a flood, those that have waited
    /// longest belong to the flood. Evicts connections for those that do not fit, and answers 503 to
    /// those that have waited too long.
    pub(super) fn make_room(&mut self) {
        let now = self.context.clock.now;
        let free = self.share.saturating_sub(self.open());
        let missing = self.waiting.len().saturating_sub(free) + usize::from(self.is_scarce);
        if missing > 0 {
            self.evict(missing);
        }
        while self.open() < self.share
            && let Some((_, new)) = self.waiting.pop_back()
        {
            self.adopt(new);
        }
        let most = self.context.shared.limits.waiting() / self.context.shared.limits.connections;
        while self.waiting.len() > most.saturating_mul(self.share)
            || self.waiting.front().is_some_and(|&(since, _)| now - since >= MAX_WAIT)
            || (self.is_scarce && !self.waiting.is_empty())
        {
            self.turn_oldest_away();
        }
    }

    /// Gives the room for large bodies to connections that wait for it. Evicts those that have had some
    /// for too long.
    pub(super) fn share_room(&mut self) {
        let now = self.context.clock.now;
        while let Some((slot, bytes)) = self.context.room.next(now) {
            if let Some(connection) = self.connection(slot) {
                connection.take_room(bytes, now);
                self.enqueue(slot);
            }
        }
        let waiting = self.context.room.waiting();
        if waiting > 0 {
            self.evict_of(waiting, |connection| connection.is_slow(now));
        }
    }

    /// Evicts at most this many connections.
    fn evict(&mut self, most: usize) {
        self.evict_of(most, |_| true);
    }

    /// Evicts at most this many connections of a certain kind.
    fn evict_of(&mut self, most: usize, is_of_kind: impl Fn(&Connection<S>) -> bool) {
        let now = self.context.clock.now;
        let connections = self.connections.iter().enumerate();
        let open = connections.filter_map(|(slot, place)| Some((slot, place.as_ref()?)));
        let open = open.filter(|(_, connection)| is_of_kind(connection));
        let waits = open.map(|(slot, connection)| (slot, connection.client, connection.wait()));
        let chosen = eviction::choose(waits, most, now);
        // A request that has arrived by now is answered first, and the connection then stays.
        for &slot in &chosen {
            self.note_event(slot, false);
        }
        self.serve_ready();
        for slot in chosen {
            if let Some((connection, context)) = self.with_context(slot)
                && connection.wait().is_some_and(|wait| wait.is_over(now))
            {
                // A client in the middle of a request is told why.
                let _ = connection.time_out(context);
                context.counters.evicted.add(1);
                self.send_answers();
                self.close(slot);
            }
        }
    }

    /// Answers 503 to the connection that has waited longest for room.
    fn turn_oldest_away(&mut self) {
        let Some((_, new)) = self.waiting.pop_front() else { return };
        let now = self.context.clock.now;
        if self.last_logged.is_none_or(|before| now - before >= LOG_INTERVAL) {
            self.last_logged = Some(now);
            let most = self.context.shared.limits.connections;
            tracing::warn!(most, "every connection is at work; new ones are answered 503");
        }
        let Context { shared, clock, .. } = &self.context;
        unread::turn_away(new.stream, new.client, shared, &clock.date);
        self.context.mailbox.note_closed();
        self.context.counters.turned_away.add(1);
        self.is_scarce = false;
    }

    /// Has a lane close a connection when file descriptors or memory are scarce, and waits before the next
    /// attempt. If a lane has made room and accepting has failed again, more room would not help either.
    fn back_off(&mut self, error: &io::Error) {
        let now = self.context.clock.now;
        if self.last_logged.is_none_or(|before| now - before >= LOG_INTERVAL) {
            self.last_logged = Some(now);
            tracing::warn!(%error, "cannot accept connections, trying again");
        }
        let lanes = self.context.shared.lanes.iter();
        let fullest = lanes.max_by_key(|lane| lane.connections());
        if let Some(lane) = fullest.filter(|_| !self.has_made_room) {
            self.has_made_room = true;
            lane.put(Message::MakeRoom);
        }
        self.accept_from = Some(now + BACK_OFF);
    }
}
