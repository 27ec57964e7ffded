//! Commands and options that other programs have, each list of names with what lkt has instead.

mod mint;
mod others;
mod serve;

pub(super) use mint::OF_MINT;
pub(super) use others::{
    OF_CHECK, OF_COMPLETIONS, OF_HEALTH, OF_INSPECT, OF_INVITE, OF_INVITE_INSPECT, OF_MAN,
};
pub(super) use serve::OF_SERVE;

/// Names, without hyphens in front, and the help for them.
pub(super) type Table = &'static [(&'static [&'static str], &'static str)];

/// Words that do not change what a name means.
const FILLERS: [&str; 8] = ["enable", "set", "use", "with", "lkt", "livekit", "default", "token"];

/// The help for a name. Hyphens do not count, nor do some words beside the one that is known.
pub(super) fn find(table: Table, name: &str) -> Option<&'static str> {
    let exact = |name: &str| {
        let joined = name.replace('-', "");
        let is_it = |known: &&str| *known == name || known.replace('-', "") == joined;
        table.iter().find(|(names, _)| names.iter().any(is_it)).map(|(_, help)| *help)
    };
    exact(name).or_else(|| {
        let words = name.split('-').filter(|word| !FILLERS.contains(word)).collect::<Vec<_>>();
        let mut found = words.iter().map(|word| exact(word));
        let first = found.next()??;
        found.all(|other| other == Some(first)).then_some(first)
    })
}

/// Commands that other programs have.
pub(super) const COMMANDS: Table = &[
    (
        &["token", "create-token", "join-token", "create", "generate", "sign"],
        "to make a token, use `lkt mint --room ROOM --identity IDENTITY`",
    ),
    (&["decode", "show", "verify"], "to read a token, use `lkt inspect TOKEN`"),
    (&["jwt", "encode", "gen", "new", "make", "access-token"], "to make a token, use `lkt mint`"),
    (
        &["stop", "restart", "reload", "logs", "daemon"],
        "`lkt serve` stays in the foreground, where it logs; Ctrl-C or SIGTERM stops it",
    ),
    (
        &["listen", "run", "server", "start", "up", "dev", "endpoint"],
        "to start the endpoint, use `lkt serve`",
    ),
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
        &["login", "logout", "auth", "init", "config", "cloud", "whoami", "account"],
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

/// With each command.
pub(super) const OF_ALL: Table =
    &[(&["?", "help-all", "usage", "man", "examples"], "use `--help`")];

/// With the commands that need URL, key or secret.
pub(super) const OF_KEYS: Table = &[
    (&["key", "apikey", "api_key", "livekit-api-key"], "use `--api-key KEY`"),
    (
        &["secret", "apisecret", "api_secret", "livekit-api-secret"],
        "use `--api-secret-file PATH`, or LIVEKIT_API_SECRET in the environment",
    ),
    (
        &[
            "host",
            "server",
            "server-url",
            "livekit-url",
            "ws-url",
            "address",
            "api-url",
            "api",
            "ws",
            "wss",
        ],
        "use `--url URL`",
    ),
    (&["key-id", "access-key", "api-id"], "use `--api-key KEY`"),
    (&["api-key-file", "api-keys-file"], "use `--keys-file FILE`, whose lines are `KEY: SECRET`"),
    (&["env", "dotenv", "envfile"], "use `--env-file PATH`"),
    (&["keys", "key-file", "keyfile"], "use `--keys-file FILE`"),
    (&["profile", "cluster", "context", "workspace"], "use `--project NAME`"),
    (&["k"], "use `--api-key KEY`"),
    (&["s"], "use `--api-secret-file PATH`, or LIVEKIT_API_SECRET in the environment"),
    (
        &["api-secret-env", "secret-env"],
        "leave it out: LIVEKIT_API_SECRET in the environment is read by itself",
    ),
    (&["api-secret-stdin", "secret-stdin", "password-stdin"], "use `--api-secret-file -`"),
    (&["credentials", "creds", "credentials-file"], "use `--env-file PATH` or `--keys-file FILE`"),
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
    (&["room-create"], "use `--create`"),
    (&["room-list"], "use `--list`"),
    (&["room-admin"], "use `--admin`"),
    (&["room-record", "egress-admin"], "use `--record`"),
    (&["room-join"], "use `--join`"),
    (&["ingress-admin"], "use `--ingress`"),
    (
        &["can-publish-sources", "publish-sources", "allow-sources", "only-source"],
        "use `--allow-source LIST`, such as `--allow-source camera,microphone`",
    ),
    (
        &["can-update-own-metadata", "update-metadata", "can-update-metadata"],
        "use `--allow-update-metadata`",
    ),
    (&["sip"], "use `--grant sip.call` or `--grant sip.admin`"),
    (&["observability"], "use `--grant observability.write`"),
    (&["video", "video-grant"], "use `--grant`, such as `--grant canPublish=false`"),
    (&["audio-only", "no-video"], "use `--allow-source microphone`, which allows no other source"),
    (
        &["viewer", "view-only", "read-only", "readonly", "listen-only"],
        "use `--no-publish` and `--no-publish-data`",
    ),
    (&["no-join"], "name another permission, such as `--list`, and leave out `--join`"),
    (
        &["no-admin", "no-create", "no-list", "no-record", "no-ingress"],
        "a token has this permission only if its option is given",
    ),
    (&["no-hidden", "visible"], "a participant is visible unless `--hidden` is given"),
];
