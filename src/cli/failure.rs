//! How a command fails: what is wrong, what to do, and the exit code.

use std::fmt;
use std::io;

use super::printable::Printable;

/// Exit codes; 0 is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It could not be done: a bad key, an invalid token, a port that is taken.
    Failed = 1,
    /// The command line, or what it named as input, is wrong.
    Usage = 2,
}

/// A failure to tell the user of.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    error: anyhow::Error,
    help: String,
}

impl Failure {
    /// The command line or its input is wrong.
    pub(crate) fn usage(error: impl Into<anyhow::Error>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, error: error.into(), help: help.into() }
    }

    /// It cannot be done.
    pub(crate) fn failed(error: impl Into<anyhow::Error>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, error: error.into(), help: help.into() }
    }

    /// The same, with where it happened before it.
    pub(crate) fn at(self, place: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self { error: self.error.context(place), ..self }
    }

    /// A result could not be written. A reader that has seen enough is none: see [`is_closed_pipe`].
    pub(crate) fn write(error: io::Error) -> Self {
        Self::failed(
            anyhow::Error::new(error).context("cannot write the result"),
            "see where standard output goes",
        )
    }

    /// Whether the reader of standard output is gone, which ends a command quietly.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        let io = self.error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = format!("{:#}", self.error);
        writeln!(formatter, "error: {}", Printable(&error))?;
        write!(formatter, "help: {}", Printable(&self.help))
    }
}
