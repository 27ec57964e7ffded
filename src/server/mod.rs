//! An HTTP/1.1 server for a token endpoint: sockets, lanes, limits, and stopping.
//!
//! ```no_run
//! # use lkt::{endpoint::{Endpoint, Random}, token::KeyPair};
//! use lkt::server::{Limits, Server, SharedEndpoint};
//!
//! # let random = Random::new(|| 7);
//! let endpoint = Endpoint::new(KeyPair::dev(), "ws://localhost:7880".parse()?, random);
//! let listener = std::net::TcpListener::bind("127.0.0.1:3000")?;
//! let server = Server::new(listener, Limits::default())?;
//! server.run(SharedEndpoint::new(endpoint))?; // until `server.stop_handle().set()`
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every socket is owned by one value from `accept` to `close`. An accept loop hands connections to
//! lanes: threads, one per core, each with a poll and the connections that it owns. A connection is a
//! small state machine that never blocks, so a slow, silent or greedy client delays nobody else.
//!
//! - `http1` reads requests and writes answers: pure functions, no sockets;
//! - `second_reader` has tiny_http read each request as well (with the feature `tiny_http`, on Unix);
//! - `connection` and `lane` transfer the bytes and enforce the deadlines;
//! - `slots` chooses the connection to evict when there are too many.
//!
//! Memory use is bounded: it is at most [`Limits::connections`] times the head, body and answer of a
//! request. An idle connection keeps less than 1 KiB.

#![allow(clippy::disallowed_methods)] // clocks are read here

mod accept;
mod connection;
mod context;
mod http1;
mod lane;
mod limits;
mod mailbox;
#[cfg(all(unix, feature = "tiny_http"))]
mod private_address;
mod refusals;
mod replaceable;
#[cfg_attr(not(all(unix, feature = "tiny_http")), path = "no_second_reader.rs")]
mod second_reader;
mod service;
mod slots;
mod socket;
mod stop;

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Poll, Token, Waker};

pub use limits::{Limits, MAX_HEAD_BYTES, MAX_HEADER_LINES};
pub use mailbox::{Call, LateAnswer};
pub use replaceable::Replaceable;
pub use service::{Answered, Client, Service, SharedEndpoint};
pub use socket::OpenSocket;
pub use stop::Stop;

use accept::Acceptor;
use context::Shared;
use mailbox::{Mailbox, Message};
use slots::Slots;
use socket::Listener;

/// How long the lanes may take to end after their deadline.
const GRACE: Duration = Duration::from_secs(1);

/// A server and its listening sockets, before [`Server::run`].
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    limits: Limits,
    poll: Poll,
    stop: Stop,
}

impl Server {
    /// Creates a server for a socket that listens. Clients that connect already are answered once
    /// [`Server::run`] is called.
    ///
    /// # Errors
    /// Any error of the system.
    pub fn new(socket: impl Into<OpenSocket>, limits: Limits) -> io::Result<Self> {
        let poll = Poll::new()?;
        let stop = Stop::new(Waker::new(poll.registry(), accept::WAKE)?);
        let mut server = Self { listeners: Vec::new(), limits: limits.bounded(), poll, stop };
        server.add_listener(socket)?;
        Ok(server)
    }

    /// Adds another socket that listens, TCP or Unix. The limits hold for all of them together.
    ///
    /// # Errors
    /// Any error of the system.
    pub fn add_listener(&mut self, socket: impl Into<OpenSocket>) -> io::Result<()> {
        let mut listener = Listener::new(socket.into())?;
        listener.register(self.poll.registry(), Token(self.listeners.len()))?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Returns a handle that makes [`Server::run`] return, from another thread.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers requests until the stop handle is used, and then until the requests in flight are
    /// answered, for at most [`Limits::stopping`].
    ///
    /// # Errors
    /// Anything that keeps the threads of the server from starting or continuing.
    pub fn run(mut self, service: impl Service) -> io::Result<()> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            service,
            slots: Slots::new(self.limits.connections, count, Instant::now()),
            limits: self.limits,
            stop: self.stop,
        });
        let (sender, ended) = mpsc::channel();
        let mut lanes = Vec::with_capacity(count);
        for number in 0..count {
            match lane::start(number, &shared, &sender) {
                Ok(lane) => lanes.push(lane),
                Err(error) => {
                    finish(&lanes, Instant::now());
                    return Err(error);
                }
            }
        }
        // From now on, the lanes have the only senders.
        drop(sender);
        let mut acceptor = Acceptor::new(&self.listeners, &shared, &lanes);
        let accepted = acceptor.run(&mut self.poll);
        // No lane has been told to end yet.
        let is_broken = ended.try_recv().is_ok();
        let end = Instant::now() + shared.limits.stopping;
        // Clients that connected before the end but were not accepted yet are still served.
        let _ = acceptor.accept_all(|| Instant::now() >= end);
        acceptor.turn_all_away();
        drop(self.listeners);
        finish(&lanes, end);
        // Waits until the last lane has ended and its sender is gone, but not for one that is stuck.
        let left = || (end + GRACE).saturating_duration_since(Instant::now());
        while ended.recv_timeout(left()).is_ok() {}
        if is_broken {
            return Err(io::Error::other("a thread that serves connections has ended"));
        }
        accepted
    }
}

/// Tells the lanes to answer the requests in flight, no longer than until `end`, and to end.
fn finish(lanes: &[Arc<Mailbox>], end: Instant) {
    for lane in lanes {
        lane.put(Message::Finish(end));
    }
}
