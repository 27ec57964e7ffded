//! Commands and options that other programs have, and what lkt has instead.

use crate::cli::suggest::did_you_mean;

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
        "login" | "auth" | "init" | "config" | "cloud" => {
            "lkt has no account: it reads key and secret as `lkt mint --help` says"
        }
        "keygen" | "generate-keys" | "create-key" | "keys" => {
            "keys come from LiveKit: `livekit-server generate-keys`, or your project's settings"
        }
        "healthcheck" | "ping" | "status" => "to see whether a server is up, use `lkt health`",
        "doctor" | "test" | "validate" => {
            "to check key and server, use `lkt check`; to check a token, `lkt inspect --verify`"
        }
        "link" | "invitation" => "to invite guests, use `lkt invite --room ROOM`",
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
        "invite" => of_invite(name).or_else(|| of_permissions(name)),
        "inspect" => of_inspect(name),
        "check" => of_check(name),
        "health" => return of_health(name),
        "completions" => return of_completions(name),
        _ => None,
    };
    of_command.or_else(|| of_keys(name)).or(match name {
        "v" | "vv" | "verbose" | "debug" => Some("leave it out: only `lkt serve` has --verbose"),
        _ => None,
    })
}

/// What to do about a word after `lkt invite`.
pub(super) fn invite_command(typed: &str) -> String {
    match typed {
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
        _ if is_plain(typed) => format!("give the room with its option: `--room {typed}`"),
        _ => "give the room with its option: `--room ROOM`".to_owned(),
    }
}

/// Whether a word can be repeated in a command line. A longer one may be a token.
fn is_plain(typed: &str) -> bool {
    typed.len() < 40 && typed.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// What to do about an argument without an option.
pub(super) fn positional(command: &str, typed: &str) -> String {
    let value = if is_plain(typed) { typed } else { "VALUE" };
    match command {
        _ if typed == "help" => format!("write it as `lkt {command} --help`"),
        "serve" if ["start", "run", "up", "server"].contains(&typed) => {
            "leave it out: `lkt serve` starts the endpoint".to_owned()
        }
        "health" => "check one server at a time".to_owned(),
        "invite" => "give one code or link".to_owned(),
        "mint" => format!("give it with its option, as in `--room {value}`, and quote blanks"),
        "serve" => "give it with its option, as in `--listen ADDRESS`, and quote blanks".to_owned(),
        "check" => "give the URL of the server with `--url`".to_owned(),
        "inspect" => "inspect one token at a time".to_owned(),
        "completions" => "print the script of one shell at a time".to_owned(),
        "man" => "leave it out: the manual page is about all commands".to_owned(),
        _ => format!("see `lkt {command} --help`"),
    }
}

fn of_mint(name: &str) -> Option<&'static str> {
    Some(match name {
        "expiry" | "expires" | "expires-in" | "expiration" | "exp" | "duration" | "lifetime"
        | "validity" | "valid-until" | "token-ttl" | "timeout" | "t" => {
            "use `--ttl SPAN`, such as `--ttl 24h`"
        }
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
        "format" | "out" | "print" | "yaml" | "csv" | "table" => {
            "use `--output json` (or token, claims, env, meet)"
        }
        "file" | "input" | "body" => "use `--request FILE`, or `--env-file PATH` for the key",
        "number" | "tokens" | "c" => "use `--count N`",
        "screen-share" | "camera" | "microphone" | "sources" => {
            "use `--allow-source camera,microphone,screen_share`"
        }
        "j" => "use `--json`",
        "jwt" | "raw" => "leave it out: the token is what `lkt mint` prints",
        "curl" | "post" => "to get a token over HTTP, start `lkt serve`",
        "decode" => "pipe it: `lkt mint … | lkt inspect`",
        "devkey" => "use `--dev`",
        "dry-run" => "use `--output claims`, which prints the claims unsigned",
        "copy" | "clipboard" => "pipe it: `lkt mint … | pbcopy`, `wl-copy`, `xclip` or `clip`",
        "alg" | "algorithm" | "private-key" | "sign-with" => {
            "leave it out: LiveKit's tokens are signed with the API secret (HS256)"
        }
        "kid" | "header" | "issuer" | "iss" | "audience" | "aud" => {
            "leave it out: LiveKit reads the key from `iss`, which is the API key"
        }
        "claim" | "claims" => {
            "use `--grant`, `--attribute` or `--metadata`: LiveKit reads no others"
        }
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
        "redis" | "redis-url" | "valkey" => {
            "use `--store URL`, such as `--store redis://HOST:6379`"
        }
        "webhook" | "callback" | "backend" | "hook" => {
            "to have your backend decide each request, use `--ask URL`"
        }
        "deny-identity" | "deny-user" | "block" | "ban" | "blocklist" | "denylist"
        | "deny-list" | "deny-users" | "revoke" => {
            "write whom to refuse into a file, and name it with `--deny-file FILE`"
        }
        "dry-run" | "validate" | "test" | "lint" => "use `--check`",
        "auth-client-id" | "client-id" | "auth-azp" => {
            "use `--auth-audience`, or `--auth-claim azp=ID`"
        }
        "auth-basic" | "basic-auth" | "user" | "password" => {
            "lkt knows bearer tokens (`--auth-token-file`) and logins (docs/logins.md)"
        }
        "workers" | "threads" | "w" => "leave it out: lkt uses all cores",
        "timeout" => "use `--request-timeout SPAN`",
        "max-request-size" | "body-limit" | "max-body-size" => "use `--max-body SIZE`",
        "o" | "output" | "json" => "use `--log-format json`",
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
        "output" | "format" | "out" | "o" => "use `--json`",
        "file" | "f" => "give it on standard input: `lkt inspect - < FILE`",
        "room" | "identity" => "leave it out: `lkt inspect` shows what the token has",
        _ => return None,
    })
}

