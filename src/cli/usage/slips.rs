//! Slips of typing that clap takes for something else: a value after an option that has none, long
//! dashes, and an option in quotes together with its value.

use clap::error::ContextKind;
use clap::{Arg, ArgAction, Command};

use super::{Mistake, elsewhere, words as words_of};
use crate::printable::without_password;

/// Dashes that text programs put in place of two hyphens.
const DASHES: &[char] = &['–', '—', '―', '−'];

impl Mistake<'_> {
    /// What is wrong about an argument that is no option, if it is such a slip.
    pub(super) fn slip(&self, typed: &str, command: &Command) -> Option<(String, String)> {
        if let Some(name) = typed.strip_prefix(DASHES) {
            let name = name.trim_start_matches(DASHES).trim_start_matches('-');
            let problem =
                format!("`{typed}` begins with a long dash, and options with two hyphens");
            return Some((problem, format!("write it as `--{name}`")));
        }
        if let Some((name, value)) = typed.split_once(' ')
            && option(command, name).is_some()
        {
            let problem = format!("`{name}` and its value are one argument, because of the quotes");
            return Some((problem, format!("quote the value alone: `{name} '{}'`", value.trim())));
        }
        if let Some(found) = self.in_another_form(typed, command) {
            return Some(found);
        }
        let before = self.before(typed)?;
        if let Some(value) = typed.strip_prefix('=') {
            let value = if value.is_empty() { "VALUE" } else { value };
            let problem = "there are blanks around `=`".to_owned();
            return Some((problem, format!("write it in one: `{before}={value}`")));
        }
        if before.starts_with("--") && option(command, before).is_some_and(is_flag) {
            return is_switch(typed).then(|| takes_no_value(before, typed));
        }
        let grants = ["--grant", "--grant-guest"].contains(&self.before(before)?);
        let help = format!("write the grant and its value in one: `{before}={typed}`");
        (grants && is_switch(typed)).then(|| (format!("unexpected argument `{typed}`"), help))
    }

    /// `--hidden=false`.
    pub(super) fn value_of_flag(&self) -> (String, String) {
        let flag = self.plain(ContextKind::InvalidArg);
        takes_no_value(&flag, &self.plain(ContextKind::InvalidValue))
    }

    /// An option as other programs write it: `/dev`, `room=demo`, `--room:demo`. Also what follows a `--`,
    /// and a text that is empty.
    fn in_another_form(&self, typed: &str, command: &Command) -> Option<(String, String)> {
        let problem = format!("unexpected argument {}", without_password(typed));
        if typed.is_empty() {
            let help = "leave it out, or see whether a variable is not set";
            return Some(("an argument is empty".to_owned(), help.to_owned()));
        }
        let mut words = self.arguments.iter();
        let dashes = words.position(|word| word == "--");
        if dashes.is_some() && words.any(|word| word == typed) {
            return Some((problem, "leave out the `--` before it".to_owned()));
        }
        let (mark, bare) = match typed.strip_prefix("--").or_else(|| typed.strip_prefix('/')) {
            Some(bare) => (typed.chars().next(), bare),
            None => (None, typed),
        };
        let (name, value) = bare.split_at(bare.find([':', '=']).unwrap_or(bare.len()));
        let is_other_form = match mark {
            Some('/') => true,
            Some(_) => value.starts_with(':'),
            None => value.starts_with('='),
        };
        if !is_other_form {
            return None;
        }
        let found = option(command, &format!("--{name}"))?;
        let value = value.trim_start_matches([':', '=']);
        let value = if elsewhere::is_plain(value) { value } else { "VALUE" };
        let takes = found.get_action().takes_values();
        let meant = if takes { format!("--{name} {value}") } else { format!("--{name}") };
        Some((problem, format!("write it as `{}`", meant.trim_end())))
    }

    /// What to do about a word after an option that has its value, or takes none: `--name Ada Lovelace`,
    /// `--no-publish demo`.
    pub(super) fn after_option(&self, typed: &str, command: &Command) -> Option<String> {
        let words = self.arguments.iter().map_while(|argument| argument.to_str());
        let words = words.take_while(|word| *word != typed).collect::<Vec<_>>();
        let at = words.iter().rposition(|word| word.starts_with('-'))?;
        let name = words.get(at)?.split('=').next()?;
        let found = option(command, name).or_else(|| short_option(command, name))?;
        let plain = |word: &&str| word.split('=').all(elsewhere::is_plain);
        let values = words.get(at + 1..)?.iter().copied().chain([typed]);
        let values = values.map(|word| word.trim_matches(',')).filter(plain);
        let values = values.collect::<Vec<_>>();
        let count = words.len() - at;
        if words.get(at + 1) == Some(&"=") {
            let value = values.last().copied().unwrap_or("VALUE");
            return Some(format!("write it in one: `{name}={value}`"));
        }
        if is_flag(found) {
            let sample = elsewhere::sample_option(&words_of(command), typed)?;
            let help = format!("`{name}` takes no value: leave out {}", without_password(typed));
            return Some(format!("{help}, or give it its own option{sample}"));
        }
        if values.len() != count || words.get(at)?.contains('=') {
            let help = format!("quote a value with blanks: `{name} 'WORD WORD'`");
            return Some(help);
        }
        if found.get_value_delimiter().is_some() {
            return Some(format!("put commas between the values: `{name} {}`", values.join(",")));
        }
        let is_pair = found.get_value_names().into_iter().flatten().any(|name| name.contains('='));
        if let ([key, value], true) = (values.as_slice(), is_pair)
            && !key.contains('=')
        {
            return Some(format!("write it in one: `{name} {key}={value}`"));
        }
        if values.iter().all(|value| value.parse::<u64>().is_ok()) {
            return Some(format!("`{name}` takes one number: leave out `{typed}`"));
        }
        let quoted = format!("`{name} '{}'`", values.join(" "));
        let is_list = matches!(found.get_action(), ArgAction::Append);
        Some(if is_list {
            let each = values.iter().map(|value| format!("{name} {value}")).collect::<Vec<_>>();
            format!(
                "give each value its option: `{}`; quote one with blanks: {quoted}",
                each.join(" ")
            )
        } else {
            format!("quote a value with blanks: {quoted}; or give `{typed}` its own option")
        })
    }

    /// The argument before this one.
    fn before(&self, typed: &str) -> Option<&str> {
        let at = self.arguments.iter().position(|argument| argument == typed)?;
        self.arguments.get(at.checked_sub(1)?)?.to_str()
    }

    /// What to do about a missing option, which another one needs or the command.
    pub(super) fn add_missing(&self) -> String {
        let missing = self.plain(ContextKind::InvalidArg);
        let name = missing.split(' ').next().unwrap_or_default();
        let command = self.command();
        let found = command.as_ref().and_then(|command| option(command, name));
        if found.is_some_and(Arg::is_required_set) {
            return format!("add it, as in `{}`", missing.replace(['<', '>'], ""));
        }
        "add it, or leave out the option that needs it".to_owned()
    }
}

