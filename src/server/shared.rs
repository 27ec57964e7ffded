//! What threads share: the endpoint, which can be exchanged while it serves, and the wish to stop.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::registry::Registry;
use crate::endpoint::Endpoint;

/// An endpoint that can be exchanged for another between two requests.
#[derive(Debug, Clone)]
pub struct SharedEndpoint(Arc<RwLock<Arc<Endpoint>>>);

impl SharedEndpoint {
    /// Takes the endpoint over.
    pub fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(endpoint))))
    }

    /// The endpoint of this moment.
    pub fn load(&self) -> Arc<Endpoint> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Requests from now on are answered by another endpoint.
    pub fn replace(&self, endpoint: Endpoint) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(endpoint);
    }
}

/// A pipe that ends the wait for a client. A connection to ourselves would not do: a sandbox may
/// forbid it, and it would wait in the queue behind others.
#[derive(Debug)]
pub(super) struct Wake {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Wake {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { reader, writer })
    }

    /// Waits until a client can be accepted, or until the server is to stop.
    pub(super) fn wait_for_client(&self, listener: &impl AsFd) -> io::Result<()> {
        let wanted = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut either = [wanted(listener.as_fd()), wanted(self.reader.as_fd())];
        poll(&mut either, PollTimeout::NONE)?;
        Ok(())
    }

    /// Ends the wait, now and from now on.
    fn end_wait(&self) {
        // A pipe that is full has been written to before.
        let _ = (&self.writer).write(&[0]);
    }
}

/// Makes a server stop.
#[derive(Debug, Clone)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    wake: Arc<Wake>,
    registry: Arc<Registry>,
}

impl Stop {
    pub(super) fn new(wake: Arc<Wake>, registry: Arc<Registry>) -> Self {
        Self { flag: Arc::default(), wake, registry }
    }

    /// Whether the server was told to stop.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Tells the server to stop: no new connections, and requests in flight are answered.
    pub fn set(&self) {
        if !self.flag.swap(true, Ordering::AcqRel) {
            self.wake.end_wait();
        }
        self.registry.finish_idle();
    }
}
