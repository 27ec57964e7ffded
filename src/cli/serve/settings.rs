//! Makes the settings of the service from the arguments.

use std::net::IpAddr;

use super::args::ServeArgs;
use crate::cli::files::Input;
use crate::cli::keys::{Need, ResolvedKeys, Sourced, read_secrets, secrets_variable};
use crate::cli::notes::Notes;
use crate::cli::random;
use crate::cli::suggest::did_you_mean;
use crate::endpoint::{
    Access, BearerTokens, Defaults, Endpoint, Field, Hosts, Origins, Policy, RoomPattern, Routes,
    ServerUrl, Template,
};
use crate::failure::Failure;
use crate::service::issuer::KeySource;
use crate::service::listening::Listen;
use crate::service::settings::{ListenSettings, Settings, Shown, Sources};

/// Name of the variable that holds accepted bearer tokens.
const AUTH_TOKEN: &str = "LKT_AUTH_TOKEN";

impl ServeArgs {
    /// Resolves the arguments, for a server that listens at these addresses: reads the files and the
    /// variables that they lead to.
    pub(super) fn settings(
        &self,
        listening: ListenSettings,
        notes: Notes,
    ) -> Result<Settings, Failure> {
        let lan = listening.lan.as_ref().map(|lan| lan.address);
        let found = self.keys.find(Need::KeysAndUrl, notes)?;
        found.warn_of_mixed_sources(notes);
        let ResolvedKeys { keys, url } = found;
        // `find` has made sure that there is a URL.
        let Some(Sourced { value: server_url, source: url_source, .. }) = url else {
            return Err(Failure::failed(
                anyhow::anyhow!("no URL of a LiveKit server"),
                "give --url",
            ));
        };
        let server_url = reachable(server_url, lan)?;
        let endpoint = Endpoint::new(keys.pair, server_url, random::system());
        let (endpoint, key_sources) = self.endpoint(endpoint, &listening, notes)?;
        Ok(Settings {
            endpoint,
            key_sources,
            ask: self.logins.ask.clone(),
            rate: self.logins.rate,
            trusted_proxies: self.logins.trusted_proxy.clone(),
            listening,
            limits: self.limits.limits(),
            log: self.log.settings(notes),
            sources: self.sources(keys.source, url_source),
            shown: Shown {
                rooms: self.requests.allow_room.clone(),
                fresh: self.requests.fresh,
                fixed: self.logins.set.clone(),
                permissions: self.permissions.serve_warning(),
            },
        })
    }

    /// Completes the endpoint, and returns where the keys of each issuer are.
    fn endpoint(
        &self,
        mut endpoint: Endpoint,
        listening: &ListenSettings,
        notes: Notes,
    ) -> Result<(Endpoint, Vec<KeySource>), Failure> {
        endpoint.rules = self.permissions.rules()?;
        refuse_fixed_room(&endpoint)?;
        endpoint.rules.defaults = defaults(self)?;
        endpoint.policy = policy(self)?;
        endpoint.routes = routes(self)?;
        endpoint.access = access(self, notes)?;
        let is_unix = listening.addresses.iter().any(Listen::is_unix);
        let (logins, key_sources) = self.logins.settings(personal_rooms(self), is_unix, notes)?;
        endpoint.logins = logins;
        if !endpoint.logins.issuers.is_empty() {
            // Bearer tokens come in the same header as logins, and either is accepted.
            endpoint.logins.servers = endpoint.access.bearer.take();
        }
        endpoint.origins = origins(self, listening.lan.as_ref().map(|lan| lan.address))?;
        endpoint.hosts = hosts(self, listening);
        endpoint.max_body = self.limits.max_body;
        endpoint.hint = super::hints::hint;
        Ok((endpoint, key_sources))
    }

