//! Commands and options that other programs have, and what lkt has instead.

/// The counterpart in lkt of a command that other programs have.
pub(super) fn command(name: &str) -> Option<&'static str> {
    Some(match name {
        "token" | "create-token" | "join-token" | "create" | "generate" | "sign" => {
            "to make a token, use `lkt mint --room ROOM --identity IDENTITY`"
        }
        "decode" | "show" | "verify" => "to read a token, use `lkt inspect TOKEN`",
        "listen" | "run" | "server" | "start" => "to start the endpoint, use `lkt serve`",
        "agent" | "app" | "dispatch" | "egress" | "ingress" | "project" | "room" | "sip" => {
            "lkt makes tokens; for this, use LiveKit's own CLI, `lk`"
        }
        "version" => "to see the version, use `lkt --version`",
        "completion" => "to print the completion script of a shell, use `lkt completions SHELL`",
        _ => return None,
    })
}

/// The counterpart in a command of lkt of an option that other programs have. `name` has no hyphens in
/// front.
pub(super) fn option(command: &str, name: &str) -> Option<&'static str> {
    let of_command = match command {
        "mint" => of_mint(name).or_else(|| of_permissions(name)),
        "serve" => of_serve(name).or_else(|| of_permissions(name)),
        "inspect" => of_inspect(name),
        _ => None,
    };
    of_command.or_else(|| of_keys(name))
}

/// What to do about an argument without an option.
pub(super) fn positional(command: &str, typed: &str) -> String {
    // A longer one may be a token.
    let is_plain =
        typed.len() < 40 && typed.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let value = if is_plain { typed } else { "VALUE" };
    match command {
        "mint" => format!("give it with its option, as in `--room {value}`, and quote blanks"),
        "serve" => "give it with its option, as in `--listen ADDRESS`, and quote blanks".to_owned(),
        "check" => "give the URL of the server with `--url`".to_owned(),
        "inspect" => "inspect one token at a time".to_owned(),
        _ => format!("see `lkt {command} --help`"),
    }
}

fn of_mint(name: &str) -> Option<&'static str> {
    Some(match name {
        "expiry" | "expires" | "expires-in" | "expiration" | "exp" | "duration" | "lifetime"
        | "validity" | "valid-until" => "use `--ttl SPAN`, such as `--ttl 24h`",
        "user"
        | "username"
        | "user-id"
        | "userid"
        | "uid"
        | "sub"
        | "subject"
        | "participant"
        | "id"
        | "participant-identity"
        | "participant_identity" => "use `--identity IDENTITY`",
        "room-name" | "room_name" | "roomname" => "use `--room NAME`",
        "participant-name" | "participant_name" | "display-name" => "use `--name NAME`",
        "participant-metadata" | "meta" => "use `--metadata TEXT`",
        "attributes" | "participant-attributes" | "attr" => {
            "use `--attribute KEY=VALUE`, once for each"
        }
        "agent-name" | "dispatch" => "use `--agent NAME`",
        "format" | "out" | "print" => "use `--output json` (or token, claims, env, meet)",
        "file" | "input" | "body" => "use `--request FILE`, or `--env-file PATH` for the key",
        "number" | "n" | "tokens" => "use `--count N`",
        "nbf" | "start" | "valid-from" => "use `--not-before TIME`",
        "config" => {
            "`lkt mint` has no configuration file; use `--env-file PATH` or `--request FILE`"
        }
        "role" | "permission" | "permissions" | "grants" | "allow" => {
            "use `--grant NAME` or `--grant NAME=false`; `lkt mint --help` has shorter options"
        }
        _ => return None,
    })
}

