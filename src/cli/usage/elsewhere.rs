//! Commands and options that other programs have, and what lkt has instead.

use super::counterparts::{
    COMMANDS, OF_ALL, OF_CHECK, OF_COMPLETIONS, OF_HEALTH, OF_INSPECT, OF_INVITE,
    OF_INVITE_INSPECT, OF_KEYS, OF_MAN, OF_MINT, OF_PERMISSIONS, OF_SERVE, find,
};
use crate::cli::suggest::did_you_mean;

/// The commands.
const COMMAND_NAMES: [&str; 8] =
    ["mint", "serve", "invite", "inspect", "check", "health", "completions", "man"];

/// The counterpart in lkt of a command that other programs have, or the one whose job has the word.
pub(super) fn command(name: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 7] = [
        ("invit", "invitation"),
        ("inspect", "decode"),
        ("verif", "decode"),
        ("valid", "validate"),
        ("check", "validate"),
        ("serve", "server"),
        ("token", "token"),
    ];
    let by_word = || {
        let (_, known) = WORDS.iter().find(|(word, _)| name.contains(word))?;
        find(COMMANDS, known)
    };
    find(COMMANDS, name).or_else(by_word)
}

/// What to do about a command that nothing is known about.
pub(super) fn commands() -> String {
    format!("the commands are {}; see `lkt --help`", COMMAND_NAMES.join(", "))
}

/// The counterpart in a command of lkt of an option that other programs have. `name` has no hyphens in
/// front.
pub(super) fn option(command: &str, name: &str) -> Option<&'static str> {
    let of_command = match command {
        "mint" => find(OF_MINT, name).or_else(|| find(OF_PERMISSIONS, name)),
        "serve" => find(OF_SERVE, name).or_else(|| find(OF_PERMISSIONS, name)),
        "invite" => find(OF_INVITE, name).or_else(|| find(OF_PERMISSIONS, name)),
        "invite inspect" => find(OF_INVITE_INSPECT, name),
        "inspect" => find(OF_INSPECT, name),
        "check" => find(OF_CHECK, name),
        "health" => return find(OF_HEALTH, name),
        "man" => return find(OF_MAN, name),
        "completions" => return find(OF_COMPLETIONS, name),
        _ => None,
    };
    of_command.or_else(|| find(OF_KEYS, name)).or_else(|| find(OF_ALL, name)).or(match name {
        "v" | "vv" | "verbose" | "debug" => Some("leave it out: only `lkt serve` has --verbose"),
        _ => None,
    })
}

/// What to do about a word after `lkt invite` that other programs have as a command.
pub(super) fn invite_command(typed: &str) -> Option<String> {
    Some(match typed {
        "create" | "new" | "make" | "mint" | "add" | "generate" => {
            "leave it out: `lkt invite --room ROOM` makes an invitation".to_owned()
        }
        "list" | "ls" | "show" | "get" | "verify" => {
            "lkt stores no invitations; `lkt invite inspect CODE` shows what one allows".to_owned()
        }
        "revoke" | "delete" | "remove" | "cancel" | "rm" => {
            "write `jti=` and the id of the invitation into the file of `lkt serve --deny-file`; `lkt \
             invite inspect CODE` shows the id"
                .to_owned()
        }
        "inspect" => "`lkt invite inspect` takes a code, and none of these options".to_owned(),
        _ if did_you_mean(typed, ["inspect"].into_iter()).is_some() => {
            "did you mean `inspect`?".to_owned()
        }
        _ => return None,
    })
}

/// Whether a word can be repeated in a command line. A longer one may be a token.
pub(super) fn is_plain(typed: &str) -> bool {
    typed.len() < 40 && typed.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The end of a sentence that names an option for a word, in the commands in which no word is without.
pub(super) fn sample_option(command: &str, typed: &str) -> Option<String> {
    let value = if is_plain(typed) { typed } else { "VALUE" };
    match command {
        "mint" | "invite" => Some(format!(", such as `--room {value}`")),
        "serve" if value.parse::<u16>().is_ok() => Some(format!(", such as `--port {value}`")),
        "serve" => Some(String::new()),
        _ => None,
    }
}

/// What to do about an argument without an option.
pub(super) fn positional(command: &str, typed: &str) -> String {
    let value = if is_plain(typed) { typed } else { "VALUE" };
    match command {
        _ if COMMAND_NAMES.contains(&typed) => {
            format!("give one command at a time, such as `lkt {typed}`")
        }
        "check"
            if typed.rsplit_once('.').is_some_and(|(_, end)| end == "toml") && is_plain(typed) =>
        {
            format!("give it with its option: `--config {typed}`")
        }
        _ if typed == "help" => format!("write it as `lkt {command} --help`"),
        "serve" if ["start", "run", "up", "server"].contains(&typed) => {
            "leave it out: `lkt serve` starts the endpoint".to_owned()
        }
        "health" => "check one server at a time".to_owned(),
        "invite inspect" => "give one code or link".to_owned(),
        "mint" | "invite" => {
            format!("give it with its option, as in `--room {value}`, and quote blanks")
        }
        "serve" if value.parse::<u16>().is_ok() => {
            format!("give it with its option: `--port {value}`")
        }
        "serve" if typed.rsplit_once('.').is_some_and(|(_, end)| end == "toml") => {
            format!("give it with its option: `--config {value}`")
        }
        "serve" => "give it with its option, as in `--listen ADDRESS`, and quote blanks".to_owned(),
        "check" => "give the URL of the server with `--url`".to_owned(),
        "inspect" => "inspect one token at a time, and quote what has blanks in it".to_owned(),
        "completions" => "print the script of one shell at a time".to_owned(),
        "man" => "leave it out: the manual page is about all commands".to_owned(),
        _ => format!("see `lkt {command} --help`"),
    }
}
