//! Notes and warnings, on stderr.

use std::io::{self, IsTerminal, Write};

use super::printable::Printable;

/// Which notes are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notes {
    quiet: bool,
}

impl Notes {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Prints something a person may want to know. Only on a terminal, and not with `--quiet`.
    pub(crate) fn note(self, text: impl FnOnce() -> String) {
        if !self.quiet && io::stderr().is_terminal() {
            say("note", &text());
        }
    }

    /// Warns of something that is probably wrong. Not with `--quiet`.
    pub(crate) fn warn(self, text: &str) {
        if !self.quiet {
            say("warning", text);
        }
    }
}

fn say(what: &str, text: &str) {
    // If stderr is closed, nobody reads the note.
    let _ = writeln!(io::stderr(), "{what}: {}", Printable(text));
}
