//! `--metrics-listen`: what Prometheus reads about a running service.
//!
//! Names and units follow Prometheus' conventions. No label has a room, an identity, an address or
//! anything else that a client chose, so the number of time series is bounded.

mod answers;
mod at_scrape;
mod exposition;
#[cfg(target_os = "linux")]
mod process;
mod registry;

use std::io;
use std::sync::Arc;
use std::thread;

use crate::server::{Limits, Load, OpenSocket};
use at_scrape::ServerLoad;
use exposition::Exposition;
pub(crate) use registry::Metrics;

/// Maximum number of connections of programs that read the metrics.
const CONNECTIONS: usize = 16;

/// Creates metrics, and a thread that shows them at these sockets, if there are any. `load` is that of the
/// server of the endpoint, which has at most so many connections.
pub(crate) fn show(
    sockets: Vec<OpenSocket>,
    load: Load,
    connections: usize,
) -> io::Result<Option<Arc<Metrics>>> {
    if sockets.is_empty() {
        return Ok(None);
    }
    let metrics = Metrics::new(ServerLoad { load, most: connections });
    let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
    let server = super::server(sockets, limits)?;
    let exposition = Exposition(Arc::clone(&metrics));
    let work = move || {
        if let Err(error) = server.run(exposition) {
            let reason = error.to_string();
            tracing::error!(reason, "the metrics can no longer be read");
        }
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(work)?;
    Ok(Some(metrics))
}
