//! The log of `lkt serve`: stderr, as text or JSON.

use std::io;

use tracing::level_filters::LevelFilter;

use super::args::{LogFormat, ServeArgs};
use super::log_queue::LogQueue;
use crate::cli::notes::Notes;

/// Starts to write the program's events to stderr.
pub(super) fn start(args: &ServeArgs, notes: Notes) -> io::Result<LogQueue> {
    let level = match (notes.is_quiet(), args.log.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, false) => LevelFilter::INFO,
        (false, true) => LevelFilter::DEBUG,
    };
    let queue = LogQueue::start(args.log.log_format)?;
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(queue.clone())
        .with_ansi(false)
        .with_target(false);
    // An error means that a process that embeds this program has set a logger already.
    let _ = match args.log.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(queue)
}
