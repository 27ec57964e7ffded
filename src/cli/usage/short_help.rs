//! `lkt mint -h` and `lkt serve -h`: the options of every day, on one screen. `--help` has all of them.

use clap::{Arg, Command};

/// The argument, by its name in clap, and its help.
type Shown = &'static [(&'static str, &'static str)];

const MINT: Shown = &[
    ("room", "Room to join"),
    ("identity", "Identity of the participant, unique in the room"),
    ("name", "Name of the participant, for people to read"),
    ("agents", "Agent to dispatch if this join creates the room"),
    ("ttl", "How long it can be used to join: 90s, 10m, 24h"),
    ("grants", "Any grant, such as canPublish=false or roomAdmin"),
    ("json", "Print what the endpoint answers, URL and token"),
    ("dev", "Use URL and key of `livekit-server --dev`"),
    ("url", "URL of the LiveKit server [env: LIVEKIT_URL]"),
    ("api_key", "API key [env: LIVEKIT_API_KEY, LIVEKIT_API_SECRET]"),
];

const SERVE: Shown = &[
    ("dev", "Use URL and key of `livekit-server --dev`"),
    ("url", "URL of the LiveKit server [env: LIVEKIT_URL]"),
    ("listen", "Address to listen on [default: localhost:3000]"),
    ("lan", "Listen on all interfaces, for phones on this network"),
    ("fresh", "Random identity and room where a request names none"),
    ("allow_room", "Allow only rooms that match, such as team-*"),
    ("auth_issuer", "Accept login tokens of this issuer"),
    ("cors_origin", "Allow web pages of this origin"),
];

fn shown(command: &Command) -> Option<Shown> {
    match command.get_name() {
        "mint" => Some(MINT),
        "serve" => Some(SERVE),
        _ => None,
    }
}

/// The long names of the options of every day.
pub(super) fn options(command: &Command) -> Option<impl Iterator<Item = &str>> {
    let shown = shown(command)?.iter();
    let find = |id: &str| command.get_arguments().find(|argument| argument.get_id() == id);
    Some(shown.filter_map(move |(id, _)| find(id)).filter_map(Arg::get_long))
}

/// The short help of a command, if it has one of its own.
pub(super) fn of(command: Command) -> Option<String> {
    let shown = shown(&command)?;
    Some(command.mut_args(|argument| with_short_help(argument, shown)).render_help().to_string())
}

fn with_short_help(argument: Arg, shown: Shown) -> Arg {
    if argument.get_id() == "help" {
        return argument;
    }
    let short = shown.iter().find(|(id, _)| argument.get_id() == id);
    let argument = argument.hide_short_help(short.is_none());
    let argument = argument.hide_possible_values(true).hide_default_value(true);
    match short {
        Some((_, help)) => argument.help(help),
        None => argument,
    }
}
