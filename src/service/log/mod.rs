//! The log of `lkt serve`: stderr, as text or JSON.

mod line;
mod queue;
mod requests;

use std::io;

use tracing::level_filters::LevelFilter;

pub(crate) use queue::{LogQueue, lost_lines};
pub(crate) use requests::{LARGE_TOKEN, RequestLog};

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: LevelFilter,
}

/// Starts to write the program's events to stderr.
pub(crate) fn start(settings: LogSettings) -> io::Result<LogQueue> {
    let LogSettings { format, level } = settings;
    let queue = LogQueue::start(format)?;
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(queue.clone())
        .with_ansi(false)
        .with_target(false);
    // An error means that a process that embeds this program has set a logger already.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(queue)
}
