//! Commands and options that other programs have, each list of names with what lkt has instead.

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

/// Options that people try with `lkt mint`.
pub(super) const OF_MINT: Table = &[
    (
        &[
            "expiry",
            "expires",
            "expires-in",
            "expiration",
            "exp",
            "duration",
            "lifetime",
            "validity",
            "valid-until",
            "token-ttl",
            "timeout",
            "t",
        ],
        "use `--ttl SPAN`, such as `--ttl 24h`",
    ),
    (
        &[
            "user",
            "username",
            "user-id",
            "userid",
            "uid",
            "sub",
            "subject",
            "participant",
            "id",
            "participant-identity",
            "participant_identity",
        ],
        "use `--identity IDENTITY`",
    ),
    (&["room-name", "room_name", "roomname"], "use `--room NAME`"),
    (&["participant-name", "participant_name", "display-name", "nickname"], "use `--name NAME`"),
    (&["participant-metadata", "meta"], "use `--metadata TEXT`"),
    (
        &["attributes", "participant-attributes", "attr"],
        "use `--attribute KEY=VALUE`, once for each",
    ),
    (&["agent-name", "dispatch"], "use `--agent NAME`"),
    (
        &["format", "out", "print", "yaml", "csv", "table"],
        "use `--output json` (or token, claims, env, meet)",
    ),
    (&["file", "input", "body"], "use `--request FILE`, or `--env-file PATH` for the key"),
    (&["number", "tokens", "c", "repeat", "loop", "times"], "use `--count N`"),
    (
        &["screen-share", "camera", "microphone", "sources"],
        "use `--allow-source camera,microphone,screen_share`",
    ),
    (&["moderator", "host", "owner"], "use `--admin`, which moderates the room"),
    (
        &["e2ee", "encryption", "region", "codec", "simulcast", "bitrate"],
        "leave it out: clients and the server decide it, not the token",
    ),
    (&["stdin"], "use `--request -` for one request, `--batch -` for many"),
    (&["save", "f", "output-file", "write"], "redirect it: `lkt mint … > FILE`"),
    (&["qr"], "pipe it: `lkt mint -o meet | qrencode -t utf8`"),
    (&["pretty"], "use `--output claims`, which is printed for people"),
    (
        &["no-color", "color", "no-colour", "no-colors"],
        "leave it out: only a terminal gets colours, and NO_COLOR turns them off",
    ),
    (&["silent", "s"], "use `--quiet`"),
    (
        &["cloud", "prod", "production", "sandbox", "local"],
        "`--dev` is the local server; others are read from LIVEKIT_URL and the key, or `--project NAME`",
    ),
    (&["j"], "use `--json`"),
    (&["jwt", "raw"], "leave it out: the token is what `lkt mint` prints"),
    (&["curl", "post"], "to get a token over HTTP, start `lkt serve`"),
    (&["decode"], "pipe it: `lkt mint … | lkt inspect`"),
    (&["devkey"], "use `--dev`"),
    (&["dry-run"], "use `--output claims`, which prints the claims unsigned"),
    (&["copy", "clipboard"], "pipe it: `lkt mint … | pbcopy`, `wl-copy`, `xclip` or `clip`"),
    (
        &["alg", "algorithm", "private-key", "sign-with"],
        "leave it out: LiveKit's tokens are signed with the API secret (HS256)",
    ),
    (
        &["kid", "header", "issuer", "iss", "audience", "aud"],
        "leave it out: LiveKit reads the key from `iss`, which is the API key",
    ),
    (&["claim", "claims"], "use `--grant`, `--attribute` or `--metadata`: LiveKit reads no others"),
    (&["nbf", "start", "valid-from"], "use `--not-before TIME`"),
    (
        &["config"],
        "`lkt mint` has no configuration file; use `--env-file PATH` or `--request FILE`",
    ),
    (
        &["role", "permission", "permissions", "grants", "allow"],
        "use `--grant NAME` or `--grant NAME=false`; `lkt mint --help` has shorter options",
    ),
];

