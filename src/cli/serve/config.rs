//! `--config FILE`: options of `lkt serve` from a TOML file, and `--print-config`.
//!
//! The keys are the long names of options. They become arguments before the command line is parsed, so
//! they mean the same and are checked in the same way. An option on the command line takes precedence.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, ValueHint};
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::masked::masked_assignment;
use crate::cli::files::Input;
use crate::cli::suggest::did_you_mean;
use crate::failure::Failure;
use crate::printable::{escape_controls_json, without_secrets};
use crate::service::listening::Listen;

// The configuration file. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigArgs {
    /// TOML file of these options, by their long names; the command line wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<String>,

    /// Read every file and key, say what would be served, and exit
    #[arg(long)]
    pub(super) check: bool,

    /// Print the options in effect as TOML, with secrets masked, and exit
    #[arg(long)]
    pub(super) print_config: bool,
}

/// Options that a file cannot set.
const TYPED_ALONE: &[&str] = &["check", "config", "print-config", "help"];

/// Options whose value is a secret.
const SECRETS: &[&str] = &["api-secret", "sandbox-id"];

/// Options that give a key, which `--dev` on the command line must not replace.
const KEYS: &[&str] = &["api-key", "api-secret", "api-secret-file", "keys-file", "project"];

/// Options whose value is a URL, which may contain a secret.
const URLS: &[&str] = &["url", "ask", "auth-issuer", "auth-jwks", "store"];

/// Options whose value is `FIELD=VALUE`, with a value that may contain credentials.
const VALUES: &[&str] = &["default", "set"];

/// Placeholder for a whole number in the help of an option.
const NUMBER: &str = "N";

/// The options of a file.
pub(in crate::cli) struct Options {
    /// As arguments of the command line.
    pub(in crate::cli) arguments: Vec<OsString>,
    /// Their long names.
    pub(in crate::cli) names: BTreeSet<String>,
    /// Whether a secret is among them.
    pub(in crate::cli) has_secret: bool,
}

/// Reads the options of a file, except those that were `typed` (long names) and those that cannot be
/// used with them.
pub(in crate::cli) fn read(
    path: &str,
    serve: &Command,
    typed: &BTreeSet<String>,
) -> Result<Options, Failure> {
    let text = Zeroizing::new(Input::from(path).read_text()?);
    let at = |failure: Failure| failure.at(format!("--config {path}"));
    let table = text.parse::<Table>().map_err(|error| {
        // Only the message: the excerpt of the file may contain a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let help = if error.message().contains("duplicate key") {
            "leave one of the lines out"
        } else {
            "write each option as `name = \"value\"`, `true` or a list"
        };
        let error = anyhow::anyhow!("line {line}: {}", error.message());
        at(Failure::usage(error, help))
    })?;
    if let Some(key) =
        table.keys().find(|key| typed.contains("dev") && KEYS.contains(&key.as_str()))
    {
        let error =
            anyhow::anyhow!("--dev would replace `{key}`, and sign with a key that everyone knows");
        return Err(at(Failure::usage(
            error,
            "leave out --dev, or use a configuration without a key",
        )));
    }
    let overridden = overridden(typed, serve);
    let mut options = Options { arguments: Vec::new(), names: BTreeSet::new(), has_secret: false };
    for (key, value) in table {
        let option = find(serve, &key, &value).map_err(at)?;
        options.has_secret |= option.get_long().is_some_and(|name| SECRETS.contains(&name));
        if let Some(name) = option.get_long().filter(|name| !overridden.contains(*name)) {
            options.arguments.extend(arguments_of(option, &key, value).map_err(at)?);
            options.names.insert(name.to_owned());
        }
    }
    Ok(options)
}

/// Prints the options in effect as TOML, with secrets masked. The output can be read with `--config`.
pub(super) fn print(
    serve: &Command,
    options: &ArgMatches,
    addresses: &[Listen],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for option in serve.get_arguments() {
        let Some(name) = option.get_long().filter(|name| !TYPED_ALONE.contains(name)) else {
            continue;
        };
        let value = match name {
            "listen" => Some(list(addresses.iter().map(|address| quoted(&address.to_string())))),
            // The port is part of `listen`.
            "port" => None,
            _ => value_of(option, name, options),
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
            _ if VALUES.contains(&name) => quoted(&masked_assignment(&value)),
            Ok(number) if is_number => number.to_string(),
            _ => quoted(&value),
        }
    });
    if matches!(option.get_action(), ArgAction::Append) {
        return Some(list(values)).filter(|list| list != "[]");
    }
    values.into_iter().next()
}

fn list(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(", "))
}

/// A TOML string, safe to print to a terminal. TOML allows all escapes of JSON.
fn quoted(value: &str) -> String {
    escape_controls_json(&serde_json::Value::from(value).to_string()).into_owned()
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

fn find<'c>(serve: &'c Command, key: &str, value: &Value) -> Result<&'c Arg, Failure> {
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
    if TYPED_ALONE.contains(&key) {
        let error = anyhow::anyhow!("`{key}` is for the command line");
        return Err(Failure::usage(error, format!("leave it out, and type `--{key}`")));
    }
    if value.is_table() {
        let error = anyhow::anyhow!("`[{key}]` is a table, and the options are in none");
        return Err(Failure::usage(error, format!("leave out the line `[{key}]`")));
    }
    let error = anyhow::anyhow!("there is no option `{key}`");
    // `LIVEKIT_API_KEY`, as in an env file.
    let lower = key.to_ascii_lowercase();
    let name = lower.strip_prefix("livekit_").or(lower.strip_prefix("lkt_")).unwrap_or(key);
    let help = match did_you_mean(name, options().filter_map(Arg::get_long)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "keys are the long options of `lkt serve`, without dashes before them".to_owned(),
    };
    Err(Failure::usage(error, help))
}

/// Refuses `${NAME}`, which other programs replace in their configuration.
fn refuse_variables(key: &str, value: &Value) -> Result<(), Failure> {
    let text = match value {
        Value::String(text) => text,
        Value::Array(list) => return list.iter().try_for_each(|item| refuse_variables(key, item)),
        _ => return Ok(()),
    };
    let name = text.split_once("${").and_then(|(_, rest)| rest.split_once('}'));
    let Some((name, _)) = name else { return Ok(()) };
    let error = anyhow::anyhow!("`{key}` has `${{{name}}}`, and variables are not replaced here");
    let help = "write the value, or leave the option out and set the variable that `lkt serve --help` names";
    Err(Failure::usage(error, help))
}

fn arguments_of(option: &Arg, key: &str, value: Value) -> Result<Vec<OsString>, Failure> {
    refuse_variables(key, &value)?;
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