fn of_serve(name: &str) -> Option<&'static str> {
    Some(match name {
        "bind" | "host" | "hostname" | "address" | "addr" | "interface" | "ip" => {
            "use `--listen HOST:PORT`, or `--lan` for this network"
        }
        "cors"
        | "cors-origins"
        | "cors-allowed-origins"
        | "allow-origin"
        | "allowed-origins"
        | "origin"
        | "origins" => "use `--cors-origin ORIGIN`, once for each",
        "tls" | "ssl" | "https" | "cert" | "certificate" | "tls-cert" | "tls-key" | "ssl-cert" => {
            "lkt speaks plain HTTP: put a proxy in front for TLS (docs/production.md)"
        }
        "route" | "endpoint" | "url-path" => "use `--path PATH`",
        "prefix" => "use `--base-path PATH`",
        "auth" | "bearer" | "token" | "auth-token" => {
            "use `--auth-token-file FILE`, or LKT_AUTH_TOKEN in the environment"
        }
        "deny-room" | "deny-rooms" => "name the rooms that are allowed with `--allow-room PATTERN`",
        "no-auth" | "anonymous" | "public" => "use `--allow-anonymous`",
        "rate-limit" | "limit" => "use `--rate N/SPAN`, such as `--rate 10/1m`",
        "issuer" | "oidc" | "oidc-issuer" => "use `--auth-issuer URL`",
        "audience" | "aud" => "use `--auth-audience AUDIENCE`",
        "jwks" | "jwks-url" | "jwks-uri" => "use `--auth-jwks URL`",
        "expiry" | "expires" | "expires-in" | "expiration" | "duration" | "lifetime" => {
            "use `--ttl SPAN`, such as `--ttl 1h`"
        }
        "debug" | "log-level" | "trace" => "use `--verbose`",
        "log" | "log-file" => "lkt logs to stderr; use `--log-format json`, and redirect it",
        "socket" | "unix" | "unix-socket" => "use `--listen unix:PATH`",
        "daemon" | "background" | "watch" | "reload" => {
            "lkt stays in the foreground, and reads its files again on SIGHUP"
        }
        _ => return None,
    })
}

fn of_inspect(name: &str) -> Option<&'static str> {
    Some(match name {
        "token" | "jwt" | "t" => {
            "give the token as it is: `lkt inspect TOKEN`, or on standard input"
        }
        "decode" => "`lkt inspect TOKEN` decodes; `--verify` checks the signature as well",
        "output" | "format" | "out" => "use `--json`",
        _ => return None,
    })
}

/// Of commands that need URL, key or secret.
fn of_keys(name: &str) -> Option<&'static str> {
    Some(match name {
        "key" | "apikey" | "api_key" | "livekit-api-key" => "use `--api-key KEY`",
        "secret" | "apisecret" | "api_secret" | "livekit-api-secret" => {
            "use `--api-secret-file PATH`, or LIVEKIT_API_SECRET in the environment"
        }
        "host" | "server" | "server-url" | "livekit-url" | "ws-url" | "address" => {
            "use `--url URL`"
        }
        "env" | "dotenv" | "envfile" => "use `--env-file PATH`",
        "keys" | "key-file" | "keyfile" => "use `--keys-file FILE`",
        "profile" => "use `--project NAME`",
        "development" => "use `--dev`",
        _ => return None,
    })
}

/// What a participant may do unless it is forbidden, for which lkt has no options.
fn of_permissions(name: &str) -> Option<&'static str> {
    Some(match name {
        "publish" | "can-publish" | "allow-publish" | "canpublish" => {
            "a participant may publish unless `--no-publish` is given"
        }
        "subscribe" | "can-subscribe" | "allow-subscribe" | "cansubscribe" => {
            "a participant may subscribe unless `--no-subscribe` is given"
        }
        "publish-data" | "can-publish-data" | "allow-data" | "data" => {
            "a participant may publish data unless `--no-publish-data` is given"
        }
        "no-join" => "name another permission, such as `--list`, and leave out `--join`",
        "no-admin" | "no-create" | "no-list" | "no-record" | "no-ingress" => {
            "a token has this permission only if its option is given"
        }
        "no-hidden" | "visible" => "a participant is visible unless `--hidden` is given",
        _ => return None,
    })
}
