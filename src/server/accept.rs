//! The accept loop: finds a place for each new connection, until the server is told to stop.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::lane::{LaneHandle, Shared, turn_away};
use super::mailbox::{Message, Newcomer};
use super::service::Client;
use super::slots::Slot;
use super::socket::{Listener, Stream};
use super::{Service, Stop};

/// The listening socket's token.
pub(super) const LISTENER: Token = Token(0);

/// The token of what ends the wait for new connections.
pub(super) const WAKE: Token = Token(1);

/// How long to leave the listening socket alone after it failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// The least time between two lines of the log about connections that could not be served.
const SILENCE: Duration = Duration::from_secs(1);

/// Accepts connections and hands them to the lanes.
pub(super) struct Acceptor<'a, S> {
    listener: &'a Listener,
    shared: &'a Arc<Shared<S>>,
    lanes: &'a [LaneHandle],
    /// When the log was last told that connections could not be served.
    complained: Option<Instant>,
}

impl<'a, S: Service> Acceptor<'a, S> {
    pub(super) fn new(
        listener: &'a Listener,
        shared: &'a Arc<Shared<S>>,
        lanes: &'a [LaneHandle],
    ) -> Self {
        Self { listener, shared, lanes, complained: None }
    }

    /// Accepts until the server is told to stop, or until it is broken. Returns whether it is.
    pub(super) fn run(
        &mut self,
        poll: &mut Poll,
        stop: &Stop,
        is_broken: impl Fn() -> bool,
    ) -> io::Result<bool> {
        let mut events = Events::with_capacity(2);
        let mut patience = None;
        while !stop.is_set() {
            if is_broken() {
                return Ok(true);
            }
            match poll.poll(&mut events, patience) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            // After a failure, those that wait make no more news.
            let failed = self.accept_all(|| stop.is_set());
            patience = failed.map(|error| self.make_room(&error));
        }
        Ok(false)
    }

    /// Accepts everyone who waits, and returns what went wrong.
    pub(super) fn accept_all(&mut self, is_over: impl Fn() -> bool) -> Option<io::Error> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
        while !is_over() {
            match self.listener.accept() {
                Ok((stream, client)) => self.place(stream, client),
                Err(error) => match error.kind() {
                    WouldBlock => return None,
                    // The client left before it was accepted, or a signal came.
                    ConnectionAborted | ConnectionReset | Interrupted => {}
                    _ => return Some(error),
                },
            }
        }
        None
    }

    /// File descriptors or memory are scarce: another connection makes room. Returns how long to wait.
    fn make_room(&mut self, error: &io::Error) -> Duration {
        if self.may_complain() {
            tracing::warn!(%error, "cannot accept connections, trying again");
        }
        if let Some(Slot { number, lane }) = self.shared.slots.choose(Instant::now()) {
            self.tell(lane, Message::Evict(number));
        }
        BACK_OFF
    }

    fn place(&mut self, stream: Stream, client: Client) {
        if let Some(Slot { number: slot, lane }) = self.shared.slots.take() {
            return self.tell(lane, Message::Adopt(Newcomer { slot, stream, client }));
        }
        let now = Instant::now();
        if let Some(Slot { number: slot, lane }) = self.shared.slots.choose(now) {
            return self.tell(lane, Message::Replace(Newcomer { slot, stream, client }));
        }
        if self.may_complain() {
            let most = self.shared.limits.connections;
            tracing::warn!(most, "every connection is at work; new ones are answered 503");
        }
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        turn_away(Newcomer { slot: 0, stream, client }, &date);
    }

    fn tell(&self, lane: usize, message: Message) {
        if let Some(lane) = self.lanes.get(lane) {
            lane.mailbox.put(message);
        }
    }

    fn may_complain(&mut self) -> bool {
        let now = Instant::now();
        let may = self.complained.is_none_or(|before| now - before >= SILENCE);
        if may {
            self.complained = Some(now);
        }
        may
    }
}
