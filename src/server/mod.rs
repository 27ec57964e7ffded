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
//! Every socket is owned by one value from `accept` to `close`. Lanes are threads, one per core, each with
//! a poll and the connections that it owns. The lane that is awake accepts, and a connection that stays
//! goes to the lane with the fewest. A connection is a small state machine that never blocks, so a slow,
//! silent or greedy client delays nobody else.
//!
//! - `http1` reads requests and writes answers: pure functions, no sockets;
//! - `second_reader` has tiny_http read each request as well (with the feature `tiny_http`, on Unix);
//! - `known_heads` are those that need not be read again;
//! - `accept`, `connection` and `lane` transfer the bytes and enforce the deadlines;
//! - `eviction` chooses the connection to evict when there are too many.
//!
//! Memory use is bounded: a connection keeps at most the head of a request and what has arrived together
//! with it, and an idle connection less than 4 KiB. A larger body is read when there is room for it and
//! its answer: 6 MiB for all connections together (`room`). What a service makes of a body is there only
//! while it is handled, and each lane handles one request at a time.

#![allow(clippy::disallowed_methods)] // clocks are read here

mod accept;
mod connection;
mod context;
mod eviction;
mod http1;
mod known_heads;
mod lane;
mod lane_thread;
mod limits;
mod load;
mod mailbox;
mod outbox;
#[cfg(all(unix, feature = "tiny_http"))]
mod private_address;
mod refusals;
mod renewal;
mod replaceable;
mod room;
#[cfg_attr(not(all(unix, feature = "tiny_http")), path = "no_second_reader.rs")]
mod second_reader;
mod service;
mod socket;
mod stop;
mod unread;

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

pub use limits::{LARGE_BODY, Limits, MAX_HEAD_BYTES, MAX_HEADER_LINES};
pub use load::{LaneLoad, Load};
pub use mailbox::{Call, LateAnswer};
pub use replaceable::Replaceable;
pub use service::{Answered, Client, Service, SharedEndpoint};
pub use socket::OpenSocket;
pub use stop::Stop;

use context::Shared;
use lane_thread::Prepared;
use mailbox::{Mailbox, Message};
use socket::Listener;

/// How long the lanes may take to end after their deadline.
const GRACE: Duration = Duration::from_secs(1);

/// Number of files that must be left for connections before a server starts.
const SPARE_FILES: usize = 8;

/// A server and its listening sockets, before [`Server::run`].
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    limits: Limits,
    stop: Stop,
    lanes: Vec<Prepared>,
}

impl Server {
    /// Creates a server for a socket that listens. Clients that connect already are answered once
    /// [`Server::run`] is called. All files that the server needs for itself are opened here.
    ///
    /// # Errors
    /// Any error of the system, for example if too few open files are allowed.
    pub fn new(socket: impl Into<OpenSocket>, limits: Limits) -> io::Result<Self> {
        let limits = limits.bounded();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let lanes = (0..cores.min(limits.connections)).map(|_| Prepared::new());
        let lanes = lanes.collect::<io::Result<_>>()?;
        let mut server = Self { listeners: Vec::new(), limits, stop: Stop::default(), lanes };
        server.add_listener(socket)?;
        let spare = server.lanes.iter().cycle().take(SPARE_FILES).map(Prepared::spare_file);
        spare.collect::<io::Result<Vec<_>>>()?;
        Ok(server)
    }

    /// Adds another socket that listens, TCP or Unix. The limits hold for all of them together.
    ///
    /// # Errors
    /// Any error of the system.
    pub fn add_listener(&mut self, socket: impl Into<OpenSocket>) -> io::Result<()> {
        let mut listener = Listener::new(socket.into())?;
        Prepared::watch(&self.lanes, &mut listener, self.listeners.len())?;
        self.listeners.push(listener);
        Ok(())
    }

    /// Returns a handle that makes [`Server::run`] return, from another thread.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Returns a view of what the server is doing, for metrics.
    pub fn load(&self) -> Load {
        Load(self.lanes.iter().map(Prepared::counters).collect())
    }

    /// Answers requests until the stop handle is used, and then until the requests in flight are
    /// answered, for at most [`Limits::stopping`].
    ///
    /// # Errors
    /// Anything that keeps the threads of the server from starting or continuing.
    pub fn run(self, service: impl Service) -> io::Result<()> {
        let mailboxes = self.lanes.iter().map(Prepared::mailbox).collect::<Vec<_>>();
        let count = mailboxes.len();
        let shared = Arc::new(Shared::new(service, self.limits, self.stop, mailboxes));
        let listeners = Arc::from(self.listeners);
        let (sender, ended) = mpsc::channel();
        for (number, prepared) in self.lanes.into_iter().enumerate() {
            let share = (shared.limits.connections + number) / count;
            if let Err(error) = prepared.start(number, share, &listeners, &shared, &sender) {
                finish(&shared.lanes, Instant::now());
                return Err(error);
            }
        }
        // From now on, the lanes alone have these.
        drop((sender, listeners));
        shared.stop.wait();
        // No lane has been told to end yet.
        let is_broken = ended.try_recv().is_ok();
        let end = Instant::now() + shared.limits.stopping;
        finish(&shared.lanes, end);
        // Waits until the last lane has ended and its sender is gone, but not for one that is stuck.
        let left = || (end + GRACE).saturating_duration_since(Instant::now());
        while ended.recv_timeout(left()).is_ok() {}
        if is_broken {
            return Err(io::Error::other("a thread that serves connections has ended"));
        }
        Ok(())
    }
}

/// Tells the lanes to answer the requests in flight, no longer than until `end`, and to end.
fn finish(lanes: &[Arc<Mailbox>], end: Instant) {
    for lane in lanes {
        lane.put(Message::Finish(end));
    }
}
