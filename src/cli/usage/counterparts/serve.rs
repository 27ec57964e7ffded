//! Options that people try with `lkt serve`.

use super::Table;

/// Options that people try with `lkt serve`.
pub(in crate::cli::usage) const OF_SERVE: Table = &[
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
        &["auth", "bearer", "token", "auth-token", "api-token", "bearer-token"],
        "use `--auth-token-file FILE`, or LKT_AUTH_TOKEN in the environment",
    ),
    (
        &["deny-room", "deny-rooms", "whitelist", "allowlist", "rooms", "only-rooms"],
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
    (&["debug", "trace"], "use `--verbose`"),
    (
        &["allow-credentials", "cors-credentials", "with-credentials"],
        "leave it out: answers to allowed origins have Access-Control-Allow-Credentials",
    ),
    (
        &["cors-headers", "cors-methods", "allow-headers", "allow-methods", "allowed-headers"],
        "leave it out: a preflight is answered with the headers that it asks for",
    ),
    (
        &["access-log", "log-requests", "request-log"],
        "leave it out: each request is a line of the log; `--log-format json` is for programs",
    ),
    (
        &["random", "random-identity", "unique", "random-room"],
        "use `--fresh`: a random identity and room where a request names none",
    ),
    (
        &["android", "emulator", "ios", "phone", "mobile", "device"],
        "use `--lan` for phones; Android's emulator reaches `lkt serve --dev` as it is, at 10.0.2.2",
    ),
    (&["qr", "qrcode"], "use `--lan`, and open the page at the address that it prints"),
    (
        &["static", "public-dir", "www", "html", "root"],
        "leave it out: lkt serves tokens; pages come from your own server, with `--cors-origin`",
    ),
    (
        &["behind-proxy", "proxy-headers", "forwarded", "proxied"],
        "use `--trusted-proxy CIDR`, the address of the proxy",
    ),
    (
        &["auth-alg", "auth-algorithm", "algorithm", "alg", "algorithms"],
        "leave it out: the issuer's keys say which algorithms they are for",
    ),
    (&["keepalive", "keep-alive", "keepalive-timeout"], "use `--idle-timeout SPAN`"),
    (
        &["shutdown-timeout", "grace-period", "graceful", "drain"],
        "leave it out: on SIGTERM, lkt answers what it has begun, and ends",
    ),
    (
        &["syslog", "journald", "journal"],
        "leave it out: lkt logs to stderr, and systemd or the container keeps it",
    ),
    (
        &["chroot", "run-as", "setuid", "group", "gid", "uid"],
        "leave it out: deploy/lkt.service runs lkt as a user of its own",
    ),
    (&["hot", "hmr", "livereload"], "leave it out: lkt reads changed files again by itself"),
    (&["cors-allow-all", "allow-all-origins", "allow-all"], "use `--cors-origin '*'`"),
    (&["mdns", "bonjour", "avahi"], "use `--lan`, which prints this machine's address"),
    (
        &["metrics-path", "metrics-port", "metrics-addr", "metrics-host", "prometheus"],
        "use `--metrics-listen ADDRESS`, such as `--metrics-listen 9464`; the path is /metrics",
    ),
    (&["room-prefix"], "use `--allow-room 'PREFIX*'`"),
    (&["identity-prefix"], "use `--default 'participant_identity=PREFIX{random}'`"),
    (&["max-clients", "max-conns", "connections"], "use `--max-connections N`"),
    (&["no-log", "no-logs", "silent"], "use `--quiet`, which logs only errors"),
    (&["store-db", "redis-db", "db"], "give it in the URL: `--store redis://HOST:6379/2`"),
    (&["store-host", "redis-host"], "use `--store redis://HOST:6379`"),
    (
        &["blacklist", "banlist"],
        "write whom to refuse into a file, and name it with `--deny-file FILE`",
    ),
    (
        &["google", "github", "azure", "entra", "okta", "login"],
        "logins need `--auth-issuer`; docs/logins.md has the options for each provider",
    ),
    (
        &["jwt-secret", "auth-secret", "hmac-secret"],
        "use `--auth-secret-file FILE`, with `--auth-issuer`",
    ),
    (&["f"], "use `--config FILE`"),
    (
        &["letsencrypt", "autocert", "acme"],
        "lkt speaks plain HTTP: put a proxy in front for TLS (docs/production.md)",
    ),
    (&["mount", "context-path", "root-path", "subpath"], "use `--base-path PATH`"),
    (&["show-config", "dump-config", "config-dump"], "use `--print-config`"),
    (
        &["identity-claim", "user-claim", "claim-identity", "subject-claim"],
        "use `--set 'participant_identity={claim.email}'`",
    ),
    (&["name-claim", "claim-name"], "use `--set 'participant_name={claim.name}'`"),
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
    (
        &["expose", "tunnel", "ngrok", "network", "all-interfaces"],
        "use `--lan` for this network; for others, a proxy with TLS",
    ),
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
