//! Adjusts the number of connections to the system's limit on open files.

use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Number of files that are open besides connections: standard streams, the listening socket, signals,
/// and files being read.
const OTHERS: u64 = 32;

/// Number of files that each lane of the server opens for itself.
const PER_LANE: u64 = 8;

/// Raises the limit as far as allowed, and returns how many of the wanted connections fit. `waiting` more
/// may wait for room. If they do not fit, they are turned away.
pub(crate) fn fit(wanted: usize, waiting: usize) -> usize {
    let lanes = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let others = OTHERS + PER_LANE * lanes;
    let Rlimit { current: Some(current), maximum } = getrlimit(Resource::Nofile) else {
        return wanted;
    };
    let needed = (wanted as u64).saturating_add(waiting as u64).saturating_add(others);
    let raised = maximum.map_or(needed, |maximum| needed.min(maximum)).max(current);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        Ok(()) => raised,
        Err(_) => current,
    };
    let fit = usize::try_from(limit.saturating_sub(others)).unwrap_or(usize::MAX);
    let fit = fit.clamp(1, wanted.max(1));
    if fit < wanted {
        tracing::warn!(wanted, fit, "the limit on open files allows fewer connections");
    }
    fit
}
