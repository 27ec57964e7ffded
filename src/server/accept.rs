//! The accept loop.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::{Listener, SslContextWrap};

use super::connection::{Connection, Context};
use super::log::Log;
use super::shared::{SharedEndpoint, Stop};
use super::{LocalAddress, Server};

/// Bytes of a connection's stack. What is deepest on it is the JSON parser, which goes 128 levels:
/// a debug build needs over 256 KiB for them. Only what is touched takes memory.
const STACK: usize = 1024 * 1024;

/// How long to leave the listening socket alone after it failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// How long a new connection may wait for others to make room before it is turned away.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long to wait before looking for room again.
const PAUSE: Duration = Duration::from_millis(1);

pub(super) fn run(server: &Server, endpoint: &SharedEndpoint, stop: &Stop) {
    let context = Context {
        endpoint: endpoint.clone(),
        registry: Arc::clone(&server.registry),
        limits: server.limits.clone(),
        stop: stop.clone(),
        log: Arc::new(Log::default()),
    };
    while !stop.is_set() {
        let accepted = server.wake.wait_for_client(&server.listener);
        // A stop may be what ended the wait.
        let accepted = accepted
            .and_then(|()| if stop.is_set() { Ok(()) } else { accept_one(server, &context) });
        if let Err(error) = accepted {
            rest_after(&error, &context);
        }
    }
    if server.passed {
        // Who waits is for the next process to serve.
        return;
    }
    // Who was connected before the end, but not accepted, is served.
    set_nonblocking(&server.listener);
    while accept_one(server, &context).is_ok() {}
}

fn accept_one(server: &Server, context: &Context) -> io::Result<()> {
    let ssl = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
    let accept = || tiny_http::Server::accept_connection(&server.listener, &ssl);
    // tiny_http unwraps what fails when file descriptors run out. What it held is closed by then.
    let accepted = catch_unwind(AssertUnwindSafe(accept));
    let accepted = accepted.map_err(|_| io::Error::other("out of file descriptors"))?;
    let Some(client) = accepted? else { return Ok(()) };
    let Some(connection) = Connection::new(client, context) else { return Ok(()) };
    place(connection, context);
    Ok(())
}

/// Finds room and a thread for a connection. Where there is none, others that only wait for their
/// clients make room: a connection that says nothing must not keep out one that does.
fn place<C, E>(connection: Connection<C>, context: &Context)
where
    C: Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
{
    let (registry, most) = (&context.registry, context.limits.connections);
    let entry = Arc::clone(connection.entry());
    // Shared, because a thread that cannot be started would drop it.
    let shared = Arc::new(Mutex::new(Some(connection)));
    let end = Instant::now() + PATIENCE;
    loop {
        let over = registry.count().saturating_sub(most);
        if over == 0 && start_thread(&shared).is_ok() {
            return;
        }
        if Instant::now() > end {
            break;
        }
        registry.make_room(over.max(1), Some(&entry));
        thread::sleep(PAUSE);
    }
    if let Some(connection) = take(&shared) {
        connection.turn_away();
    }
}

fn start_thread<C, E>(shared: &Arc<Mutex<Option<Connection<C>>>>) -> io::Result<()>
where
    C: Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
{
    let shared = Arc::clone(shared);
    let work = move || {
        if let Some(connection) = take(&shared) {
            connection.serve();
        }
    };
    // A panic ends one connection, which closes itself.
    thread::Builder::new().name("connection".to_owned()).stack_size(STACK).spawn(work).map(drop)
}

fn take<T>(shared: &Mutex<Option<T>>) -> Option<T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn rest_after(error: &io::Error, context: &Context) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    match error.kind() {
        // The socket's receive timeout woke us, or a client left before it was accepted.
        WouldBlock | TimedOut | Interrupted | ConnectionAborted | ConnectionReset => {}
        _ => {
            tracing::warn!(%error, "cannot accept connections, trying again");
            // File descriptors are scarce.
            context.registry.make_room(1, None);
            thread::sleep(BACK_OFF);
        }
    }
}

fn set_nonblocking(listener: &Listener) {
    let result = match listener {
        Listener::Tcp(listener) => listener.set_nonblocking(true),
        Listener::Unix(listener) => listener.set_nonblocking(true),
    };
    if let Err(error) = result {
        tracing::warn!(%error, "connections that were not accepted yet are lost");
    }
}

/// A Unix socket's file is of no use once nobody listens.
pub(super) fn remove_socket_file(local: &LocalAddress) {
    if let LocalAddress::Unix(path) = local {
        let _ = std::fs::remove_file(path);
    }
}
