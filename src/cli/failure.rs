//! How a command fails: the error, what to do about it, and the exit code.

use std::fmt;
use std::io;

use super::printable::Printable;

/// The exit codes of failures. Success is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It cannot be done: a bad key, an invalid token, a port that is taken.
    Failed = 1,
    /// The command line, or the input that it names, is wrong.
    Usage = 2,
}

/// A failure, as it is shown to the user.
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

    /// Puts the place where it happened before the error.
    pub(crate) fn at(self, place: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self { error: self.error.context(place), ..self }
    }

    /// The result could not be written. See [`Failure::is_closed_pipe`] for the usual reason.
    pub(crate) fn write(error: io::Error) -> Self {
        Self::failed(
            anyhow::Error::new(error).context("cannot write the result"),
            "see where standard output goes",
        )
    }

    /// Whether the reader of standard output is gone, which is no error: the command ends quietly.
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
