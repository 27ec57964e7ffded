//! Errors of the command line: one `error:` line and one `help:` line, based on clap's error and on the
//! arguments.

mod counterparts;
mod early;
mod elsewhere;
mod options;
mod reason;
mod short_help;
mod slips;

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, Write};
use std::num::ParseIntError;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};

pub(super) use early::check;

use super::Cli;
use super::suggest::did_you_mean;
use crate::failure::Failure;
use crate::printable::without_password;

/// A command line without a command to run.
pub(super) enum Rejected {
    /// clap rejects it, or prints the help or the version instead.
    Line {
        error: clap::Error,
        /// The arguments, starting with the name of the program.
        arguments: Vec<OsString>,
        /// The configuration file that has the wrong option, if it is not on the command line.
        file: Option<String>,
    },
    /// It is rejected before clap reads it, such as a configuration file that is not there.
    Early(Failure),
}

impl Rejected {
    /// Prints what there is to say, and returns the exit code.
    pub(super) fn exit(self) -> ExitCode {
        if let Self::Line { error, .. } = &self
            && matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
        {
            let printed = match self.short_help() {
                Some(help) => io::stdout().write_all(help.as_bytes()),
                None => error.print(),
            };
            let printed = printed.and_then(|()| io::stdout().flush());
            return super::exit_code(printed.map_err(Failure::write));
        }
        super::exit_code(Err(self.failure()))
    }

    /// The short help, if it was requested and the command has one of its own.
    fn short_help(&self) -> Option<String> {
        let Self::Line { error, arguments, .. } = self else { return None };
        let is_short = arguments.iter().any(|argument| argument == "-h");
        let command = Mistake { error, arguments }.command().filter(|_| is_short)?;
        short_help::of(command)
    }

    pub(super) fn failure(self) -> Failure {
        match self {
            Self::Line { error, arguments, file } => {
                let failure = Mistake { error: &error, arguments: &arguments }.failure();
                match file {
                    Some(file) => failure.at(format!("--config {file}")),
                    None => failure,
                }
            }
            Self::Early(failure) => failure,
        }
    }
}

/// The long name of the option that an error is about.
pub(super) fn option_of(error: &clap::Error) -> Option<String> {
    let argument = error.get(ContextKind::InvalidArg)?.to_string();
    let name = argument.strip_prefix("--")?;
    name.split([' ', '=', '[']).next().map(str::to_owned)
}

/// The command line with the arguments of all commands, which are left out until it is built.
fn built() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

/// A command line that clap rejects.
struct Mistake<'a> {
    error: &'a clap::Error,
    /// The arguments as they were typed, starting with the name of the program.
    arguments: &'a [OsString],
}

