//! The accept loop.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::{Listener, SslContextWrap};

use super::connection::{Connection, Context};
use super::lane::Lanes;
use super::{LocalAddress, Server, listen};

/// How long to leave the listening socket alone after it failed.
const BACK_OFF: Duration = Duration::from_millis(20);

/// How long a new connection may wait for others to make room before it is turned away.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long to wait before looking for room again.
const PAUSE: Duration = Duration::from_millis(1);

/// Accepts connections, and hands them to the lanes, until the server is told to stop.
pub(super) fn run(server: &Server, context: &Arc<Context>, lanes: &Lanes) {
    while !context.stop.is_set() {
        let accepted = server.wake.wait_for_client(&server.listener);
        // A stop may be what ended the wait.
        let accepted = accepted.and_then(|()| accept_all(server, context, lanes));
        if let Err(error) = accepted {
            rest_after(&error, context);
        }
    }
    if server.passed {
        // Who waits is for the next process to serve.
        return;
    }
    // Who was connected before the end, but not accepted, is served.
    set_nonblocking(&server.listener);
    while accept_one(server, context, lanes).is_ok() {}
}

/// Accepts who waits. Where `accept` itself would wait for the next, one at a time.
fn accept_all(server: &Server, context: &Arc<Context>, lanes: &Lanes) -> io::Result<()> {
    while !context.stop.is_set() {
        accept_one(server, context, lanes)?;
        if !listen::NONBLOCKING {
            break;
        }
    }
    Ok(())
}

fn accept_one(server: &Server, context: &Arc<Context>, lanes: &Lanes) -> io::Result<()> {
    let ssl = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
    let accept = || tiny_http::Server::accept_connection(&server.listener, &ssl);
    // tiny_http unwraps what fails when file descriptors run out. What it held is closed by then.
    let accepted = catch_unwind(AssertUnwindSafe(accept));
    let accepted = accepted.map_err(|_| io::Error::other("out of file descriptors"))?;
    let Some(client) = accepted? else { return Ok(()) };
    let Some(connection) = Connection::new(client, context) else { return Ok(()) };
    place(connection, context, lanes);
    Ok(())
}

/// Finds room for a connection. Where there is none, others that only wait for their clients make
/// room: a connection that says nothing must not keep out one that does.
fn place(connection: Connection, context: &Context, lanes: &Lanes) {
    let (registry, most) = (&context.registry, context.limits.connections);
    let end = Instant::now() + PATIENCE;
    loop {
        let over = registry.count().saturating_sub(most);
        if over == 0 {
            return lanes.take(connection);
        }
        if Instant::now() > end {
            return connection.turn_away();
        }
        registry.make_room(over, Some(connection.entry()));
        thread::sleep(PAUSE);
    }
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
