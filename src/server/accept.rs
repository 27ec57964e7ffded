//! The part of a lane that accepts connections. On Linux, every lane does: a connection that comes, sends a
//! request and leaves is served by the lane that was awake. One that stays after its first answer goes to
//! the lane with the fewest (see [`Lane::settle`]).

use std::io;
use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Service;
use super::lane::Lane;
use super::mailbox::{Message, NewConnection};

/// Whether all lanes accept, or the first one for all of them.
const ALL_ACCEPT: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Maximum number of connections that a lane accepts from a socket before it serves them.
const AT_ONCE: usize = 16;

/// How long to wait after accepting has failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// Minimum time between two log lines about connections that could not be served.
pub(super) const LOG_INTERVAL: Duration = Duration::from_secs(1);

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
            let Some(accepted) = self.listeners.get(listener).map(|it| it.accept()) else {
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
        let number = shared.settled.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(fewest) = shared.lanes.iter().min_by_key(|lane| lane.fill()) else { return };
        if fewest.connections() + 1 >= self.context.mailbox.connections() {
            return self.context.mailbox.note_settled(number);
        }
        fewest.note_settled(number);
        let fewest = Arc::clone(fewest);
        if let Some(connection) = self.remove(slot)
            && let Ok(new) = connection.give_away(self.context.poll.registry())
        {
            fewest.adopt(new);
        }
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
