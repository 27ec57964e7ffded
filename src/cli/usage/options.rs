//! What to do about an option that a command does not have.

use clap::{Arg, Command};

use super::{Mistake, built, elsewhere};
use crate::cli::room_config_fields;
use crate::cli::suggest::did_you_mean;

/// Number of options that a help line lists.
const LISTED: usize = 6;

impl Mistake<'_> {
    /// What lkt has in place of an option: one of the same job, one with a similar name, one that another
    /// command has, or one whose help has the word.
    pub(super) fn known_elsewhere(&self, typed: &str, command: &Command) -> Option<String> {
        let of_mint = (command.get_name() == "serve").then(|| self.default_for(typed)).flatten();
        let name = typed.trim_start_matches('-');
        let plain = name.to_ascii_lowercase().replace('_', "-");
        let known = || {
            let of = |name: &str| elsewhere::option(command.get_name(), name).map(str::to_owned);
            of(name).or_else(|| of(&plain))
        };
        of_mint
            .or_else(known)
            .or_else(|| of_the_room(&plain, command))
            .or_else(|| similar_option(&plain, command))
            .or_else(|| of_another_command(name, command))
            .or_else(|| by_help(&plain, command))
            .or_else(|| all_options(command))
            .or_else(|| on_one_screen(command))
    }

    /// The option of `lkt serve` that replaces a flag of `lkt mint`.
    fn default_for(&self, flag: &str) -> Option<String> {
        let field = match flag {
            "--agent" => {
                let name = self.typed_after(flag).unwrap_or("NAME");
                let config = format!(r#"room_config={{"agents":[{{"agent_name":"{name}"}}]}}"#);
                return Some(format!("use `--default '{config}'`"));
            }
            "--room" => "room_name",
            "--identity" => "participant_identity",
            "--name" => "participant_name",
            "--metadata" => "participant_metadata",
            "--room-config" => "room_config",
            _ => return None,
        };
        Some(format!("use `--default {field}={}`", self.typed_after(flag).unwrap_or("VALUE")))
    }

    /// The value that was typed with a flag, if it needs no quoting in any shell or in JSON.
    fn typed_after(&self, flag: &str) -> Option<&str> {
        let is_plain = |value: &&str| {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
            !value.is_empty() && !value.starts_with('-') && value.chars().all(plain)
        };
        let mut typed = self.arguments.iter().map(|argument| argument.to_str().unwrap_or_default());
        let found = typed.find_map(|argument| argument.strip_prefix(flag))?;
        if found.is_empty() { typed.next() } else { found.strip_prefix('=') }.filter(is_plain)
    }
}

/// What to do about an option where a command is due.
pub(super) fn without_command(typed: &str) -> String {
    let name = typed.trim_start_matches('-');
    let of_lkt = ["version", "help", "quiet"];
    match did_you_mean(name, of_lkt.into_iter()) {
        _ if name == "v" => "did you mean `--version`?".to_owned(),
        Some(similar) => format!("did you mean `--{similar}`?"),
        None => "name a command first, as in `lkt mint --dev`; see `lkt --help`".to_owned(),
    }
}

/// An option with a similar name, and with the same meaning: `--publish` is not `--no-publish`.
fn similar_option(name: &str, command: &Command) -> Option<String> {
    let forbids =
        |name: &str| ["no-", "deny", "forbid", "disallow"].iter().any(|no| name.starts_with(no));
    let options = command.get_arguments().filter(|option| !option.is_hide_set());
    let options =
        options.filter_map(Arg::get_long).filter(|option| forbids(option) == forbids(name));
    let similar = did_you_mean(name, options)?;
    Some(format!("did you mean `--{similar}`?"))
}

/// A field of the room's configuration, such as `max_participants`.
fn of_the_room(name: &str, command: &Command) -> Option<String> {
    let field = name.strip_prefix("room-").unwrap_or(name).replace('-', "_");
    let is_field = room_config_fields::of_message("room_config").contains(&field.as_str());
    let json = format!("{{\"{field}\": …}}");
    match command.get_name() {
        "mint" if is_field => Some(format!("use `--room-config '{json}'`")),
        "serve" if is_field => Some(format!("use `--default 'room_config={json}'`")),
        _ => None,
    }
}

/// The short help of a command that has one.
fn on_one_screen(command: &Command) -> Option<String> {
    let name = command.get_name();
    let has_one = ["mint", "serve"].contains(&name);
    has_one.then(|| format!("`lkt {name} -h` shows the options on one screen"))
}

/// The command that has the option.
fn of_another_command(name: &str, command: &Command) -> Option<String> {
    let cli = built();
    let mut others = cli.get_subcommands().filter(|other| other.get_name() != command.get_name());
    let has = |other: &&Command| shown(other).any(|option| option.get_long() == Some(name));
    let other = others.find(has)?.get_name().to_owned();
    Some(format!("`--{name}` is an option of `lkt {other}`"))
}

/// The options whose name and help have the most words of the name, if they are few.
fn by_help(name: &str, command: &Command) -> Option<String> {
    let words = name.split('-').filter(|word| word.len() > 2).collect::<Vec<_>>();
    let matches = |option: &Arg| {
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        let text = format!("{} {help}", option.get_long().unwrap_or_default()).to_lowercase();
        let said = text.split(|letter: char| !letter.is_ascii_alphanumeric()).collect::<Vec<_>>();
        let is_said = |word: &str| {
            said.iter().any(|&said| said == word || said.strip_suffix('s') == Some(word))
        };
        words.iter().filter(|word| is_said(word)).count()
    };
    let most = shown(command).map(matches).max().filter(|&most| most > 0)?;
    let found = shown(command).filter(|option| matches(option) == most).filter_map(Arg::get_long);
    let found = found.map(|name| format!("`--{name}`")).collect::<Vec<_>>();
    let command = command.get_name();
    (found.len() <= LISTED).then(|| format!("see {} in `lkt {command} --help`", found.join(", ")))
}

/// All options of a command that has few.
fn all_options(command: &Command) -> Option<String> {
    let names = shown(command).filter_map(Arg::get_long).map(|name| format!("`--{name}`"));
    let names = names.collect::<Vec<_>>();
    (names.len() <= LISTED).then(|| format!("the options are {}", names.join(", ")))
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|option| !option.is_hide_set())
}
