//! What to do about an option that a command does not have.

use clap::{Arg, Command};

use super::{Mistake, built, elsewhere, short_help, words};
use crate::cli::grants::names as grant_names;
use crate::cli::room_config_fields;
use crate::cli::suggest::did_you_mean;

/// Number of options that a help line describes.
const LISTED: usize = 2;

/// Number of options of a command that a help line names.
const NAMED: usize = 6;

impl Mistake<'_> {
    /// What lkt has in place of an option: one of the same job, one with a similar name, one that another
    /// command has, or one whose help has the word.
    pub(super) fn known_elsewhere(&self, typed: &str, command: &Command) -> String {
        let of_mint = (command.get_name() == "serve").then(|| self.default_for(typed)).flatten();
        let name = typed.trim_start_matches('-');
        let plain = name.to_ascii_lowercase().replace('_', "-");
        let known = || {
            let of = |name: &str| elsewhere::option(&words(command), name).map(str::to_owned);
            of(name).or_else(|| of(&plain))
        };
        of_mint
            .or_else(|| self.by_value(&plain, command))
            .or_else(known)
            .or_else(|| of_a_grant(name, command))
            .or_else(|| in_other_case(name, command))
            .or_else(|| of_the_room(&plain, command))
            .or_else(|| negated(&plain, command))
            .or_else(|| similar_option(&plain, command))
            .or_else(|| of_another_command(name, command))
            .or_else(|| by_help(&plain, command))
            .or_else(|| all_options(command))
            .unwrap_or_else(|| of_every_day(command))
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

impl Mistake<'_> {
    /// What depends on the value: `--log-level warn` wants less, and `--log-level debug` more.
    fn by_value(&self, name: &str, command: &Command) -> Option<String> {
        if command.get_name() != "serve" {
            return None;
        }
        let is_off = ["--cors=false", "--cors=off", "--cors=no", "--cors=0", "--enable-cors=false"];
        if self.arguments.iter().any(|typed| is_off.iter().any(|off| typed == off))
            && name.ends_with("cors")
        {
            return Some("use `--no-cors`".to_owned());
        }
        if !["log-level", "loglevel"].contains(&name) {
            return None;
        }
        let typed = ["--log-level", "--loglevel"].iter().find_map(|flag| self.typed_after(flag));
        let level = typed.unwrap_or_default().to_ascii_lowercase();
        Some(
            match level.as_str() {
                "warn" | "warning" | "error" | "fatal" | "off" | "none" => {
                    "use `--quiet`, which logs only errors"
                }
                "info" | "notice" => "leave it out: this is what `lkt serve` logs",
                _ => "use `--verbose`",
            }
            .to_owned(),
        )
    }
}

/// A grant that is typed as an option: `--can-subscribe-metrics`, `--sip.call`.
fn of_a_grant(name: &str, command: &Command) -> Option<String> {
    let has_grants = command.get_arguments().any(|option| option.get_long() == Some("grant"));
    let letters = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let mut all = grant_names().filter(|_| has_grants);
    let grant = all.find(|grant| letters(grant) == letters(name))?;
    Some(format!("use `--grant {grant}`"))
}

/// A letter in the other case: `-R`.
fn in_other_case(name: &str, command: &Command) -> Option<String> {
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none())?;
    let other = if letter.is_uppercase() {
        letter.to_ascii_lowercase()
    } else {
        letter.to_ascii_uppercase()
    };
    let mut options = command.get_arguments().filter(|option| option.get_id() != "help");
    let option = options.find(|option| option.get_short() == Some(other))?;
    Some(format!("did you mean `-{other}` (`--{}`)?", option.get_long()?))
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
    let options = shown(command).filter_map(Arg::get_long);
    let options = options.filter(|option| forbids(Some(option)) == forbids(Some(name)));
    let similar = did_you_mean(name, options)?;
    Some(format!("did you mean `--{similar}`?"))
}

/// Whether an option forbids something, by its name.
fn forbids(name: Option<&str>) -> bool {
    const NO: [&str; 6] = ["no-", "deny", "forbid", "disallow", "disable", "without"];
    name.is_some_and(|name| NO.iter().any(|no| name.starts_with(no)))
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

/// The options of every day, of a command that has many.
fn of_every_day(command: &Command) -> String {
    let name = words(command);
    if shown(command).find_map(Arg::get_long).is_none() {
        return format!("leave it out: `lkt {name}` has no options");
    }
    let options = match short_help::options(command) {
        Some(options) => options.collect::<Vec<_>>(),
        None => shown(command).filter_map(Arg::get_long).take(NAMED).collect(),
    };
    let options = options.iter().map(|name| format!("`--{name}`")).collect::<Vec<_>>().join(", ");
    format!("leave it out; `lkt {name}` has {options}, and more in `lkt {name} --help`")
}

/// `--no-hidden`, where there is `--hidden` and it is off by default.
fn negated(name: &str, command: &Command) -> Option<String> {
    let name = name.strip_prefix("no-")?;
    let option = shown(command).find(|option| option.get_long() == Some(name))?;
    Some(if option.get_action().takes_values() {
        format!("leave it out: nothing is set unless `--{name}` is given")
    } else {
        format!("leave it out: it is off unless `--{name}` is given")
    })
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
    let asked = name.split('-').filter(|word| word.len() > 2).collect::<Vec<_>>();
    let matches = |option: &Arg| {
        let text = format!("{} {}", option.get_long().unwrap_or_default(), help_of(option));
        let text = text.to_lowercase();
        let said = text.split(|letter: char| !letter.is_ascii_alphanumeric()).collect::<Vec<_>>();
        let is_said = |word: &str| {
            said.iter().any(|&said| said == word || said.strip_suffix('s') == Some(word))
        };
        asked.iter().filter(|word| is_said(word)).count()
    };
    let same_sense =
        || shown(command).filter(|option| forbids(option.get_long()) == forbids(Some(name)));
    let most = same_sense().map(matches).max().filter(|&most| most > 0)?;
    let found = same_sense().filter(|option| matches(option) == most).collect::<Vec<_>>();
    let described = found.iter().filter_map(|option| described(option)).collect::<Vec<_>>();
    (found.len() <= LISTED).then(|| format!("nearest: {}", described.join("; ")))
}

/// An option with its help, as far as the first mark.
fn described(option: &Arg) -> Option<String> {
    let help = help_of(option);
    let summary = help.split([':', ';', '.', '[', '(']).next().unwrap_or_default().trim();
    Some(format!("`--{}` ({summary})", option.get_long()?))
}

fn help_of(option: &Arg) -> String {
    option.get_help().map(ToString::to_string).unwrap_or_default()
}

/// All options of a command that has few.
fn all_options(command: &Command) -> Option<String> {
    let names = shown(command).filter_map(Arg::get_long).map(|name| format!("`--{name}`"));
    let names = names.collect::<Vec<_>>();
    (!names.is_empty() && names.len() <= NAMED)
        .then(|| format!("leave it out: the options are {}", names.join(", ")))
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_own = |option: &&Arg| !option.is_global_set() && option.get_id() != "help";
    command.get_arguments().filter(|option| !option.is_hide_set()).filter(is_own)
}