/// With `lkt serve`.
pub(super) const OF_SERVE: Table = &[
    (
        &["bind", "host", "hostname", "address", "addr", "interface", "ip"],
        "use `--listen HOST:PORT`, or `--lan` for this network",
    ),
    (
        &[
            "cors",
            "cors-origins",
            "cors-allowed-origins",
            "allow-origin",
            "allowed-origins",
            "origin",
            "origins",
        ],
        "use `--cors-origin ORIGIN`, once for each",
    ),
    (
        &[
            "tls",
            "ssl",
            "https",
            "cert",
            "certificate",
            "tls-cert",
            "tls-key",
            "ssl-cert",
            "ssl-key",
            "key-file",
            "acme",
        ],
        "lkt speaks plain HTTP: put a proxy in front for TLS (docs/production.md)",
    ),
    (&["route", "endpoint", "url-path"], "use `--path PATH`"),
    (&["prefix"], "use `--base-path PATH`"),
    (
        &["auth", "bearer", "token", "auth-token"],
        "use `--auth-token-file FILE`, or LKT_AUTH_TOKEN in the environment",
    ),
    (
        &["deny-room", "deny-rooms", "whitelist", "allowlist"],
        "name the rooms that are allowed with `--allow-room PATTERN`",
    ),
    (&["no-auth", "anonymous", "public"], "use `--allow-anonymous`"),
    (
        &["rate-limit", "limit", "throttle", "max-rate", "rps"],
        "use `--rate N/SPAN`, such as `--rate 10/1m`",
    ),
    (&["issuer", "oidc", "oidc-issuer"], "use `--auth-issuer URL`"),
    (&["audience", "aud"], "use `--auth-audience AUDIENCE`"),
    (&["jwks", "jwks-url", "jwks-uri"], "use `--auth-jwks URL`"),
    (
        &["expiry", "expires", "expires-in", "expiration", "duration", "lifetime"],
        "use `--ttl SPAN`, such as `--ttl 1h`",
    ),
    (&["debug", "log-level", "trace"], "use `--verbose`"),
    (&["log", "log-file"], "lkt logs to stderr; use `--log-format json`, and redirect it"),
    (&["socket", "unix", "unix-socket"], "use `--listen unix:PATH`"),
    (&["redis", "redis-url", "valkey"], "use `--store URL`, such as `--store redis://HOST:6379`"),
    (
        &["webhook", "callback", "backend", "hook"],
        "to have your backend decide each request, use `--ask URL`",
    ),
    (
        &[
            "deny-identity",
            "deny-user",
            "block",
            "ban",
            "blocklist",
            "denylist",
            "deny-list",
            "deny-users",
            "revoke",
        ],
        "write whom to refuse into a file, and name it with `--deny-file FILE`",
    ),
    (&["dry-run", "validate", "test", "lint"], "use `--check`"),
    (
        &[
            "supabase",
            "firebase",
            "auth0",
            "clerk",
            "cognito",
            "keycloak",
            "auth-provider",
            "provider",
            "oauth",
            "oidc-client-secret",
            "auth-scope",
            "auth-role",
            "roles",
        ],
        "logins need `--auth-issuer`; docs/logins.md has the options for each provider",
    ),
    (
        &["allow-identity", "allow-user", "allow-users"],
        "logins decide the identity (docs/logins.md), or `--set participant_identity=VALUE`",
    ),
    (&["expose", "tunnel", "ngrok"], "use `--lan` for this network; for others, a proxy with TLS"),
    (&["http2", "h2", "http3"], "lkt speaks HTTP/1.1: put a proxy in front (docs/production.md)"),
    (&["statsd", "otel", "otlp", "tracing"], "use `--metrics-listen ADDRESS`, for Prometheus"),
    (&["pid-file", "pidfile"], "leave it out: whoever starts lkt has its process id"),
    (&["c", "cfg", "conf", "settings"], "use `--config FILE`"),
    (&["l"], "use `--listen ADDRESS`"),
    (
        &["auth-client-id", "client-id", "auth-azp"],
        "use `--auth-audience`, or `--auth-claim azp=ID`",
    ),
    (
        &["auth-basic", "basic-auth", "user", "password"],
        "lkt knows bearer tokens (`--auth-token-file`) and logins (docs/logins.md)",
    ),
    (&["workers", "threads", "w"], "leave it out: lkt uses all cores"),
    (&["timeout"], "use `--request-timeout SPAN`"),
    (&["max-request-size", "body-limit", "max-body-size"], "use `--max-body SIZE`"),
    (&["o", "output", "json"], "use `--log-format json`"),
    (
        &["daemon", "background", "watch", "reload"],
        "lkt stays in the foreground, and reads its files again on SIGHUP",
    ),
];