    fn sources(&self, key: String, url: String) -> Sources {
        let source_of = |option: &str| self.keys.from_file.source_of(option);
        let bearer = self.access.auth_token_file.as_deref().unwrap_or(AUTH_TOKEN).to_owned();
        let anonymous = self.access.allow_anonymous.then(|| source_of("--allow-anonymous"));
        let origins = if self.access.no_cors { "--no-cors" } else { "--cors-origin" };
        Sources { key, url, bearer, anonymous, origins: source_of(origins) }
    }
}

/// Replaces a loopback host, which a phone cannot reach, with this machine's address.
fn reachable(url: ServerUrl, lan: Option<IpAddr>) -> Result<ServerUrl, Failure> {
    match lan {
        Some(address) if url.is_loopback() => {
            let replaced = url.with_host(&address.to_string());
            replaced.map_err(|error| Failure::failed(error, "give --url with a host"))
        }
        _ => Ok(url),
    }
}

/// Refuses `--grant room=…`: answers would name a room other than the requested one.
fn refuse_fixed_room(endpoint: &Endpoint) -> Result<(), Failure> {
    if endpoint.rules.base.video.room.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("--grant room is for `lkt mint`");
    Err(Failure::usage(error, "use --default room_name=NAME, and --allow-room to allow no other"))
}

fn defaults(args: &ServeArgs) -> Result<Defaults, Failure> {
    let mut defaults = Defaults::default();
    if args.requests.fresh {
        defaults.room_name = Template::new("room-{random}");
        defaults.participant_identity = Template::new("user-{random}");
    }
    for (field, text) in &args.requests.defaults {
        check_placeholders(*field, text)?;
        defaults.set(*field, text).map_err(|error| {
            let help = format!("give {field} as JSON, such as --default '{field}={{}}'");
            Failure::usage(error, help).at(format!("--default {field}"))
        })?;
    }
    Ok(defaults)
}

/// The placeholders that a [`Template`] knows.
const PLACEHOLDERS: [&str; 2] = ["{random}", "{identity}"];

/// Refuses a misspelt placeholder, such as `{rnd}` for `{random}`.
fn check_placeholders(field: Field, value: &str) -> Result<(), Failure> {
    let unknown = placeholders(value).find(|found| !PLACEHOLDERS.contains(found));
    let Some(unknown) = unknown else { return Ok(()) };
    let help = match did_you_mean(unknown, PLACEHOLDERS.into_iter()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("the placeholders are {}", PLACEHOLDERS.join(" and ")),
    };
    let error = anyhow::anyhow!("there is no placeholder `{unknown}`");
    Err(Failure::usage(error, help).at(format!("--default {field}")))
}

/// Every `{word}` in a text. Other braces, such as those of JSON, are not placeholders.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(|(start, _)| {
        let rest = text.get(start..)?;
        let found = rest.get(..=rest.find('}')?)?;
        let word = found.trim_matches(['{', '}']);
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        (!word.is_empty() && word.chars().all(is_word)).then_some(found)
    })
}

fn policy(args: &ServeArgs) -> Result<Policy, Failure> {
    let policy = Policy {
        deny: args.requests.deny.iter().copied().collect(),
        require: args.requests.require.iter().copied().collect(),
        rooms: if personal_rooms(args).is_empty() {
            args.requests.allow_room.iter().map(|pattern| RoomPattern::new(pattern)).collect()
        } else {
            Vec::new()
        },
    };
    policy.check_itself().map_err(|error| Failure::usage(error, "leave one of them out"))?;
    Ok(policy)
}

/// The patterns of `--allow-room`, if any of them depends on the user.
fn personal_rooms(args: &ServeArgs) -> &[String] {
    if args.requests.allow_room.iter().any(|pattern| pattern.contains('{')) {
        &args.requests.allow_room
    } else {
        &[]
    }
}

