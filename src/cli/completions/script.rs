//! The shells whose scripts are lkt's own, in `completions/`.
//!
//! clap's script for bash inserts candidates into the command line as they are, and its script for
//! PowerShell evaluates the command line whenever the user presses Tab: with either, the name of a file
//! or a command substitution in the line is run as code. lkt's own scripts evaluate nothing, and leave
//! the names of files to the shell.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use clap_complete::env::EnvCompleter;

/// Variable in which a script passes the index of the current word.
const INDEX: &str = "LKT_COMPLETE_INDEX";

/// The candidate that tells a script that the shell is to complete the name of a file.
const FILE: &str = "<file>";

/// A shell with a script of lkt's own.
pub(super) struct Script {
    shell: &'static str,
    text: &'static str,
    /// Whether the script expects the help of each candidate, after a tab.
    with_help: bool,
}

pub(super) const BASH: Script =
    Script { shell: "bash", text: include_str!("../../../completions/lkt.bash"), with_help: false };

pub(super) const POWERSHELL: Script = Script {
    shell: "powershell",
    text: include_str!("../../../completions/_lkt.ps1"),
    with_help: true,
};

impl EnvCompleter for Script {
    fn name(&self) -> &'static str {
        self.shell
    }

    fn is(&self, name: &str) -> bool {
        name == self.shell
    }

    fn write_registration(
        &self,
        _variable: &str,
        _name: &str,
        _binary: &str,
        _completer: &str,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        output.write_all(self.text.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        directory: Option<&Path>,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
        let index: usize = index.unwrap_or(words.len().saturating_sub(1));
        let (words, split) = joined(words, index);
        *command = command.clone().mut_subcommands(leave_files_to_the_shell);
        let last = words.len() - 1;
        for candidate in complete(command, words, last, directory)? {
            let value = candidate.get_value().to_string_lossy();
            let value = value.get(split..).unwrap_or_default();
            // A line break would make two candidates of one.
            if value.contains(char::is_control) {
                continue;
            }
            let help = candidate.get_help().filter(|_| self.with_help);
            let help = help.map(|help| format!("\t{}", first_line(&help.to_string())));
            writeln!(output, "{value}{}", help.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The words up to the current one. bash makes three words of `--option=value`, which become one
/// again. Also returns the length of that word's part up to `=`, which bash does not replace.
fn joined(mut words: Vec<OsString>, index: usize) -> (Vec<OsString>, usize) {
    // An empty word at the end may be missing.
    let index = index.min(words.len());
    words.resize(index + 1, OsString::new());
    let is_assignment = index >= 2 && words[index - 1] == "=";
    if !is_assignment {
        return (words, 0);
    }
    let value = words.split_off(index - 2);
    let value = value.join(OsStr::new(""));
    let split = value.to_string_lossy().find('=').map_or(0, |equals| equals + 1);
    words.push(value);
    (words, split)
}

fn leave_files_to_the_shell(command: Command) -> Command {
    let is_file = |argument: &&Arg| {
        matches!(
            argument.get_value_hint(),
            ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath
        )
    };
    let files = command.get_arguments().filter(is_file).map(|argument| argument.get_id().clone());
    let files = files.collect::<Vec<_>>();
    files.into_iter().fold(command, |command, file| {
        let candidate = |_: &OsStr| vec![CompletionCandidate::new(FILE)];
        command.mut_arg(file, |argument| argument.add(ArgValueCompleter::new(candidate)))
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
