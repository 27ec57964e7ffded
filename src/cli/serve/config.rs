//! `--config FILE`: options of `lkt serve` from a TOML file, and `--print-config`.
//!
//! The keys are the long names of options. They become arguments before the command line is parsed, so
//! they mean the same and are checked in the same way. An option on the command line takes precedence.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, ValueHint};
use toml::{Table, Value};
use zeroize::Zeroizing;

use crate::cli::Cli;
use crate::cli::files::Input;
use crate::cli::suggest::did_you_mean;
use crate::cli::usage;
use crate::failure::Failure;
use crate::printable::without_secrets;
use crate::service::listening::Listen;

// The configuration file. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigArgs {
    /// TOML file of these options, by their long names; the command line wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<String>,

    /// Print the options in effect as TOML, with secrets masked, and exit
    #[arg(long)]
    pub(super) print_config: bool,

    /// The command line as it was typed, for reading `config` again.
    #[arg(skip)]
    pub(super) typed: Typed,
}

/// A command line, which may hold a secret.
#[derive(Clone, Default)]
pub(super) struct Typed(pub(super) Vec<OsString>);

impl fmt::Debug for Typed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Options that a file cannot set.
const TYPED_ALONE: &[&str] = &["config", "print-config", "help"];

/// Options whose value is a secret.
const SECRETS: &[&str] = &["api-secret", "sandbox-id"];

/// Options whose value is a URL, which may contain a secret.
const URLS: &[&str] = &["url", "ask", "auth-issuer", "auth-jwks"];

/// Placeholder for a whole number in the help of an option.
const NUMBER: &str = "N";

/// Appends the arguments from the file that `--config` names. Without `--config`, and for commands
/// other than `serve`, the arguments stay unchanged.
pub(in crate::cli) fn expand(arguments: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let typed = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    let typed = typed.collect::<Vec<_>>();
    let is_serve = typed.iter().find(|argument| !argument.starts_with('-'));
    let Some(path) = config_path(&typed).filter(|_| is_serve.is_some_and(|name| name == "serve"))
    else {
        return Ok(arguments);
    };
    let text = Zeroizing::new(Input::from(path.as_str()).read_text()?);
    let at = |failure: Failure| failure.at(format!("--config {path}"));
    let table = text.parse::<Table>().map_err(|error| {
        // Only the message: the excerpt of the file may contain a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let error = anyhow::anyhow!("line {line}: {}", error.message());
        at(Failure::usage(error, "write each option as `name = \"value\"`, `true` or a list"))
    })?;
    let serve = serve_command();
    let given = overridden(&given(&typed, &serve), &serve);
    let mut expanded = arguments;
    for (key, value) in table {
        let option = find(&serve, &key).map_err(at)?;
        if !option.get_long().is_some_and(|name| given.contains(name)) {
            expanded.extend(arguments_of(option, &key, value).map_err(at)?);
        }
    }
    Ok(expanded)
}

/// Prints the options in effect as TOML, with secrets masked. The output can be read with `--config`.
/// `listen` is the address that results from several options.
pub(super) fn print(
    listen: &Listen,
    arguments: &[OsString],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let matches = Cli::command().try_get_matches_from(arguments);
    let matches = matches.map_err(|error| usage::failure(&error, arguments))?;
    let Some(matches) = matches.subcommand_matches("serve") else { return Ok(()) };
    let mut lines = Vec::new();
    for option in serve_command().get_arguments() {
        let Some(name) = option.get_long().filter(|name| !TYPED_ALONE.contains(name)) else {
            continue;
        };
        let value = match name {
            "listen" => Some(quoted(&listen.to_string())),
            // The port is part of `listen`.
            "port" => None,
            _ => value_of(option, name, matches),
        };
        if let Some(value) = value {
            lines.push(format!("{name} = {value}\n"));
        }
    }
    out.write_all(lines.concat().as_bytes()).map_err(Failure::write)
}

/// The value of an option, in TOML.
fn value_of(option: &Arg, name: &str, matches: &ArgMatches) -> Option<String> {
    let id = option.get_id().as_str();
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return matches.get_flag(id).then(|| "true".to_owned());
    }
    let is_number = option.get_value_names().is_some_and(|names| names == [NUMBER]);
    let values = matches.try_get_raw(id).ok().flatten()?.map(|value| {
        let value = value.to_string_lossy();
        match value.trim().parse::<u64>() {
            _ if SECRETS.contains(&name) => quoted("***"),
            _ if URLS.contains(&name) => quoted(&without_secrets(&value)),
            Ok(number) if is_number => number.to_string(),
            _ => quoted(&value),
        }
    });
    let values = values.collect::<Vec<_>>();
    if matches!(option.get_action(), ArgAction::Append) {
        return (!values.is_empty()).then(|| format!("[{}]", values.join(", ")));
    }
    values.into_iter().next()
}

