//! Sockets: listening, accepting, the limits on what a connection may cost, and stopping.
//!
//! tiny_http reads requests and writes answers, on a thread a connection; the accept loop is ours.
//! tiny_http has no limit on a request's head, waits for ever inside some malformed ones, and hands
//! out no socket. So each connection's socket is found by its number ([`registry`]), and before
//! tiny_http reads a request, [`arrival`] looks at it in the kernel's buffer without taking it out
//! (`MSG_PEEK`): tiny_http only ever sees a head that is whole, well formed and within the limits.
//! What takes too long after that is cut off by the [`watchman`].
//!
//! What bounds a connection: [`Limits`]. What remains: a client that sends its next request before
//! the answer to the last (pipelining, which no LiveKit client does) has its connection closed after
//! the answer, and must ask again.

#![allow(clippy::disallowed_methods)] // clocks are read here

mod accept;
mod arrival;
mod connection;
mod descriptors;
mod head;
mod limits;
mod listen;
mod log;
mod passed;
mod registry;
mod shared;
mod socket;
mod watchman;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

pub use limits::Limits;
pub use listen::{Listen, ListenError, LocalAddress};
pub use passed::PassedSocket;
pub use shared::{SharedEndpoint, Stop};
pub use watchman::Ceiling;

use registry::Registry;
use shared::Wake;

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: tiny_http::Listener,
    local: LocalAddress,
    limits: Limits,
    registry: Arc<Registry>,
    wake: Arc<Wake>,
    /// Whether the listening socket is another process's as well.
    passed: bool,
}

impl Server {
    /// Starts to listen. Connections that come from now on wait for [`Server::run`]. The limit on
    /// open files is raised as far as the system allows, and connections are limited to what it
    /// suffices for.
    ///
    /// # Errors
    /// [`ListenError`] says which address, and why not.
    pub fn bind(listen: &Listen, mut limits: Limits) -> Result<Self, ListenError> {
        limits.connections = descriptors::connections_within_limit(limits.connections);
        let (listener, local) = listen.bind(&limits)?;
        Self::new(listener, local, limits)
    }

    /// The same with a socket that listens already, and goes on when this server stops.
    ///
    /// # Errors
    /// [`ListenError`] says what is wrong with it.
    pub fn take_over(socket: PassedSocket, mut limits: Limits) -> Result<Self, ListenError> {
        limits.connections = descriptors::connections_within_limit(limits.connections);
        socket.prepare(&limits)?;
        let PassedSocket { listener, local } = socket;
        Ok(Self { passed: true, ..Self::new(listener, local, limits)? })
    }

    fn new(
        listener: tiny_http::Listener,
        local: LocalAddress,
        limits: Limits,
    ) -> Result<Self, ListenError> {
        let wake =
            Wake::new().map_err(|source| ListenError::System { at: local.to_string(), source })?;
        let registry = Arc::new(Registry::new(local.clone()));
        Ok(Self { listener, local, limits, registry, wake: Arc::new(wake), passed: false })
    }

    /// Where it listens.
    pub fn local_address(&self) -> &LocalAddress {
        &self.local
    }

    /// What makes [`Server::run`] return, from another thread.
    pub fn stop_handle(&self) -> Stop {
        Stop::new(Arc::clone(&self.wake), Arc::clone(&self.registry))
    }

    /// Answers requests until the stop handle is used, then until those in flight are answered, but
    /// no longer than the limit for stopping.
    ///
    /// # Errors
    /// Whatever keeps the watchman's thread from starting.
    pub fn run(self, endpoint: &SharedEndpoint, stop: &Stop, ceiling: Ceiling) -> io::Result<()> {
        let watchman = watchman::start(Arc::clone(&self.registry), ceiling)?;
        accept::run(&self, endpoint, stop);
        let Self { listener, local, registry, limits, passed, .. } = self;
        // From here on a new client is told at once that nobody listens, or waits for who comes next.
        drop(listener);
        if !passed {
            accept::remove_socket_file(&local);
        }
        wait_until_empty(&registry, limits.stopping);
        watchman.stop();
        Ok(())
    }
}

fn wait_until_empty(registry: &Registry, patience: Duration) {
    let end = Instant::now() + patience;
    while registry.count() > 0 && Instant::now() < end {
        // Again and again: a connection that was busy a moment ago may be idle now.
        registry.finish_idle();
        thread::sleep(Duration::from_millis(5));
    }
}
