//! Errors of the command line: one `error:` line and one `help:` line, made from what clap found out
//! and from what was typed.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, Write};
use std::num::{IntErrorKind, ParseIntError};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use super::failure::Failure;

/// Prints what clap has to say, help and version included, and returns the exit code.
pub(super) fn exit(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe ends quietly here as well.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let failure = Mistake { error, arguments }.failure();
    let _ = writeln!(io::stderr(), "{failure}");
    ExitCode::from(failure.exit as u8)
}

/// A command line that clap does not take.
struct Mistake<'a> {
    error: &'a clap::Error,
    /// What was typed, the program's name first.
    arguments: &'a [OsString],
}

impl Mistake<'_> {
    fn failure(&self) -> Failure {
        // clap shows such an argument with the bytes that are wrong left out.
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
                (format!("{} is missing", self.text(ContextKind::InvalidArg)), self.see_help())
            }
            ErrorKind::ArgumentConflict => (self.conflict(), self.see_help()),
            kind => {
                let what = kind.as_str().unwrap_or("the command line is wrong");
                (format!("{what}: {}", self.text(ContextKind::InvalidArg)), self.see_help())
            }
        };
        Failure::usage(anyhow::anyhow!("{problem}"), help)
    }

    fn unknown_command(&self) -> (String, String) {
        let typed = self.text(ContextKind::InvalidSubcommand);
        let similar = self.error.get(ContextKind::SuggestedSubcommand).map(quoted);
        let help = match elsewhere(typed.trim_matches('`')) {
            Some(help) => help.to_owned(),
            None => similar.map_or_else(|| self.see_help(), |name| format!("did you mean {name}?")),
        };
        (format!("unrecognized subcommand {typed}"), help)
    }

    fn unknown_argument(&self) -> (String, String) {
        let typed = self.text(ContextKind::InvalidArg);
        let problem = format!("unexpected argument {typed}");
        if typed == "`--agent`" && self.command().as_deref() == Some("serve") {
            let help = r#"use --default 'room_config={"agents":[{"agent_name":"NAME"}]}'"#;
            return (problem, help.to_owned());
        }
        let help = match self.error.get(ContextKind::SuggestedArg).map(quoted) {
            Some(similar) => format!("did you mean {similar}?"),
            None if self.command().is_none() => {
                "name a command first, as in `lkt mint --dev`; see `lkt --help`".to_owned()
            }
            None => self.see_help(),
        };
        (problem, help)
    }

    /// Names the first argument that is not UTF-8, escaped. A secret is left out.
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
        if matches!(self.error.get(ContextKind::InvalidValue), Some(ContextValue::String(value)) if value.is_empty())
        {
            return self.no_value(&argument);
        }
        let problem =
            format!("invalid value {} for {argument}", self.text(ContextKind::InvalidValue));
        if let Some(reason) = self.error.source() {
            let reason = match reason.downcast_ref::<ParseIntError>() {
                Some(number) => wrong_number(number).to_owned(),
                None => reason.to_string(),
            };
            return (format!("{problem}: {reason}"), self.see_help());
        }
        let help = match self.error.get(ContextKind::SuggestedValue).map(quoted) {
            Some(similar) => format!("did you mean {similar}?"),
            None => format!("the values are {}", self.text(ContextKind::ValidValue)),
        };
        (problem, help)
    }

    /// No value at all, or an empty one, as a variable that is not set makes it.
    fn no_value(&self, argument: &str) -> (String, String) {
        let flag = argument.trim_matches('`').split(' ').next().unwrap_or(argument);
        let assigned = format!("{flag}=");
        let is_empty = |typed: &OsString| typed.is_empty() || typed.to_str() == Some(&assigned);
        if self.arguments.iter().any(is_empty) {
            let help = "leave it out for the default, or see whether a variable is not set";
            return (format!("{flag} is empty"), help.to_owned());
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

    fn see_help(&self) -> String {
        let command = self.command().map_or_else(String::new, |name| format!(" {name}"));
        format!("see `lkt{command} --help`")
    }

    /// The command that was typed: what stands before it are flags without a value.
    fn command(&self) -> Option<String> {
        let mut typed = self.arguments.iter().skip(1).filter_map(|argument| argument.to_str());
        let first = typed.find(|argument| !argument.starts_with('-'))?;
        let commands = Cli::command();
        commands.find_subcommand(first).map(|command| command.get_name().to_owned())
    }
}

/// Where lkt has what is a command in other programs.
fn elsewhere(command: &str) -> Option<&'static str> {
    match command {
        "token" | "create-token" | "join-token" | "create" | "generate" | "sign" => {
            Some("to make a token, use `lkt mint --room ROOM --identity IDENTITY`")
        }
        "decode" | "show" | "verify" => Some("to read a token, use `lkt inspect TOKEN`"),
        "listen" | "run" | "server" | "start" => Some("to start the endpoint, use `lkt serve`"),
        "agent" | "app" | "dispatch" | "egress" | "ingress" | "project" | "room" | "sip" => {
            Some("lkt makes tokens; for this, use LiveKit's own CLI, `lk`")
        }
        _ => None,
    }
}

fn wrong_number(error: &ParseIntError) -> &'static str {
    match error.kind() {
        IntErrorKind::PosOverflow => "the number is too large",
        IntErrorKind::Zero => "it must be 1 or more, such as 1000",
        _ => "it must be a whole number, such as 1000",
    }
}

/// A value that clap knows, in backticks; several with commas between them.
fn quoted(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(values) => {
            values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
        }
        value => format!("`{value}`"),
    }
}