/// With `lkt inspect`.
pub(super) const OF_INSPECT: Table = &[
    (&["token", "jwt", "t"], "give the token as it is: `lkt inspect TOKEN`, or on standard input"),
    (&["decode"], "`lkt inspect TOKEN` decodes; `--verify` checks the signature as well"),
    (&["output", "format", "out", "o"], "use `--json`"),
    (&["claims", "raw", "pretty"], "leave it out, or use `--json`"),
    (&["file", "f"], "give it on standard input: `lkt inspect - < FILE`"),
    (&["room", "identity"], "leave it out: `lkt inspect` shows what the token has"),
];

/// With `lkt invite`.
pub(super) const OF_INVITE: Table = &[
    (
        &["ttl", "expiry", "expires", "expires-in", "expiration", "valid-for", "duration"],
        "use `--for SPAN`, such as `--for 7d`",
    ),
    (&["expires-at", "valid-until"], "use `--until TIME`"),
    (&["max-uses", "limit", "once"], "use `--uses N`, for a server with --store"),
    (&["json", "format", "out"], "use `--output json` (or link, code, qr)"),
    (&["qr", "qrcode"], "use `--output qr`"),
    (&["count", "number"], "one invitation is for any number of guests; `--uses N` limits it"),
    (
        &["base-url", "endpoint", "host", "domain", "link", "join-url"],
        "use `--public-url URL`, the URL at which guests reach `lkt serve`",
    ),
    (&["title", "description"], "use `--label TEXT`"),
    (&["email", "to", "phone"], "lkt prints the link; send it yourself"),
    (&["password", "pin"], "leave it out: whoever has the link may join until `--until`"),
    (
        &["readonly", "read-only", "viewer", "view-only"],
        "use `--no-publish` and `--no-publish-data`",
    ),
    (&["user", "username", "participant"], "use `--identity IDENTITY`, or `--name NAME`"),
    (
        &["metadata", "attribute", "agent", "room-config"],
        "give it to the server that accepts the invitation: `lkt serve --default FIELD=VALUE`",
    ),
];

/// With `lkt check`.
pub(super) const OF_CHECK: Table = &[
    (&["token"], "to check a token, use `lkt inspect --verify TOKEN`; `lkt check` makes its own"),
    (
        &["room", "identity", "r", "i"],
        "leave it out: `lkt check` makes a token of its own, and creates no room",
    ),
    (&["output", "format", "out", "o"], "use `--json`"),
    (&["issuer", "oidc", "oidc-issuer"], "use `--auth-issuer URL`"),
    (&["jwks", "jwks-url", "jwks-uri"], "use `--auth-jwks URL`"),
    (&["audience", "aud"], "use `--auth-audience AUDIENCE`"),
    (
        &["login", "login-token", "access-token"],
        "use `--auth-token FILE`, or `-` for standard input",
    ),
    (&["u"], "use `--url URL`"),
    (
        &["insecure", "k", "no-verify", "skip-tls"],
        "leave it out: lkt trusts what the system trusts, and the file of SSL_CERT_FILE",
    ),
    (&["timeout"], "leave it out: `lkt check` takes at most 5 seconds"),
];

/// With `lkt completions`.
pub(super) const OF_COMPLETIONS: Table = &[
    (&["shell", "s"], "give the shell alone: `lkt completions bash`"),
    (&["install"], "write the output where your shell looks for it: docs/install.md says where"),
];

/// With `lkt health`.
pub(super) const OF_HEALTH: Table = &[
    (
        &["port", "url", "host", "address", "listen", "p", "server"],
        "give the URL alone: `lkt health http://127.0.0.1:3000`",
    ),
    (&["socket", "unix"], "give the socket alone: `lkt health unix:/run/lkt/lkt.sock`"),
    (&["path"], "give the URL alone, with the base path if there is one"),
    (
        &["timeout", "retries", "interval"],
        "leave it out: `lkt health` tries once, for 2 seconds; call it again to wait",
    ),
    (&["dev", "json", "config"], "leave it out: the exit code is the answer"),
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
