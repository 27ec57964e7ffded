//! From flags to an endpoint.

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::args::ServeArgs;
use crate::cli::environment;
use crate::cli::failure::Failure;
use crate::cli::files::{Input, others_can_read};
use crate::cli::keys::{Found, Need, Sourced};
use crate::cli::notes::Notes;
use crate::cli::random;
use crate::endpoint::{
    Access, BearerTokens, Defaults, Endpoint, Hosts, Origins, Policy, RoomPattern, Routes,
    ServerUrl, Template,
};
use crate::server::Listen;

/// The variable that holds accepted bearer tokens.
pub(crate) const AUTH_TOKEN: &str = "LKT_AUTH_TOKEN";

/// An endpoint, and what a person wants to know of it.
pub(super) struct Configured {
    pub(super) endpoint: Endpoint,
    pub(super) key_source: String,
    pub(super) url_source: String,
}

pub(super) fn endpoint(
    args: &ServeArgs,
    lan: Option<IpAddr>,
    notes: Notes,
) -> Result<Configured, Failure> {
    let found = args.keys.find(Need::KeysAndUrl, notes)?;
    found.warn_of_mixed_sources(notes);
    let Found { keys, url } = found;
    // `find` has seen to it that there is one.
    let Some(Sourced { value: server_url, source: url_source, .. }) = url else {
        return Err(Failure::failed(anyhow::anyhow!("no URL of a LiveKit server"), "give --url"));
    };
    let server_url = reachable(server_url, lan)?;
    let mut endpoint = Endpoint::new(keys.pair, server_url, random::system());
    endpoint.rules = args.permissions.rules()?;
    refuse_fixed_room(&endpoint)?;
    endpoint.rules.defaults = defaults(args)?;
    endpoint.policy = policy(args)?;
    endpoint.routes = routes(args)?;
    endpoint.access = access(args, notes)?;
    endpoint.origins = origins(args, lan)?;
    endpoint.hosts = hosts(args);
    endpoint.max_body = args.max_body;
    Ok(Configured { endpoint, key_source: keys.source, url_source })
}

/// Beyond loopback, whoever finds the port could mint: only on purpose.
pub(super) fn check_exposure(args: &ServeArgs, configured: &Configured) -> Result<(), Failure> {
    let guarded = configured.endpoint.access.bearer.is_some() || args.allow_anonymous;
    if guarded || is_local(&args.listen()) {
        return Ok(());
    }
    let error = anyhow::anyhow!("anyone who can reach `{}` could get tokens", args.listen());
    let help = "give --auth-token-file (or LKT_AUTH_TOKEN) to ask for a bearer token, or \
                --allow-anonymous if that is what you want";
    Err(Failure::usage(error, help))
}

fn is_local(listen: &Listen) -> bool {
    match listen {
        Listen::Tcp { host, .. } => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Listen::Unix(_) => true,
    }
}

/// A phone cannot reach this machine as `localhost`.
fn reachable(url: ServerUrl, lan: Option<IpAddr>) -> Result<ServerUrl, Failure> {
    match lan {
        Some(address) if url.is_loopback() => {
            let replaced = url.with_host(&address.to_string());
            replaced.map_err(|error| Failure::failed(error, "give --url with a host"))
        }
        _ => Ok(url),
    }
}

/// A room that no request can change would make the answers differ from what was asked.
fn refuse_fixed_room(endpoint: &Endpoint) -> Result<(), Failure> {
    if endpoint.rules.base.video.room.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("--grant room is for `lkt mint`");
    Err(Failure::usage(error, "use --default room_name=NAME, and --allow-room to allow no other"))
}

fn defaults(args: &ServeArgs) -> Result<Defaults, Failure> {
    let mut defaults = Defaults::default();
    if args.fresh {
        defaults.room_name = Template::new("room-{random}");
        defaults.participant_identity = Template::new("user-{random}");
    }
    for (field, text) in &args.defaults {
        defaults.set(*field, text).map_err(|error| {
            let help = format!("give {field} as JSON, such as --default '{field}={{}}'");
            Failure::usage(error, help).at(format!("--default {field}"))
        })?;
    }
    Ok(defaults)
}