impl Mistake<'_> {
    fn failure(&self) -> Failure {
        // clap shows such an argument without the bytes that are wrong.
        let is_unknown =
            matches!(self.error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
        if let Some(problem) = self.not_utf8().filter(|_| is_unknown) {
            return Failure::usage(anyhow::anyhow!("{problem}"), "give it in UTF-8");
        }
        let (problem, help) = match self.error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => (
                "no command is given".to_owned(),
                "start with `lkt mint --dev`, or see `lkt --help`".to_owned(),
            ),
            ErrorKind::InvalidSubcommand => self.unknown_command(),
            ErrorKind::UnknownArgument => self.unknown_argument(),
            ErrorKind::InvalidUtf8 => {
                let problem = self.not_utf8();
                let problem = problem.unwrap_or_else(|| "an argument is not UTF-8".to_owned());
                (problem, "give it in UTF-8".to_owned())
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => self.wrong_value(),
            ErrorKind::MissingRequiredArgument => {
                let missing = self.error.get(ContextKind::InvalidArg);
                let several =
                    matches!(missing, Some(ContextValue::Strings(names)) if names.len() > 1);
                let are = if several { "are" } else { "is" };
                let help = self.values_of_positional().unwrap_or_else(|| self.add_missing());
                (
                    format!(
                        "{} {are} missing",
                        slips::alternatives(&self.text(ContextKind::InvalidArg))
                    ),
                    help,
                )
            }
            ErrorKind::ArgumentConflict if self.text(ContextKind::InvalidArg).is_empty() => {
                self.unknown_command()
            }
            ErrorKind::ArgumentConflict => (self.conflict(), "leave one of them out".to_owned()),
            ErrorKind::TooManyValues => self.value_of_flag(),
            kind => {
                let what = kind.as_str().unwrap_or("the command line is wrong");
                (format!("{what}: {}", self.text(ContextKind::InvalidArg)), self.see_help())
            }
        };
        Failure::usage(anyhow::anyhow!("{problem}"), help)
    }

    fn unknown_command(&self) -> (String, String) {
        let typed = self.plain(ContextKind::InvalidSubcommand);
        if let Some(command) = self.command().filter(|command| command.get_name() == "invite") {
            let problem = format!("unexpected argument {}", without_password(&typed));
            let after_option = || self.after_option(&typed, &command);
            let of_word = elsewhere::invite_command(&typed);
            let help = of_word.or_else(after_option);
            return (problem, help.unwrap_or_else(|| elsewhere::positional("invite", &typed)));
        }
        let help = elsewhere::command(&typed).map(str::to_owned).or_else(|| {
            let cli = Cli::command();
            let names = cli.get_subcommands().map(Command::get_name);
            did_you_mean(&typed, names).map(|name| format!("did you mean `{name}`?"))
        });
        let problem = format!("unrecognized subcommand {}", without_password(&typed));
        (problem, help.unwrap_or_else(elsewhere::commands))
    }

    fn unknown_argument(&self) -> (String, String) {
        let typed = self.plain(ContextKind::InvalidArg);
        let problem = format!("unexpected argument {}", without_password(&typed));
        let Some(command) = self.command() else {
            let name = typed.split('=').next().unwrap_or(&typed);
            let mut typed_words = self.arguments.iter().skip(1).filter_map(|word| word.to_str());
            let later = typed_words.find_map(|word| built().find_subcommand(word).cloned());
            let has = |command: &Command| {
                let is_meant = |option: &Arg| {
                    option.get_long().is_some_and(|long| name == format!("--{long}"))
                        || option.get_short().is_some_and(|short| name == format!("-{short}"))
                };
                command.get_arguments().any(is_meant)
            };
            let help = match later.filter(has) {
                Some(command) => {
                    format!("write it after the command: `lkt {} {name}`", words(&command))
                }
                None => options::without_command(&typed),
            };
            return (problem, help);
        };
        if let Some(found) = self.negative(&typed).or_else(|| self.slip(&typed, &command)) {
            return found;
        }
        if !typed.starts_with('-') {
            let after_option = self.after_option(&typed, &command);
            if let Some(help) = after_option {
                return (problem, help);
            }
            return (problem, elsewhere::positional(&words(&command), &typed));
        }
        let name = typed.split('=').next().unwrap_or(&typed);
        if self.is_before(name, &command) {
            let command = words(&command);
            return (problem, format!("write it after the command: `lkt {command} {name}`"));
        }
        (problem, self.known_elsewhere(name, &command))
    }

    /// Whether an option of this command was typed before the command.
    fn is_before(&self, name: &str, command: &Command) -> bool {
        let mut typed = self.arguments.iter().skip(1).map_while(|typed| typed.to_str());
        let mut before = typed.by_ref().take_while(|&typed| typed != command.get_name());
        let long = name.strip_prefix("--");
        before.any(|typed| typed.split('=').next() == Some(name))
            && command.get_arguments().any(|option| option.get_long() == long && long.is_some())
    }

    /// The message for a negative number after an option, which clap takes for a flag.
    fn negative(&self, typed: &str) -> Option<(String, String)> {
        let digit = typed.strip_prefix('-')?.chars().next().filter(char::is_ascii_digit)?;
        let mut words = self.arguments.iter().map_while(|typed| typed.to_str()).peekable();
        let start = format!("-{digit}");
        while let Some(option) = words.next() {
            let value = words.peek().filter(|value| value.starts_with(&start));
            if let Some(value) = value.filter(|_| option.starts_with("--")) {
                let problem = format!("the value `{value}` of `{option}` is negative");
                let is_time =
                    option == "--not-before" || option == "--expires-at" || option == "--until";
                let help = if is_time {
                    "give a point in time, such as 2026-12-24T18:00:00Z"
                } else {
                    "give a positive one"
                };
                return Some((problem, help.to_owned()));
            }
        }
        None
    }

    /// Names the first argument that is not UTF-8, with escapes. A secret is left out.
    fn not_utf8(&self) -> Option<String> {
        let wrong = self.arguments.iter().position(|argument| argument.to_str().is_none())?;
        let bytes = |at: usize| self.arguments.get(at).map(|typed| typed.as_encoded_bytes());
        let before = wrong.checked_sub(1).and_then(bytes).unwrap_or_default();
        let wrong = bytes(wrong)?;
        if before == b"--api-secret" || wrong.starts_with(b"--api-secret=") {
            return Some("the value of `--api-secret` is not UTF-8".to_owned());
        }
        Some(format!("the argument `{}` is not UTF-8", wrong.escape_ascii()))
    }

    fn wrong_value(&self) -> (String, String) {
        let argument = self.text(ContextKind::InvalidArg);
        let value = self.plain(ContextKind::InvalidValue);
        if value.is_empty() {
            return self.no_value(&argument);
        }
        let problem = format!("invalid value {} for {argument}", without_password(&value));
        if let Some(reason) = self.error.source() {
            let number = reason.downcast_ref::<ParseIntError>().map(reason::of_number);
            let reason = number.map_or_else(|| reason.to_string(), str::to_owned);
            if let Some((_, list)) = reason.split_once(" none of ") {
                return (problem, reason::one_of(&value, list));
            }
            let is_list = value.contains(',') && !value.contains(['=', '{', '/']);
            if is_list && reason.starts_with("there is no field") {
                let name = argument.trim_matches('`').split(' ').next().unwrap_or(&argument);
                return (problem, format!("give each with a {name} of its own"));
            }
            let (reason, help) = reason::and_help(&reason);
            let help = help.unwrap_or_else(|| self.see_help());
            return match reason {
                Some(reason) => (format!("{problem}: {reason}"), help),
                None => (problem, help),
            };
        }
        if argument.starts_with("`--output") && value.contains(['.', '/']) {
            return (problem, "to write a file, redirect: `lkt … > FILE`".to_owned());
        }
        if value == "pwsh" && argument.contains("SHELL") {
            return (problem, "did you mean `powershell`?".to_owned());
        }
        let known = match self.error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(known)) => known.as_slice(),
            _ => &[],
        };
        let help = match did_you_mean(&value, known.iter().map(String::as_str)) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => self.known_values(),
        };
        (problem, help)
    }

    /// The values of the command's argument without an option.
    fn values_of_positional(&self) -> Option<String> {
        let command = self.command()?;
        let values = command.get_positionals().next()?.get_possible_values();
        let values = values.iter().map(|value| format!("`{}`", value.get_name()));
        let values = values.collect::<Vec<_>>().join(", ");
        (!values.is_empty()).then(|| format!("the values are {values}"))
    }

    fn known_values(&self) -> String {
        format!("the values are {}", self.text(ContextKind::ValidValue))
    }

    /// The message for a missing value, or for an empty one, as from a variable that is not set.
    fn no_value(&self, argument: &str) -> (String, String) {
        let flag = argument.trim_matches('`').split(' ').next().unwrap_or(argument);
        let assigned = format!("{flag}=");
        let is_empty = |typed: &OsString| typed.is_empty() || typed.to_str() == Some(&assigned);
        let is_refused = self.error.kind() == ErrorKind::ValueValidation;
        let is_list = self.arguments.iter().any(|typed| typed.to_string_lossy().contains(','));
        if self.arguments.iter().any(is_empty) || (is_refused && !is_list) {
            // Only required arguments have this form.
            let help = if flag.starts_with('<') {
                self.known_values()
            } else {
                "leave it out for the default, or see whether a variable is not set".to_owned()
            };
            return (format!("`{flag}` is empty"), help);
        }
        if is_refused {
            let help = "leave out the comma at the end of the list, or the doubled one";
            return (format!("{argument} has an empty value in its list"), help.to_owned());
        }
        let help = format!("a value that starts with `-` is given as `{flag}=VALUE`");
        (format!("{argument} needs a value"), help)
    }

    fn conflict(&self) -> String {
        let one = self.text(ContextKind::InvalidArg);
        let other = self.text(ContextKind::PriorArg);
        if one == other {
            format!("{one} is given more than once")
        } else {
            format!("{one} cannot be used with {other}")
        }
    }

    fn text(&self, kind: ContextKind) -> String {
        self.error.get(kind).map_or_else(String::new, quoted)
    }

    /// The same text without backticks.
    fn plain(&self, kind: ContextKind) -> String {
        self.error.get(kind).map_or_else(String::new, ToString::to_string)
    }

    fn see_help(&self) -> String {
        let command = self.command();
        let command = command.map_or_else(String::new, |command| format!(" {}", words(&command)));
        format!("see `lkt{command} --help`")
    }

    /// The command that was typed. Only flags without a value can precede it and a command of its own,
    /// such as `inspect` of `invite`.
    fn command(&self) -> Option<Command> {
        let typed = self.arguments.iter().skip(1).filter_map(|argument| argument.to_str());
        let mut typed = typed.filter(|argument| !argument.starts_with('-'));
        let command = built().find_subcommand(typed.next()?).cloned()?;
        let own = typed.next().and_then(|typed| command.find_subcommand(typed).cloned());
        Some(own.unwrap_or(command))
    }
}

/// The words of a command: `mint`, `invite inspect`.
fn words(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    name.strip_prefix("lkt-").unwrap_or(name).replace('-', " ")
}

/// A value that clap knows, in backticks. Several values are separated by commas.
fn quoted(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(values) => {
            values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
        }
        value => format!("`{value}`"),
    }
}
