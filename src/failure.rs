//! How a command fails: the error, what to do about it, and the exit code.

use std::fmt;
use std::io;

use crate::printable::Printable;

/// The exit codes of failures. Success is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The command cannot be carried out: a bad key, an invalid token, a port in use.
    Failed = 1,
    /// The command line is wrong, or input that it names.
    Usage = 2,
}

/// A failure, as shown to the user.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    error: anyhow::Error,
    help: String,
}

impl Failure {
    /// Creates a failure for a wrong command line or wrong input.
    pub(crate) fn usage(error: impl Into<anyhow::Error>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, error: error.into(), help: help.into() }
    }

    /// Creates a failure for a command that cannot be carried out.
    pub(crate) fn failed(error: impl Into<anyhow::Error>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, error: error.into(), help: help.into() }
    }

    /// The same failure with other help.
    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// Adds the place where the failure happened in front of the error.
    pub(crate) fn at(self, place: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self { error: self.error.context(place), ..self }
    }

    /// Creates a failure for a result that could not be written. The usual reason is a closed pipe: see
    /// [`Failure::is_closed_pipe`].
    pub(crate) fn write(error: io::Error) -> Self {
        Self::failed(
            anyhow::Error::new(error).context("cannot write the result"),
            "see where standard output goes",
        )
    }

    /// What went wrong, with its causes, as it is. A log escapes it.
    pub(crate) fn problem(&self) -> String {
        format!("{:#}", self.error)
    }

    /// Whether the reader of standard output is gone. This is not an error: the command ends quietly.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        let io = self.error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "error: {}", Printable(&self.problem()))?;
        write!(formatter, "help: {}", Printable(&self.help))
    }
}