/// A TOML string. TOML allows all escapes of JSON.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string().replace('\u{7f}', "\\u007f")
}

fn serve_command() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli.find_subcommand("serve").cloned().unwrap_or_default()
}

/// The value of `--config`.
fn config_path(typed: &[impl AsRef<str>]) -> Option<String> {
    let mut arguments = typed.iter().map(AsRef::as_ref);
    let found =
        arguments.find(|argument| *argument == "--config" || argument.starts_with("--config="))?;
    match found.strip_prefix("--config=") {
        Some(path) => Some(path.to_owned()),
        None => arguments.next().map(str::to_owned),
    }
}

/// The long names of the options that were typed, in their long or short form.
fn given(typed: &[impl AsRef<str>], serve: &Command) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for argument in typed.iter().map(AsRef::as_ref) {
        let long = argument.strip_prefix("--").map(|name| name.split('=').next().unwrap_or(name));
        let short = argument.strip_prefix('-').filter(|_| long.is_none());
        let is_it = |option: &&Arg| match (long, short) {
            (Some(long), _) => {
                option.get_long() == Some(long)
                    || option.get_all_aliases().is_some_and(|names| names.contains(&long))
            }
            (None, Some(letters)) => {
                option.get_short().is_some_and(|short| letters.contains(short))
            }
            (None, None) => false,
        };
        names.extend(
            serve.get_arguments().filter(is_it).filter_map(Arg::get_long).map(str::to_owned),
        );
    }
    names
}

/// The options that were typed, and those that conflict with them: typed options take precedence.
fn overridden(typed: &BTreeSet<String>, serve: &Command) -> BTreeSet<String> {
    let is_typed = |option: &Arg| option.get_long().is_some_and(|name| typed.contains(name));
    let mut names = typed.clone();
    // These do not conflict, but an address that is typed replaces the others from the file.
    if typed.contains("listen") {
        names.insert("lan".to_owned());
    }
    for option in serve.get_arguments() {
        let conflicts = serve.get_arg_conflicts_with(option);
        // clap knows a conflict from one side only.
        if is_typed(option) {
            names.extend(conflicts.iter().filter_map(|other| other.get_long()).map(str::to_owned));
        } else if conflicts.into_iter().any(is_typed) {
            names.extend(option.get_long().map(str::to_owned));
        }
    }
    names
}

fn find<'c>(serve: &'c Command, key: &str) -> Result<&'c Arg, Failure> {
    let options = || {
        serve
            .get_arguments()
            .filter(|option| option.get_long().is_some_and(|name| !TYPED_ALONE.contains(&name)))
    };
    let is_it = |option: &&Arg| {
        let aliases = option.get_all_aliases().unwrap_or_default();
        option.get_long() == Some(key) || aliases.contains(&key)
    };
    if let Some(option) = options().find(is_it) {
        return Ok(option);
    }
    let error = anyhow::anyhow!("there is no option `{key}`");
    let help = match did_you_mean(key, options().filter_map(Arg::get_long)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "keys are the long options of `lkt serve`, without dashes before them".to_owned(),
    };
    Err(Failure::usage(error, help))
}

fn arguments_of(option: &Arg, key: &str, value: Value) -> Result<Vec<OsString>, Failure> {
    let wrong = |what: &str, example: &str| {
        let error = anyhow::anyhow!("`{key}` takes {what}");
        Failure::usage(error, format!("write it as `{key} = {example}`"))
    };
    let argument = |value: Value| {
        let text = match value {
            Value::String(text) => Some(text),
            Value::Integer(number) => Some(number.to_string()),
            _ => None,
        };
        text.map(|text| OsString::from(format!("--{key}={text}")))
    };
    match (option.get_action(), value) {
        (ArgAction::SetTrue, Value::Boolean(true)) => Ok(vec![format!("--{key}").into()]),
        (ArgAction::SetTrue, Value::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err(wrong("true or false", "true")),
        (ArgAction::Append, Value::Array(list)) => {
            let arguments = list.into_iter().map(argument).collect::<Option<Vec<_>>>();
            arguments.ok_or_else(|| wrong("a list of texts", "[\"…\", \"…\"]"))
        }
        (ArgAction::Append, value) => argument(value)
            .map(|argument| vec![argument])
            .ok_or_else(|| wrong("a text or a list of texts", "[\"…\", \"…\"]")),
        (_, value) => argument(value)
            .map(|argument| vec![argument])
            .ok_or_else(|| wrong("a text or a number", "\"…\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_output_has_what_was_typed() {
        let typed = Typed(vec!["--api-secret=hunter2".into()]);
        assert_eq!(format!("{typed:?} {typed:#?}"), "*** ***");
    }
}
