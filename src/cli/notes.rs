//! What is said beside the result, on stderr.

use std::io::{self, IsTerminal, Write};

use super::printable::Printable;

/// How much to say.
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

    /// Something good to know, for a person: said on a terminal alone.
    pub(crate) fn note(self, text: impl FnOnce() -> String) {
        if !self.quiet && io::stderr().is_terminal() {
            say("note", &text());
        }
    }

    /// Something that is probably wrong.
    pub(crate) fn warn(self, text: &str) {
        if !self.quiet {
            say("warning", text);
        }
    }
}

fn say(what: &str, text: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(io::stderr(), "{what}: {}", Printable(text));
}