fn policy(args: &ServeArgs) -> Result<Policy, Failure> {
    let policy = Policy {
        deny: args.deny.iter().copied().collect(),
        require: args.require.iter().copied().collect(),
        rooms: args.allow_room.iter().map(|pattern| RoomPattern::new(pattern)).collect(),
    };
    policy.check_itself().map_err(|error| Failure::usage(error, "leave one of them out"))?;
    Ok(policy)
}

fn routes(args: &ServeArgs) -> Result<Routes, Failure> {
    let mut routes = Routes::default();
    if !args.paths.is_empty() {
        routes.token.clone_from(&args.paths);
    }
    routes.base.clone_from(&args.base_path);
    for path in routes.token.iter().chain(Some(&routes.base).filter(|base| !base.is_empty())) {
        let plain = path.starts_with('/') && !path.contains(['?', '#', ' ', '%']);
        if !plain || !path.is_ascii() {
            let error = anyhow::anyhow!("`{path}` is no path");
            return Err(Failure::usage(error, "write it as /getToken"));
        }
    }
    Ok(routes)
}

fn access(args: &ServeArgs, notes: Notes) -> Result<Access, Failure> {
    let mut access = Access::default();
    access.sandbox_id.clone_from(&args.sandbox_id);
    let text = match &args.auth_token_file {
        Some(path) => {
            let input = Input::from(path.as_str());
            if matches!(&input, Input::File(path) if others_can_read(path)) {
                notes.warn(&format!("others can read `{path}`; run chmod 600 on it"));
            }
            Some(Zeroizing::new(input.read_text()?))
        }
        None => environment::variable(AUTH_TOKEN)?.map(Zeroizing::new),
    };
    let Some(text) = text.filter(|text| args.auth_token_file.is_some() || !text.is_empty()) else {
        return Ok(access);
    };
    access.bearer = BearerTokens::from_lines(&text);
    if access.bearer.is_none() {
        let error = anyhow::anyhow!("there is no bearer token to accept");
        return Err(Failure::failed(error, "put one token a line into the file or LKT_AUTH_TOKEN"));
    }
    Ok(access)
}

fn origins(args: &ServeArgs, lan: Option<IpAddr>) -> Result<Origins, Failure> {
    if args.no_cors {
        return Ok(Origins::Proxy);
    }
    if args.cors_origin.iter().any(|origin| origin == "*") {
        return Ok(Origins::Any);
    }
    if args.cors_origin.is_empty() {
        return Ok(Origins::Local(lan.iter().map(IpAddr::to_string).collect()));
    }
    let normal = |origin: &String| normal_origin(origin);
    Ok(Origins::Only(args.cors_origin.iter().map(normal).collect::<Result<_, _>>()?))
}

/// An origin as browsers spell it: scheme and authority, lower case, no slash at the end.
fn normal_origin(origin: &str) -> Result<String, Failure> {
    let trimmed = origin.trim().trim_end_matches('/');
    if trimmed == "null" {
        return Ok(trimmed.to_owned());
    }
    let uri = trimmed.parse::<http::Uri>().ok();
    let whole =
        uri.filter(|uri| uri.scheme().is_some() && uri.authority().is_some() && uri.path() == "/");
    if whole.is_some() {
        return Ok(trimmed.to_ascii_lowercase());
    }
    let error = anyhow::anyhow!("`{origin}` is no origin");
    Err(Failure::usage(error, "write it as https://app.example.com, or * for any"))
}

/// Whoever listens beyond this machine has names that lkt does not know.
fn hosts(args: &ServeArgs) -> Hosts {
    match args.listen() {
        Listen::Tcp { .. } if is_local(&args.listen()) => Hosts::Loopback(args.allow_host.clone()),
        _ if args.allow_host.is_empty() => Hosts::Any,
        _ => Hosts::Loopback(args.allow_host.clone()),
    }
}
