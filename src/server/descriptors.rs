//! How many connections the system's limit on open files allows.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::registry::NUMBERS;

/// What is open besides connections: standard streams, the listening socket, signals, files that are
/// read; and the connection that waits for room.
const OTHERS: u64 = 24;

/// Raises the limit as far as it may be, and returns how many of the connections that are wanted fit.
pub(super) fn connections(wanted: usize) -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let needed = (wanted as u64).saturating_mul(NUMBERS as u64).saturating_add(OTHERS);
    let raised = needed.min(hard).max(soft);
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, raised, hard) {
        Ok(()) => raised,
        Err(_) => soft,
    };
    let fit = limit.saturating_sub(OTHERS) / NUMBERS as u64;
    let fit = usize::try_from(fit).unwrap_or(usize::MAX).clamp(1, wanted.max(1));
    if fit < wanted {
        tracing::warn!(wanted, fit, "the limit on open files allows fewer connections");
    }
    fit
}
