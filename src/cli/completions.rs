//! `lkt completions` and `lkt man`: what packagers install beside the program.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, stdout: &mut dyn Write) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lkt", &mut script);
    stdout.write_all(&script).map_err(Failure::write)
}

/// The manual page, with one section a command.
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
