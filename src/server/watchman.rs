//! A thread that keeps the time, and the last resort.
//!
//! It cuts off connections whose request takes too long. And should a connection's thread not come
//! back even so, or the process grow beyond its ceiling, it says so and ends the process, for a
//! supervisor to start anew: a clean end within seconds is better than a server that hangs.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::registry::Registry;

/// How often the watchman looks.
const ROUND: Duration = Duration::from_millis(100);

/// How long after its deadline a request may still be told so.
const GRACE: Duration = Duration::from_secs(2);

/// What the process may come to before it is ended.
pub struct Ceiling {
    /// Bytes of resident memory; watched on Linux.
    pub memory: u64,
    /// Connections whose threads do not come back.
    pub stuck: usize,
    /// Ends the process, and says why.
    pub end: Box<dyn Fn(&str) + Send>,
}

impl fmt::Debug for Ceiling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory, stuck, .. } = self;
        formatter
            .debug_struct("Ceiling")
            .field("memory", memory)
            .field("stuck", stuck)
            .finish_non_exhaustive()
    }
}

/// The watchman at work.
#[derive(Debug)]
pub(super) struct Watchman {
    quit: Sender<()>,
    thread: JoinHandle<()>,
}

pub(super) fn start(registry: Arc<Registry>, ceiling: Ceiling) -> io::Result<Watchman> {
    let (quit, told) = mpsc::channel();
    let rounds = move || {
        while told.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
            look(&registry, &ceiling);
        }
    };
    let thread = thread::Builder::new().name("watchman".to_owned()).spawn(rounds)?;
    Ok(Watchman { quit, thread })
}

impl Watchman {
    pub(super) fn stop(self) {
        let _ = self.quit.send(());
        let _ = self.thread.join();
    }
}

fn look(registry: &Registry, ceiling: &Ceiling) {
    let stuck = registry.cut_off(GRACE);
    if stuck > ceiling.stuck {
        (ceiling.end)(&format!("{stuck} connections are stuck"));
    }
    match resident() {
        Some(bytes) if bytes > ceiling.memory => {
            (ceiling.end)(&format!("the process has {bytes} bytes of memory"));
        }
        _ => {}
    }
}

/// Bytes of memory that the process has in use, on Linux.
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages = pages.split(' ').nth(1)?.parse::<u64>().ok()?;
    Some(pages * page_size())
}

fn page_size() -> u64 {
    use nix::unistd::{SysconfVar, sysconf};
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}
