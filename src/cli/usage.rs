//! clap's errors in this program's form: one `error:` line and one `help:` line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::failure::Exit;
use super::printable::Printable;

/// Prints what clap has to say, help and version included, and returns the exit code.
pub(super) fn exit(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe ends quietly here as well.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let (problem, help) = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let help = "begin with `lkt mint --dev`, or see `lkt --help`";
            ("no command is given".to_owned(), help.to_owned())
        }
        _ => split(&text),
    };
    let _ = writeln!(io::stderr(), "error: {}\nhelp: {}", Printable(&problem), Printable(&help));
    ExitCode::from(Exit::Usage as u8)
}

/// What is wrong, and what to do: clap's tip if it has one, else the way to its help.
fn split(text: &str) -> (String, String) {
    let mut paragraphs = text.split("\n\n");
    let problem = paragraphs.next().unwrap_or_default();
    let problem = problem.strip_prefix("error: ").unwrap_or(problem);
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    let command = usage.map_or("lkt", |usage| usage.split(" [").next().unwrap_or(usage));
    let command = command.split(" <").next().unwrap_or(command);
    let command = command.split(" --").next().unwrap_or(command);
    let help = tips.map(quoted).next().unwrap_or_else(|| format!("see `{command} --help`"));
    (quoted(problem), help)
}

/// One line, with backticks where clap has single quotes.
fn quoted(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace('\'', "`")
}
