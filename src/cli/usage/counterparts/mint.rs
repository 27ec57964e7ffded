//! Options that people try with `lkt mint`.

use super::Table;

/// Options that people try with `lkt mint`.
pub(in crate::cli::usage) const OF_MINT: Table = &[
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
    (&["publisher", "speaker"], "leave it out: a participant may publish and subscribe by default"),
    (&["subscriber", "listener", "audience-member"], "use `--no-publish` and `--no-publish-data`"),
    (&["mute", "muted"], "use `--no-publish`, or mute in the app: a token cannot"),
    (&["room-options", "options"], "use `--room-config JSON`"),
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
    (&["jti", "token-id"], "leave it out: LiveKit does not read it, and `iat` tells tokens apart"),
    (
        &["claim", "claims", "payload", "custom-claim"],
        "use `--grant`, `--attribute` or `--metadata`: LiveKit reads no others",
    ),
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
