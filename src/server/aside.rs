//! What has to wait for a client is done aside of the lanes, on a thread that it has for itself:
//! a body that arrives slowly, an answer that the client is slow to take, and what a refused client
//! still sends.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use http::Response;

use super::connection::Connection;
use super::head::Head;
use super::lane::{Lane, STACK};
use crate::endpoint::Route;

/// What a connection has to do that may wait.
pub(super) enum Task {
    /// Answer a request whose body has not been read, and end the connection.
    Refuse(Box<Response<Vec<u8>>>, Option<Box<Head>>),
    /// Read the body, and answer.
    Answer(Route, Box<Head>),
    /// Send the rest of an answer.
    Send(Answer),
    /// The answer is sent and the connection ends, but there is more to read.
    Linger,
}

/// The rest of an answer that the client is slow to take.
pub(super) struct Answer {
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes are sent.
    pub(super) sent: usize,
    /// Whether the connection ends with it.
    pub(super) last: bool,
}

/// Does it on a thread of its own, and gives the connection back to its lane if it goes on.
pub(super) fn start(connection: Connection, task: Task, lane: Arc<Lane>) {
    // Shared, because a thread that cannot be started would drop it.
    let shared = Arc::new(Mutex::new(Some((connection, task))));
    let started = {
        let shared = Arc::clone(&shared);
        let work = move || {
            if let Some(back) = take(&shared).and_then(|(connection, task)| connection.wait(task)) {
                lane.take(back);
            }
        };
        thread::Builder::new().name("aside".to_owned()).stack_size(STACK).spawn(work).map(drop)
    };
    if let Err(error) = started {
        tracing::warn!(%error, "no thread is left for a slow client");
        if let Some((connection, _)) = take(&shared) {
            connection.turn_away();
        }
    }
}

fn take<T>(shared: &Mutex<Option<T>>) -> Option<T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}
