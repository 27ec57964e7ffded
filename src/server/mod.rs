//! Sockets: listening, accepting, the limits on what a connection may cost, and stopping.
//!
//! tiny_http accepts connections and reads requests; when it does is for this module to say. A
//! connection rests in one of a few `lane`s until there is news of its client, and goes on as far as
//! that suffices. Its socket never blocks, so nothing in a lane waits for a client.
//!
//! tiny_http has no limit on a request's head, waits for ever inside some malformed ones, and hands
//! out no socket. So each connection's socket is found by its number (`registry`), and before
//! tiny_http reads a request, `arrival` looks at it in the kernel's buffer without taking it out
//! (`MSG_PEEK`): tiny_http only ever sees a head that is whole, well formed and within the limits. What
//! takes too long is cut off by the `watchman`.
//!
//! What bounds a connection: [`Limits`]. Where there are as many as may be, or file descriptors run
//! out, those that have waited longest for their client make room for new ones; 503 is for when all are
//! at work.
//!
//! What remains: a client that sends its next request before the answer to the last (pipelining,
//! which no LiveKit client does) has its connection closed after the answer, and must ask again,
//! since tiny_http may have read of it what can be looked at no more. `counter` tells. The kernel
//! counts for TCP on Linux alone; elsewhere a second request that comes in the microseconds between
//! look and read is missed, and its client is told that what it sent is no request. On a Unix socket only
//! the proxy in front, which does not pipeline, should be able to connect.

#![allow(clippy::disallowed_methods)] // clocks are read here

mod accept;
mod arrival;
mod body;
mod connection;
mod counter;
mod descriptors;
mod head;
mod lane;
mod limits;
mod linger;
mod listen;
mod log;
mod passed;
mod pause;
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

use connection::Context;
use lane::Lanes;
use log::Log;
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
        limits.connections = descriptors::connections(limits.connections);
        let (listener, local) = listen.bind()?;
        Self::new(listener, local, limits)
    }

    /// The same with a socket that listens already, and goes on when this server stops.
    ///
    /// # Errors
    /// [`ListenError`] says what is wrong with it.
    pub fn take_over(socket: PassedSocket, mut limits: Limits) -> Result<Self, ListenError> {
        limits.connections = descriptors::connections(limits.connections);
        socket.prepare()?;
        let PassedSocket { listener, local } = socket;
        Ok(Self { passed: true, ..Self::new(listener, local, limits)? })
    }

    fn new(
        listener: tiny_http::Listener,
        local: LocalAddress,
        limits: Limits,
    ) -> Result<Self, ListenError> {
        let failed = |source| ListenError::System { at: local.to_string(), source };
        listen::set_nonblocking(&listener).map_err(failed)?;
        let wake = Arc::new(Wake::new().map_err(failed)?);
        let registry = Arc::new(Registry::new(local.clone()).map_err(failed)?);
        Ok(Self { listener, local, limits, registry, wake, passed: false })
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
    /// Whatever keeps its threads from starting.
    pub fn run(self, endpoint: &SharedEndpoint, stop: &Stop, ceiling: Ceiling) -> io::Result<()> {
        let watchman = watchman::start(Arc::clone(&self.registry), ceiling)?;
        let lanes = Lanes::start()?;
        let context = Arc::new(Context {
            endpoint: endpoint.clone(),
            registry: Arc::clone(&self.registry),
            limits: self.limits.clone(),
            stop: stop.clone(),
            log: Log::default(),
        });
        accept::run(&self, &context, &lanes);
        let Self { listener, local, registry, limits, passed, .. } = self;
        // From here on a new client is told at once that nobody listens, or waits for who comes next.
        drop(listener);
        if !passed {
            accept::remove_socket_file(&local);
        }
        wait_until_empty(&registry, limits.stopping);
        drop(lanes);
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;
    use crate::endpoint::{Endpoint, Random};
    use crate::token::{ApiSecret, KeyPair};

    const REQUEST: &[u8] =
        b"POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

    fn endpoint() -> SharedEndpoint {
        let secret = ApiSecret::new("secret").expect("a secret");
        let keys = KeyPair::new("devkey", secret).expect("a key");
        let url = "ws://localhost:7880".parse().expect("a URL");
        SharedEndpoint::new(Endpoint::new(keys, url, Random::new(|| 42)))
    }

    /// Runs a server with room for so many connections, and what a client does.
    fn with_room_for(connections: usize, client: impl FnOnce(&dyn Fn() -> TcpStream)) {
        let listen = Listen::Tcp { host: "127.0.0.1".to_owned(), port: 0 };
        let server = Server::bind(&listen, Limits { connections, ..Limits::default() });
        let server = server.expect("a free port");
        let LocalAddress::Tcp(address) = *server.local_address() else { unreachable!() };
        let stop = server.stop_handle();
        let ceiling = Ceiling { memory: u64::MAX, stuck: usize::MAX, end: Box::new(|_| {}) };
        let running = {
            let stop = stop.clone();
            thread::spawn(move || server.run(&endpoint(), &stop, ceiling))
        };
        client(&|| TcpStream::connect(address).expect("a connection"));
        stop.set();
        running.join().expect("no panic").expect("a watchman");
    }

    fn is_answered(connection: &mut TcpStream) -> bool {
        connection.write_all(REQUEST).expect("sent");
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).is_ok() && answer == *b"HTTP/1.1 201"
    }

    #[test]
    fn connections_that_say_nothing_make_room() {
        with_room_for(2, |connect| {
            let mut silent = (connect(), connect());
            // They were accepted before, and are no longer young.
            thread::sleep(Duration::from_millis(200));
            assert!(is_answered(&mut connect()));
            // The one that has waited longest is the one that went.
            assert_eq!(silent.0.read(&mut [0]).ok(), Some(0));
            assert!(is_answered(&mut silent.1));
        });
    }

    #[test]
    fn who_was_answered_stays_when_others_make_room() {
        with_room_for(2, |connect| {
            let mut answered = connect();
            assert!(is_answered(&mut answered));
            let _ = answered.read(&mut [0; 4096]);
            thread::sleep(Duration::from_millis(200));
            // Too young to make room at once, but not to be waited for.
            let _silent = connect();
            assert!(is_answered(&mut connect()));
            assert!(is_answered(&mut answered));
        });
    }

    #[test]
    fn what_comes_after_the_answer_is_the_next_request() {
        with_room_for(1, |connect| {
            let mut connection = connect();
            for _ in 0..3 {
                assert!(is_answered(&mut connection));
                // The rest of the answer.
                thread::sleep(Duration::from_millis(50));
                let _ = connection.read(&mut [0; 4096]);
            }
        });
    }
}