fn option<'c>(command: &'c Command, typed: &str) -> Option<&'c Arg> {
    let name = typed.strip_prefix("--")?;
    command.get_arguments().find(|option| option.get_long() == Some(name))
}

fn short_option<'c>(command: &'c Command, typed: &str) -> Option<&'c Arg> {
    let mut letters = typed.strip_prefix('-')?.chars();
    let letter = letters.next().filter(|_| letters.next().is_none())?;
    command.get_arguments().find(|option| option.get_short() == Some(letter))
}

fn is_flag(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

fn is_switch(text: &str) -> bool {
    is_off(text) || ["true", "yes", "on", "1"].contains(&text)
}

fn is_off(text: &str) -> bool {
    ["false", "no", "off", "0"].contains(&text)
}

fn takes_no_value(flag: &str, value: &str) -> (String, String) {
    let help = if is_off(value) {
        format!("leave `{flag}` out: it is off unless it is given")
    } else {
        format!("give `{flag}` alone")
    };
    (format!("`{flag}` takes no value"), help)
}

/// clap's `<--one <A>|--other>`, without the brackets.
pub(super) fn alternatives(missing: &str) -> String {
    match missing.strip_prefix("`<--").and_then(|rest| rest.strip_suffix(">`")) {
        Some(either) => format!("`--{}`", either.replace('|', "` or `")),
        None => missing.to_owned(),
    }
}
