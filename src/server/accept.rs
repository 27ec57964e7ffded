//! The accept loop.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

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

/// How many connections over the limit are told so in time for them to hear it.
const TURNED_AWAY_GENTLY: usize = 32;

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
            rest_after(&error);
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
    let over = context.registry.count().saturating_sub(server.limits.connections);
    if over > TURNED_AWAY_GENTLY {
        connection.turn_away_at_once();
        return Ok(());
    }
    let work = move || if over == 0 { connection.serve() } else { connection.turn_away() };
    // A panic ends one connection, which closes itself. So does a thread that cannot be started.
    thread::Builder::new().name("connection".to_owned()).stack_size(STACK).spawn(work)?;
    Ok(())
}

fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    match error.kind() {
        // The socket's receive timeout woke us, or a client left before it was accepted.
        WouldBlock | TimedOut | Interrupted | ConnectionAborted | ConnectionReset => {}
        _ => {
            tracing::warn!(%error, "cannot accept connections, trying again");
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
