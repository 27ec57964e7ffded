//! Notes and warnings, on stderr.

use std::io::{self, IsTerminal, Write};

use crate::printable::Printable;

/// Which notes are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notes {
    quiet: bool,
    /// Whether warnings are lines of the log, for programs.
    logged: bool,
}

impl Notes {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, logged: false }
    }

    /// The same, but warnings go to the log.
    pub(crate) fn logged(self) -> Self {
        Self { logged: true, ..self }
    }

    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Prints information for a person. Only on a terminal, and not with `--quiet`.
    pub(crate) fn note(self, text: impl FnOnce() -> String) {
        if !self.quiet && !self.logged && io::stderr().is_terminal() {
            say("note", &text());
        }
    }

    /// Warns about something that is probably wrong. Not with `--quiet`.
    pub(crate) fn warn(self, text: &str) {
        match self {
            Self { quiet: true, .. } => {}
            Self { logged: true, .. } => tracing::warn!("{}", Printable(text)),
            _ => say("warning", text),
        }
    }
}

fn say(what: &str, text: &str) {
    // If stderr is closed, nobody reads the note.
    let _ = writeln!(io::stderr(), "{what}: {}", Printable(text));
}
