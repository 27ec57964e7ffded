//! The accept loop: gives each new connection to a lane, until the server is told to stop.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::Stop;
use super::mailbox::{Mailbox, Message, NewConnection};
use super::socket::Listener;

/// Token of the waker, which ends the wait for new connections. The listening sockets use their indices.
pub(super) const WAKE: Token = Token(usize::MAX);

/// How long to wait after accepting has failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// Minimum time between two log lines about connections that could not be served.
pub(super) const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// Accepts connections and gives them to the lanes.
pub(super) struct Acceptor<'a> {
    pub(super) listeners: &'a [Listener],
    pub(super) lanes: &'a [Arc<Mailbox>],
    /// Whether a lane was told to make room since the last connection was accepted. If that did not
    /// help, more room would not help either.
    pub(super) has_made_room: bool,
    /// When a failure was last logged.
    pub(super) last_logged: Option<Instant>,
}

impl Acceptor<'_> {
    /// Accepts connections until the server is told to stop.
    pub(super) fn run(&mut self, poll: &mut Poll, stop: &Stop) -> io::Result<()> {
        let mut events = Events::with_capacity(self.listeners.len() + 1);
        let mut timeout = None;
        while !stop.is_set() {
            match poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            // Connections that were waiting when accepting failed raise no new event.
            timeout = self.accept_all(|| stop.is_set()).map(|error| self.back_off(&error));
        }
        Ok(())
    }

    /// Accepts all pending connections. Returns the error if accepting fails.
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
                    self.has_made_room = false;
                    if let Some(lane) = self.lanes.iter().min_by_key(|lane| lane.connections()) {
                        lane.adopt(NewConnection { stream, client });
                    }
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

    /// Has a lane close a connection when file descriptors or memory are scarce. Returns how long to
    /// wait before the next attempt.
    fn back_off(&mut self, error: &io::Error) -> Duration {
        let now = Instant::now();
        if self.last_logged.is_none_or(|before| now - before >= LOG_INTERVAL) {
            self.last_logged = Some(now);
            tracing::warn!(%error, "cannot accept connections, trying again");
        }
        let fullest = self.lanes.iter().max_by_key(|lane| lane.connections());
        if let Some(lane) = fullest.filter(|_| !self.has_made_room) {
            self.has_made_room = true;
            lane.put(Message::MakeRoom);
        }
        BACK_OFF
    }
}