fn routes(args: &ServeArgs) -> Result<Routes, Failure> {
    let mut routes = Routes::default();
    if !args.listening.paths.is_empty() {
        routes.token.clone_from(&args.listening.paths);
    }
    routes.base = args.listening.base_path.clone().unwrap_or_default();
    let base = args.listening.base_path.iter().map(|path| (path, "/livekit"));
    let paths = args.listening.paths.iter().map(|path| (path, "/getToken"));
    for (path, sample) in base.chain(paths) {
        check_path(path, sample)?;
    }
    if let Some(path) = routes.token.iter().find(|path| routes.is_health(path)) {
        let error = anyhow::anyhow!("`{path}` is the path of the health check");
        return Err(Failure::usage(error, "choose another --path"));
    }
    Ok(routes)
}

fn check_path(path: &str, sample: &str) -> Result<(), Failure> {
    let is_plain = path.is_ascii() && !path.contains(['?', '#', ' ', '%']);
    if is_plain && path.starts_with('/') {
        return Ok(());
    }
    let error = anyhow::anyhow!("`{path}` is not a path");
    let meant = if is_plain { format!("/{path}") } else { sample.to_owned() };
    Err(Failure::usage(error, format!("write it as `{meant}`")))
}

fn access(args: &ServeArgs, notes: Notes) -> Result<Access, Failure> {
    let mut access = Access::default();
    access.sandbox_id.clone_from(&args.access.sandbox_id);
    let text = match &args.access.auth_token_file {
        Some(path) => Some(read_secrets(&Input::from(path.as_str()), notes)?),
        None => secrets_variable(AUTH_TOKEN)?,
    };
    let Some(text) = text.filter(|text| args.access.auth_token_file.is_some() || !text.is_empty())
    else {
        return Ok(access);
    };
    access.bearer = BearerTokens::from_lines(&text);
    if access.bearer.is_none() {
        let error = anyhow::anyhow!("there is no bearer token to accept");
        let help = "put one token per line into the file or LKT_AUTH_TOKEN";
        return Err(Failure::failed(error, help));
    }
    warn_of_short_tokens(&text, args.access.auth_token_file.as_deref(), notes);
    Ok(access)
}

/// Minimum length of a bearer token, in bytes. A shorter one could be guessed.
const MIN_BEARER: usize = 16;

fn warn_of_short_tokens(text: &str, file: Option<&str>, notes: Notes) {
    let source = file.unwrap_or(AUTH_TOKEN);
    for (number, line) in (1..).zip(text.lines()) {
        let token = line.trim();
        if token.is_empty() || token.starts_with('#') || token.len() >= MIN_BEARER {
            continue;
        }
        notes.warn(&format!(
            "the bearer token in line {number} of `{source}` has under {MIN_BEARER} bytes, which is \
             easy to guess; make one with `openssl rand -hex 32`"
        ));
    }
}

fn origins(args: &ServeArgs, lan: Option<IpAddr>) -> Result<Origins, Failure> {
    if args.access.no_cors {
        return Ok(Origins::Proxy);
    }
    if args.access.cors_origin.iter().any(|origin| origin == "*") {
        if args.logins.reads_cookies() {
            let error = "with --cors-origin '*', any web page could ask with a visitor's cookies";
            return Err(Failure::usage(anyhow::anyhow!(error), "name the origins of your pages"));
        }
        return Ok(Origins::Any);
    }
    if args.access.cors_origin.is_empty() {
        return Ok(Origins::Local(lan.iter().map(IpAddr::to_string).collect()));
    }
    let help = "write it as https://app.example.com, or * for any";
    Origins::only(&args.access.cors_origin).map_err(|error| Failure::usage(error, help))
}

/// The names that the server answers to. On the network it may have names that lkt does not know.
fn hosts(args: &ServeArgs, listening: &ListenSettings) -> Hosts {
    let mut on_tcp = listening.addresses.iter().filter(|listen| !listen.is_unix()).peekable();
    // Only what is on loopback can be reached by a web page through a name that it controls.
    let is_on_loopback = on_tcp.peek().is_some() && on_tcp.all(Listen::is_local);
    if is_on_loopback || !args.access.allow_host.is_empty() {
        return Hosts::Loopback(args.access.allow_host.clone());
    }
    Hosts::Any
}
