//! The command line, together with the file that `--config` of `lkt serve` names.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::Cli;
use super::empty_flags::refuse_empty;
use super::from_file::FromFile;
use super::serve::{Invocation, ServeArgs, config};
use super::usage::{self, Rejected};
use crate::failure::Failure;

/// The arguments of a run. They may hold a secret, so they have no `Debug`.
#[derive(Clone, Default)]
pub(super) struct CommandLine {
    typed: Vec<OsString>,
    /// The options of `lkt serve`, those of the file included.
    serve: Option<ArgMatches>,
    file: FromFile,
}

impl CommandLine {
    /// Parses what was typed, and the file that it names.
    pub(super) fn parse(typed: Vec<OsString>) -> Result<(Self, Cli), Rejected> {
        usage::check(&typed).map_err(Rejected::Early)?;
        let parsed = Cli::command().try_get_matches_from(&typed);
        let serve = match &parsed {
            Ok(matches) => matches.subcommand_matches("serve").cloned(),
            Err(_) => serve_despite_errors(&typed),
        };
        let path = serve.as_ref().and_then(|serve| serve.get_one::<String>("config")).cloned();
        let (Some(path), Some(serve)) = (path, serve) else {
            let arguments = typed.clone();
            return Self { typed, ..Self::default() }.finish(parsed, arguments);
        };
        refuse_empty([("--config", Some(path.as_str()))]).map_err(Rejected::Early)?;
        let definition = serve_command();
        let typed_options = typed_options(&definition, &serve);
        let options = config::read(&path, &definition, &typed_options).map_err(Rejected::Early)?;
        let arguments = typed.iter().cloned().chain(options.arguments).collect::<Vec<_>>();
        let parsed = Cli::command().try_get_matches_from(&arguments);
        let file = FromFile { path, names: options.names, has_secret: options.has_secret };
        Self { typed, file, ..Self::default() }.finish(parsed, arguments)
    }

    /// The options of `lkt serve` in a configuration file.
    pub(super) fn of_config(path: &str) -> Result<ServeArgs, Failure> {
        let typed = vec!["lkt".into(), "serve".into(), format!("--config={path}").into()];
        Self { typed, ..Self::default() }.parse_again()
    }

    /// Parses the same command line of `lkt serve` again, with the present contents of its file.
    fn parse_again(&self) -> Result<ServeArgs, Failure> {
        let (_, cli) = Self::parse(self.typed.clone()).map_err(Rejected::failure)?;
        cli.into_serve().ok_or_else(|| {
            let error = anyhow::anyhow!("the command is not `serve`");
            Failure::usage(error, "see `lkt serve --help`")
        })
    }

    /// What `lkt serve` needs besides its arguments.
    pub(super) fn into_invocation(self) -> Invocation {
        let options = self.serve.clone();
        let parse_again = Box::new(move || self.parse_again());
        Invocation { command: serve_command(), options, parse_again }
    }

    /// Reads the parsed arguments into their types.
    fn finish(
        mut self,
        parsed: Result<ArgMatches, clap::Error>,
        arguments: Vec<OsString>,
    ) -> Result<(Self, Cli), Rejected> {
        let cli = parsed.and_then(|mut matches| {
            self.serve = matches.subcommand_matches("serve").cloned();
            Cli::from_arg_matches_mut(&mut matches)
        });
        match cli {
            Ok(mut cli) => {
                cli.note_sources(&self.file);
                Ok((self, cli))
            }
            Err(error) => {
                let is_from_file = usage::option_of(&error)
                    .is_some_and(|name| self.file.names.contains(name.as_str()));
                let file = is_from_file.then_some(self.file.path);
                Err(Rejected::Line { error, arguments, file })
            }
        }
    }
}

/// What was typed for `lkt serve`, as far as it can be parsed: an option may need another one that is in
/// the file.
fn serve_despite_errors(typed: &[OsString]) -> Option<ArgMatches> {
    let command = Cli::command().ignore_errors(true);
    command.try_get_matches_from(typed).ok()?.subcommand_matches("serve").cloned()
}

/// The long names of the options that were typed, in any form.
fn typed_options(serve: &Command, matches: &ArgMatches) -> BTreeSet<String> {
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let typed = serve.get_arguments().filter(|option| is_typed(option.get_id().as_str()));
    typed.filter_map(|option| option.get_long()).map(str::to_owned).collect()
}

/// The definition of `lkt serve`.
fn serve_command() -> Command {
    let mut cli = Cli::command();
    // The arguments of a command exist only after it has been built.
    cli.build();
    cli.find_subcommand("serve").cloned().unwrap_or_default()
}
