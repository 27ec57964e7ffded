//! The log of `lkt serve`: stderr, as text or JSON.

use std::io;

use tracing::level_filters::LevelFilter;

use super::args::{LogFormat, ServeArgs};
use crate::cli::notes::Notes;

/// Has the program's events written to stderr from now on.
pub(super) fn start(args: &ServeArgs, notes: Notes) {
    let level = match (notes.is_quiet(), args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, false) => LevelFilter::INFO,
        (false, true) => LevelFilter::DEBUG,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false);
    // An error means that there is one already, in a process that embeds this one.
    let _ = match args.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
