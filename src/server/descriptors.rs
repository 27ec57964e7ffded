//! File descriptors: as many as the system gives, and no more connections than they suffice for.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What a connection takes: tiny_http duplicates its socket.
const PER_CONNECTION: u64 = 2;

/// What the rest of the process may need: standard streams, the listening socket, files that are read
/// again on SIGHUP.
const RESERVED: u64 = 24;

/// Raises the soft limit to the hard one, and returns how many of `wanted` connections fit.
pub(super) fn connections_within_limit(wanted: usize) -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    let limit = if raised.is_ok() { hard } else { soft };
    let fit = limit.saturating_sub(RESERVED) / PER_CONNECTION;
    let fit = usize::try_from(fit).unwrap_or(usize::MAX).max(1);
    if fit < wanted {
        tracing::warn!(limit, connections = fit, "file descriptors suffice for fewer connections");
    }
    wanted.min(fit)
}
