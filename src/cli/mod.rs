//! The command line: arguments, their meaning, and output.
//!
//! Each command has a file or a folder with its arguments and its `run`. Code that commands share is
//! next to them. Parsing does not access files, the clock or the network.

#![allow(clippy::disallowed_methods)] // the environment and the clock are read here
#![allow(rustdoc::bare_urls)] // clap shows doc comments as they are

mod check;
mod command_line;
mod completions;
mod empty_flags;
mod encrypted;
mod environment;
mod files;
mod from_file;
mod grants;
mod health;
mod inspect;
mod invite;
mod issuer;
mod keys;
mod known_values;
mod mint;
mod notes;
mod pasted;
mod permissions;
mod random;
mod request_args;
mod room_config_fields;
mod serve;
mod sizes;
mod suggest;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use command_line::CommandLine;
use from_file::FromFile;
use notes::Notes;

/// LiveKit tokens: mint them, and serve LiveKit's standard token endpoint.
#[derive(Debug, Parser)]
#[command(name = "lkt", version, about, max_term_width = 100)]
pub struct Cli {
    /// Print only results and errors; `serve` logs only errors
    #[arg(short, long, global = true)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
// Building the arguments of all commands takes a third of the time of `lkt mint`.
#[command(defer = true)]
enum Command {
    /// Print a token, or what the token endpoint would answer
    Mint(Box<mint::MintArgs>),
    /// Serve LiveKit's token endpoint over HTTP
    Serve(Box<serve::ServeArgs>),
    /// Print an invitation: a link that lets guests into one room
    Invite(Box<invite::InviteArgs>),
    /// Show what a token contains, and verify it
    Inspect(Box<inspect::InspectArgs>),
    /// Check with the LiveKit server that URL, key and secret belong together
    Check(Box<check::CheckArgs>),
    /// Check that a server is up: exit code 0 if it answers 200 within 2 seconds
    Health(health::HealthArgs),
    /// Print the completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Runs the program with these arguments. The first one is the name of the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let typed = arguments.into_iter().collect::<Vec<_>>();
    if let Some(completed) = completions::answer_shell(&typed) {
        return completed;
    }
    match CommandLine::parse(typed) {
        Ok((line, cli)) => exit_code(execute(line, cli)),
        Err(rejected) => rejected.exit(),
    }
}

fn execute(line: CommandLine, cli: Cli) -> Result<(), Failure> {
    let notes = Notes::new(cli.quiet);
    let mut stdout = io::stdout().lock();
    match cli.command {
        Command::Mint(args) => mint::run(&args, notes, &mut stdout),
        Command::Invite(args) => invite::run(&args, notes, &mut stdout),
        Command::Inspect(args) => inspect::run(&args, notes, &mut stdout),
        Command::Check(args) => {
            let configured = args.config.as_deref().map(CommandLine::of_config).transpose()?;
            check::run(&args, configured.as_ref(), notes, &mut stdout)
        }
        Command::Health(args) => health::run(&args, notes),
        Command::Completions(args) => completions::run(&args, &mut stdout),
        Command::Man => completions::man(&mut stdout),
        Command::Serve(args) => serve::run(&args, line.into_invocation(), notes, &mut stdout),
    }?;
    stdout.flush().map_err(Failure::write)
}

/// Prints a failure, and returns the exit code.
fn exit_code(done: Result<(), Failure>) -> ExitCode {
    let Err(failure) = done else { return ExitCode::SUCCESS };
    if failure.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    // If stderr is closed, there is no one to tell.
    let _ = writeln!(io::stderr(), "{failure}");
    ExitCode::from(failure.exit as u8)
}

impl Cli {
    /// The arguments of `lkt serve`, if that is the command.
    fn into_serve(self) -> Option<serve::ServeArgs> {
        match self.command {
            Command::Serve(args) => Some(*args),
            _ => None,
        }
    }

    /// Notes which options come from a configuration file.
    fn note_sources(&mut self, file: &FromFile) {
        if let Command::Serve(args) = &mut self.command {
            args.note_sources(file);
        }
    }
}
