//! The progress of bulk minting, on stderr.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::cli::notes::Notes;
use crate::times::words;

/// A run shows no progress before this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// Minimum time between two changes of the line.
const INTERVAL: Duration = Duration::from_millis(100);

/// The work done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    /// Number of tokens printed.
    pub(super) tokens: u64,
    /// Progress towards the end: tokens of a count, or bytes of a batch.
    pub(super) distance: u64,
}

/// Shows how many tokens are done, how many per second, and how long the rest will take. It is shown
/// only on a terminal that does not receive the tokens, and not with `--quiet`.
pub(super) struct Progress {
    started: Instant,
    done: Step,
    /// The total distance to the end, if it is known.
    end: Option<u64>,
    is_wanted: bool,
    /// When the line was last written.
    shown_at: Option<Instant>,
}

impl Progress {
    pub(super) fn new(end: Option<u64>, notes: Notes) -> Self {
        let is_wanted =
            !notes.is_quiet() && io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { started: Instant::now(), done: Step::default(), end, is_wanted, shown_at: None }
    }

    pub(super) fn advance(&mut self, step: Step) {
        self.done.tokens += step.tokens;
        self.done.distance += step.distance;
        let is_recent = self.shown_at.is_some_and(|shown| shown.elapsed() < INTERVAL);
        if self.is_wanted && self.started.elapsed() >= PATIENCE && !is_recent {
            self.shown_at = Some(Instant::now());
            show(&line(self.done, self.end, self.started.elapsed().as_secs()));
        }
    }
}

impl Drop for Progress {
    /// Clears the progress from the terminal, for the next output.
    fn drop(&mut self) {
        if self.shown_at.is_some() {
            show("");
        }
    }
}

/// Replaces the line. It is padded: that clears it on every terminal.
fn show(line: &str) {
    // If the terminal is gone, there is no one to tell.
    let _ = write!(io::stderr(), "\r{line:<72}\r{line}");
}

/// What has been done after this many seconds.
fn line(done: Step, end: Option<u64>, seconds: u64) -> String {
    let Step { tokens, distance } = done;
    let rate = tokens / seconds.max(1);
    let left = end.map(|end| {
        // The rest is assumed to continue at the same pace.
        let rest = u128::from(seconds) * u128::from(end.saturating_sub(distance));
        let left = rest / u128::from(distance.max(1));
        format!(", {} left", words(u64::try_from(left).unwrap_or(u64::MAX)))
    });
    let left = left.unwrap_or_default();
    format!("{} tokens, {} a second{left}", grouped(tokens), grouped(rate))
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let done = Step { tokens: 1_234_567, distance: 250 };
        assert_eq!(line(done, Some(1000), 2), "1,234,567 tokens, 617,283 a second, 6s left");
        assert_eq!(line(done, None, 2), "1,234,567 tokens, 617,283 a second");
        let none = Step { tokens: 999, distance: 0 };
        assert_eq!(line(none, Some(0), 0), "999 tokens, 999 a second, 0s left");
    }
}
