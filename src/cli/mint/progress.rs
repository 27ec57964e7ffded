//! The progress of bulk minting, on stderr.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{
    HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use crate::cli::notes::Notes;

/// A run shows no progress before this time.
const PATIENCE: Duration = Duration::from_secs(1);

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
    tokens: u64,
    distance: u64,
    /// The total distance to the end, if it is known.
    end: Option<u64>,
    is_wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(end: Option<u64>, notes: Notes) -> Self {
        let is_wanted =
            !notes.is_quiet() && io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { started: Instant::now(), tokens: 0, distance: 0, end, is_wanted, bar: None }
    }

    pub(super) fn advance(&mut self, step: Step) {
        self.tokens += step.tokens;
        self.distance += step.distance;
        if !self.is_wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| new_bar(self.end, self.started));
        bar.set_position(self.distance);
        let seconds = self.started.elapsed().as_secs().max(1);
        let rate = HumanCount(self.tokens / seconds);
        bar.set_message(format!("{} tokens, {rate} a second", HumanCount(self.tokens)));
    }
}

impl Drop for Progress {
    /// Clears the progress from the terminal, for the next output.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(end: Option<u64>, started: Instant) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(end, ProgressDrawTarget::stderr());
    let template = if end.is_some() { "{msg}, {left} left" } else { "{msg}" };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let left = move |state: &ProgressState, out: &mut dyn Write| {
        // The estimate assumes that the rest continues at the same pace.
        let done = state.fraction().max(f32::EPSILON);
        let left = started.elapsed().mul_f32((1.0 - done) / done);
        // If the terminal is gone, there is no one to tell.
        let _ = write!(out, "{}", HumanDuration(left));
    };
    bar.with_style(style.with_key("left", left))
}
