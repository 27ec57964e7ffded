//! `lkt completions` and `lkt man`: what packagers install beside the program.
//!
//! A completion script asks the program itself for each word: it starts it with `LKT_COMPLETE` set to
//! the name of the shell. So it offers values that only the program knows, such as the projects of
//! LiveKit's CLI.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{EnvCompleter, Shells};

use super::failure::{Exit, Failure};
use super::{Cli, keys};

/// Name of the variable in which a completion script names its shell.
const SHELL: &str = "LKT_COMPLETE";

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Shell to print the script for
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, stdout: &mut dyn Write) -> Result<(), Failure> {
    let name = args.shell.to_string();
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&name) {
        shell
            .write_registration(SHELL, "lkt", "lkt", "lkt", &mut script)
            .map_err(Failure::write)?;
    }
    stdout.write_all(&script).map_err(Failure::write)
}

/// Prints the candidates for the word at hand, where a completion script asks for them. The words of
/// the command line follow `--`.
pub(super) fn answer_shell(arguments: &[OsString]) -> Option<ExitCode> {
    let name = env::var(SHELL).ok()?;
    let shells = Shells::builtins();
    let shell = shells.completer(&name)?;
    let words = arguments.iter().skip_while(|argument| *argument != "--").skip(1).cloned();
    Some(match complete(shell, words.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        // The shell shows nothing then. Saying why would end up in the middle of what is typed.
        Err(_) => ExitCode::from(Exit::Failed as u8),
    })
}

fn complete(shell: &dyn EnvCompleter, words: Vec<OsString>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let mut command = command.mut_subcommands(offer_projects);
    let mut candidates = Vec::new();
    let directory = env::current_dir().ok();
    shell.write_complete(&mut command, words, directory.as_deref(), &mut candidates)?;
    io::stdout().write_all(&candidates)
}

fn offer_projects(command: clap::Command) -> clap::Command {
    if !command.get_arguments().any(|argument| argument.get_id() == "project") {
        return command;
    }
    let projects = || keys::project_names().into_iter().map(CompletionCandidate::new).collect();
    command.mut_arg("project", |argument| argument.add(ArgValueCandidates::new(projects)))
}

/// The manual page, with a section for each command.
pub(super) fn man(stdout: &mut dyn Write) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let mut render = |command: &clap::Command| {
        clap_mangen::Man::new(command.clone()).render(&mut page).map_err(Failure::write)
    };
    render(&command)?;
    for subcommand in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        render(subcommand)?;
    }
    stdout.write_all(&page).map_err(Failure::write)
}
