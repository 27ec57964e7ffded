//! `lkt completions` and `lkt man`: the files that packagers install with the program.
//!
//! A completion script runs the program itself for each word, with `LKT_COMPLETE` set to the name of
//! the shell. This way it can offer values that only the program knows, such as the projects of
//! LiveKit's CLI.

mod script;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::iter::once;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{Elvish, EnvCompleter, Fish, Shells, Zsh};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::{Cli, keys};
use crate::failure::{Exit, Failure};

/// Variable in which a completion script names its shell.
const SHELL: &str = "LKT_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&script::BASH, &script::POWERSHELL, &Zsh, &Fish, &Elvish]);

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Shell to print the script for
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, stdout: &mut dyn Write) -> Result<(), Failure> {
    let name = args.shell.to_string();
    let mut script = Vec::new();
    if let Some(shell) = SHELLS.completer(&name) {
        shell
            .write_registration(SHELL, "lkt", "lkt", "lkt", &mut script)
            .map_err(Failure::write)?;
    }
    stdout.write_all(&script).map_err(Failure::write)
}

/// Prints the candidates for the current word, if a completion script calls for them. The words of the
/// command line follow `--`.
pub(super) fn answer_shell(arguments: &[OsString]) -> Option<ExitCode> {
    let name = env::var(SHELL).ok()?;
    let shell = SHELLS.completer(&name)?;
    let words = arguments.iter().skip_while(|argument| *argument != "--").skip(1).cloned();
    Some(match complete(shell, words.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        // The shell shows nothing then. A message would appear in the middle of what the user types.
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

fn offer_projects(command: Command) -> Command {
    if !command.get_arguments().any(|argument| argument.get_id() == "project") {
        return command;
    }
    let projects = || keys::project_names().into_iter().map(CompletionCandidate::new).collect();
    command.mut_arg("project", |argument| argument.add(ArgValueCandidates::new(projects)))
}

/// Prints the manual page: a single one, with a section for each command.
pub(super) fn man(stdout: &mut dyn Write) -> Result<(), Failure> {
    let mut cli = Cli::command();
    cli.build();
    // clap_mangen would refer to a page for each subcommand, as other programs have it.
    let is_shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    let commands = cli.get_subcommands().filter(is_shown);
    let commands = commands
        .flat_map(|command| once(command).chain(command.get_subcommands().filter(is_shown)));
    let commands = commands.collect::<Vec<_>>();
    let mut page = Vec::new();
    let man = Man::new(cli.clone());
    man.render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .map_err(Failure::write)?;
    let mut list = Roff::new();
    list.control("SH", ["COMMANDS"]);
    for command in &commands {
        list.control("TP", []).text([bold(full_name(command))]).text([about(command)]);
    }
    page.extend(list.to_roff().into_bytes());
    for command in commands {
        page.extend(section(command).map_err(Failure::write)?);
    }
    stdout.write_all(&page).map_err(Failure::write)
}

/// The section of a command, with its synopsis and options.
fn section(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut parts = Vec::new();
    man.render_synopsis_section(&mut parts)?;
    man.render_options_section(&mut parts)?;
    // clap_mangen makes them top-level sections of a page. Here they are one level lower.
    let parts = String::from_utf8_lossy(&parts).replace(".SH ", ".SS ");
    let mut head = Roff::new();
    head.control("SH", [full_name(command).to_uppercase().as_str()]).text([about(command)]);
    Ok([head.to_roff(), parts].concat().into_bytes())
}

/// The name of a command with that of the program, such as `lkt mint`.
fn full_name(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

fn about(command: &Command) -> Inline {
    roman(command.get_about().map(ToString::to_string).unwrap_or_default())
}
