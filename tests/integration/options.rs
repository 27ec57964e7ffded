//! Generates `docs/options.md` from clap's definition of the command line.

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command, CommandFactory};
use lkt::cli::Cli;

const INTRODUCTION: &str = "\
# Commands and options

Made from the command line's definition; `lkt COMMAND --help` says the same.
";

/// The whole document.
pub(crate) fn markdown() -> String {
    let mut cli = Cli::command();
    cli.build();
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    let commands = cli.get_subcommands().filter(shown);
    let commands = commands.flat_map(|command| {
        std::iter::once(command).chain(command.get_subcommands().filter(shown))
    });
    let commands = commands.map(section);
    let commands = commands.collect::<Vec<_>>().join("\n");
    format!("{INTRODUCTION}\n{commands}")
}

fn section(command: &Command) -> String {
    let about = text(command.get_about());
    let name = command.get_bin_name().unwrap_or_default();
    let mut section = format!("## {name}\n\n{}\n", about.trim());
    let mut arguments =
        command.get_arguments().filter(|argument| !argument.is_hide_set()).collect::<Vec<_>>();
    arguments.retain(|argument| {
        !matches!(argument.get_action(), ArgAction::Help | ArgAction::HelpShort)
    });
    let mut headings: Vec<&str> = Vec::new();
    for argument in &arguments {
        if !headings.contains(&heading(argument)) {
            headings.push(heading(argument));
        }
    }
    for name in headings {
        let rows = arguments
            .iter()
            .filter(|argument| heading(argument) == name)
            .map(|argument| row(argument));
        section += &format!(
            "\n**{name}**\n\n| option | meaning |\n| --- | --- |\n{}",
            rows.collect::<String>()
        );
    }
    section
}

fn heading(argument: &Arg) -> &str {
    let plain = if argument.is_positional() { "Arguments" } else { "Options" };
    argument.get_help_heading().unwrap_or(plain)
}

fn row(argument: &Arg) -> String {
    let mut meaning = text(argument.get_help()).replace('\n', " ");
    let mut add = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            meaning += &format!("; {name} {}", values.join(", "));
        }
    };
    let code = |value: &str| format!("`{value}`");
    if !argument.is_hide_possible_values_set() && argument.get_action().takes_values() {
        let values = argument.get_possible_values();
        let shown = values.iter().filter(|value| !value.is_hide_set());
        let one = if argument.get_value_delimiter().is_some() { "any of" } else { "one of" };
        add(one, shown.map(|value| code(value.get_name())).collect());
    }
    if !argument.is_hide_default_value_set() && argument.get_action().takes_values() {
        let defaults = argument.get_default_values().iter();
        add("default", defaults.map(|value| code(&value.to_string_lossy())).collect());
    }
    add(
        "also",
        argument
            .get_visible_aliases()
            .unwrap_or_default()
            .iter()
            .map(|alias| code(&format!("--{alias}")))
            .collect(),
    );
    format!("| {} | {} |\n", signature(argument), meaning.replace('|', "\\|").trim())
}

/// The names of an option, such as `-r`, `--room NAME`.
fn signature(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.iter().map(clap::builder::Str::as_str).collect::<Vec<_>>().join(" ");
    if argument.is_positional() {
        return format!("`{value}`");
    }
    let takes = argument.get_action().takes_values() && !value.is_empty();
    let value = if takes { format!(" {value}") } else { String::new() };
    let short = argument.get_short().map(|short| format!("`-{short}`, "));
    let long = argument.get_long().unwrap_or_default();
    format!("{}`--{long}{value}`", short.unwrap_or_default()).replace('|', "\\|")
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn what_can_be_repeated_says_so() {
    let mut cli = Cli::command();
    cli.build();
    for command in cli.get_subcommands() {
        for argument in command.get_arguments() {
            let is_repeatable = matches!(argument.get_action(), ArgAction::Append);
            let says_so = text(argument.get_help()).contains("Repeatable");
            assert_eq!(says_so, is_repeatable, "{} {argument}", command.get_name());
        }
    }
}
