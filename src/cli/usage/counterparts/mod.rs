//! Commands and options that other programs have, each list of names with what lkt has instead.

mod mint;
mod others;
mod serve;

pub(super) use mint::OF_MINT;
pub(super) use others::{
    OF_CHECK, OF_COMPLETIONS, OF_HEALTH, OF_INSPECT, OF_INVITE, OF_INVITE_INSPECT,
};
pub(super) use serve::OF_SERVE;

/// Names, without hyphens in front, and the help for them.
pub(super) type Table = &'static [(&'static [&'static str], &'static str)];

/// The help for a name.
pub(super) fn find(table: Table, name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| names.contains(&name)).map(|(_, help)| *help)
}

/// Commands that other programs have.
pub(super) const COMMANDS: Table = &[
    (
        &["token", "create-token", "join-token", "create", "generate", "sign"],
        "to make a token, use `lkt mint --room ROOM --identity IDENTITY`",
    ),
    (&["decode", "show", "verify"], "to read a token, use `lkt inspect TOKEN`"),
    (&["listen", "run", "server", "start"], "to start the endpoint, use `lkt serve`"),
    (
        &[
            "agent",
            "app",
            "dispatch",
            "egress",
            "ingress",
            "project",
            "room",
            "sip",
            "list-rooms",
            "rooms",
            "create-room",
            "participants",
        ],
        "lkt makes tokens; for this, use LiveKit's own CLI, `lk`",
    ),
    (&["version"], "to see the version, use `lkt --version`"),
    (
        &["login", "auth", "init", "config", "cloud"],
        "lkt has no account: it reads key and secret as `lkt mint --help` says",
    ),
    (
        &["keygen", "generate-keys", "create-key", "keys"],
        "keys come from LiveKit: `livekit-server generate-keys`, or your project's settings",
    ),
    (&["healthcheck", "ping", "status"], "to see whether a server is up, use `lkt health`"),
    (
        &["doctor", "test", "validate"],
        "to check key and server, use `lkt check`; to check a token, `lkt inspect --verify`",
    ),
    (
        &["update", "upgrade", "self-update", "install"],
        "to update lkt, use what installed it: docs/install.md",
    ),
    (&["join", "join-room", "connect"], "to join in a browser, use `lkt mint --open`"),
    (&["link", "invitation"], "to invite guests, use `lkt invite --room ROOM`"),
    (&["completion"], "to print the completion script of a shell, use `lkt completions SHELL`"),
];

/// With the commands that need URL, key or secret.
pub(super) const OF_KEYS: Table = &[
    (&["key", "apikey", "api_key", "livekit-api-key"], "use `--api-key KEY`"),
    (
        &["secret", "apisecret", "api_secret", "livekit-api-secret"],
        "use `--api-secret-file PATH`, or LIVEKIT_API_SECRET in the environment",
    ),
    (&["host", "server", "server-url", "livekit-url", "ws-url", "address"], "use `--url URL`"),
    (&["env", "dotenv", "envfile"], "use `--env-file PATH`"),
    (&["keys", "key-file", "keyfile"], "use `--keys-file FILE`"),
    (&["profile"], "use `--project NAME`"),
    (&["development"], "use `--dev`"),
];

/// What a participant may do unless it is forbidden, for which lkt has no options.
pub(super) const OF_PERMISSIONS: Table = &[
    (
        &["publish", "can-publish", "allow-publish", "canpublish"],
        "a participant may publish unless `--no-publish` is given",
    ),
    (
        &["subscribe", "can-subscribe", "allow-subscribe", "cansubscribe"],
        "a participant may subscribe unless `--no-subscribe` is given",
    ),
    (
        &["publish-data", "can-publish-data", "allow-data", "data"],
        "a participant may publish data unless `--no-publish-data` is given",
    ),
    (&["no-join"], "name another permission, such as `--list`, and leave out `--join`"),
    (
        &["no-admin", "no-create", "no-list", "no-record", "no-ingress"],
        "a token has this permission only if its option is given",
    ),
    (&["no-hidden", "visible"], "a participant is visible unless `--hidden` is given"),
];