fn of_invite(name: &str) -> Option<&'static str> {
    Some(match name {
        "ttl" | "expiry" | "expires" | "expires-in" | "expiration" | "valid-for" | "duration" => {
            "use `--for SPAN`, such as `--for 7d`"
        }
        "expires-at" | "valid-until" => "use `--until TIME`",
        "max-uses" | "limit" | "once" => "use `--uses N`, for a server with --store",
        "json" | "format" | "out" => "use `--output json` (or link, code, qr)",
        "qr" | "qrcode" => "use `--output qr`",
        "count" | "number" => "one invitation is for any number of guests; `--uses N` limits it",
        "base-url" | "endpoint" | "host" | "domain" | "link" | "join-url" => {
            "use `--public-url URL`, the URL at which guests reach `lkt serve`"
        }
        "title" | "description" => "use `--label TEXT`",
        "user" | "username" | "participant" => "use `--identity IDENTITY`, or `--name NAME`",
        "metadata" | "attribute" | "agent" | "room-config" => {
            "give it to the server that accepts the invitation: `lkt serve --default FIELD=VALUE`"
        }
        _ => return None,
    })
}

fn of_check(name: &str) -> Option<&'static str> {
    Some(match name {
        "token" => "to check a token, use `lkt inspect --verify TOKEN`; `lkt check` makes its own",
        "room" | "identity" | "r" | "i" => {
            "leave it out: `lkt check` makes a token of its own, and creates no room"
        }
        "output" | "format" | "out" | "o" => "use `--json`",
        "issuer" | "oidc" | "oidc-issuer" => "use `--auth-issuer URL`",
        "jwks" | "jwks-url" | "jwks-uri" => "use `--auth-jwks URL`",
        "audience" | "aud" => "use `--auth-audience AUDIENCE`",
        "login" | "login-token" | "access-token" => {
            "use `--auth-token FILE`, or `-` for standard input"
        }
        "timeout" => "leave it out: `lkt check` takes at most 5 seconds",
        _ => return None,
    })
}

fn of_completions(name: &str) -> Option<&'static str> {
    Some(match name {
        "shell" | "s" => "give the shell alone: `lkt completions bash`",
        "install" => "write the output where your shell looks for it: docs/install.md says where",
        _ => return None,
    })
}

fn of_health(name: &str) -> Option<&'static str> {
    Some(match name {
        "port" | "url" | "host" | "address" | "listen" | "p" | "server" => {
            "give the URL alone: `lkt health http://127.0.0.1:3000`"
        }
        "socket" | "unix" => "give the socket alone: `lkt health unix:/run/lkt/lkt.sock`",
        "path" => "give the URL alone, with the base path if there is one",
        "timeout" | "retries" | "interval" => {
            "leave it out: `lkt health` tries once, for 2 seconds; call it again to wait"
        }
        "dev" | "json" | "config" => "leave it out: the exit code is the answer",
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
