//! Options that people try with the other commands.

use super::Table;

/// Options that people try with `lkt inspect`.
pub(in crate::cli::usage) const OF_INSPECT: Table = &[
    (&["token", "jwt", "t"], "give the token as it is: `lkt inspect TOKEN`, or on standard input"),
    (&["decode"], "`lkt inspect TOKEN` decodes; `--verify` checks the signature as well"),
    (&["output", "format", "out", "o"], "use `--json`"),
    (&["claims", "raw", "pretty"], "leave it out, or use `--json`"),
    (
        &["claim", "field", "get", "select", "query", "path", "payload", "header"],
        "use `--json` and jq: `lkt inspect --json TOKEN | jq .claims`",
    ),
    (&["check", "validate", "signature", "verify-signature"], "use `--verify`, with the key"),
    (&["exp", "expired", "expiry"], "leave it out: `lkt inspect` shows when the token expires"),
    (&["file", "f", "token-file"], "give it on standard input: `lkt inspect - < FILE`"),
    (&["room", "identity"], "leave it out: `lkt inspect` shows what the token has"),
];

/// Options that people try with `lkt invite`.
pub(in crate::cli::usage) const OF_INVITE: Table = &[
    (
        &["ttl", "expiry", "expires", "expires-in", "expiration", "valid-for", "duration"],
        "use `--for SPAN`, such as `--for 7d`",
    ),
    (&["expires-at", "valid-until"], "use `--until TIME`"),
    (&["max-uses", "limit", "guests", "max-guests"], "use `--uses N`, for a server with --store"),
    (&["once", "single-use", "one-time", "single"], "use `--uses 1`, for a server with --store"),
    (&["json", "format", "out"], "use `--output json` (or link, code, qr)"),
    (&["qr", "qrcode"], "use `--output qr`"),
    (&["count", "number"], "one invitation is for any number of guests; `--uses N` limits it"),
    (
        &["base-url", "endpoint", "host", "domain", "link", "join-url"],
        "use `--public-url URL`, the URL at which guests reach `lkt serve`",
    ),
    (&["title", "description"], "use `--label TEXT`"),
    (&["no-join", "join"], "leave it out: every invitation lets guests join"),
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

/// Options that people try with `lkt invite inspect`.
pub(in crate::cli::usage) const OF_INVITE_INSPECT: Table = &[
    (&["code", "link", "invitation", "c"], "give the code or the link alone"),
    (&["output", "format", "out", "o"], "use `--json`"),
    (&["file", "f"], "give it on standard input: `lkt invite inspect - < FILE`"),
    (&["check", "validate"], "use `--verify`"),
    (
        &["room", "identity", "name", "uses", "for", "until", "r", "i", "n", "public-url", "label"],
        "leave it out: `lkt invite inspect` shows what the invitation has",
    ),
];

/// Options that people try with `lkt check`.
pub(in crate::cli::usage) const OF_CHECK: Table = &[
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
    (&["health", "healthz", "ready"], "to see whether `lkt serve` is up, use `lkt health`"),
    (
        &["insecure", "k", "no-verify", "skip-tls"],
        "leave it out: lkt trusts what the system trusts, and the file of SSL_CERT_FILE",
    ),
    (
        &["timeout", "wait", "retry", "retries"],
        "leave it out: `lkt check` tries once, for at most 5 seconds; call it again to wait",
    ),
];

/// Options that people try with `lkt completions`.
pub(in crate::cli::usage) const OF_COMPLETIONS: Table = &[
    (&["shell", "s"], "give the shell alone: `lkt completions bash`"),
    (&["output", "o", "file", "out"], "redirect it: `lkt completions SHELL > FILE`"),
    (&["install"], "write the output where your shell looks for it: docs/install.md says where"),
];

/// Options that people try with `lkt man`.
pub(in crate::cli::usage) const OF_MAN: Table =
    &[(&["output", "o", "file", "out"], "redirect it: `lkt man > lkt.1`")];

/// Options that people try with `lkt health`.
pub(in crate::cli::usage) const OF_HEALTH: Table = &[
    (
        &["port", "url", "host", "address", "listen", "p", "server"],
        "give the URL alone: `lkt health http://127.0.0.1:3000`",
    ),
    (&["socket", "unix"], "give the socket alone: `lkt health unix:/run/lkt/lkt.sock`"),
    (&["header", "h"], "leave it out: `/healthz` is answered for any host"),
    (&["path"], "give the URL alone, with the base path if there is one"),
    (
        &["timeout", "retries", "retry", "wait", "interval"],
        "leave it out: `lkt health` tries once, for 2 seconds; call it again to wait",
    ),
    (
        &["live", "liveness", "alive", "healthz"],
        "leave it out: without `--ready`, `lkt health` asks whether the server is alive",
    ),
    (
        &["dev", "json", "config", "exit-code", "insecure", "k", "fail"],
        "leave it out: the exit code is the answer",
    ),
];
