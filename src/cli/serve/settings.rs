//! Makes the settings of the service from the arguments.

use std::net::IpAddr;
use std::path::PathBuf;

use super::args::ServeArgs;
use super::bearer::{AUTH_TOKEN, bearer_tokens, no_bearer_token};
use super::listen_args::refuse_overlap;
use super::masked::masked;
use super::patterns;
use crate::cli::keys::{Need, ResolvedKeys, Sourced};
use crate::cli::notes::Notes;
use crate::cli::random;
use crate::cli::request_args::unknown_field_help;
use crate::cli::suggest::did_you_mean;
use crate::endpoint::{
    BearerTokens, Endpoint, Field, FieldRuleError, FieldRules, Hint, Hosts, Origin, OriginError,
    Origins, Policy, RoomPattern, Routes, ServerUrl, TemplateError, When,
};
use crate::failure::Failure;
use crate::service::issuer::KeySource;
use crate::service::join;
use crate::service::listening::Listen;
use crate::service::settings::{ListenSettings, Settings, Shown, Sources};

impl ServeArgs {
    /// Resolves the arguments, for a server that listens at these addresses: reads the files and the
    /// variables that they lead to.
    pub(super) fn settings(
        &self,
        listening: ListenSettings,
        notes: Notes,
    ) -> Result<Settings, Failure> {
        let found = self.resolve_keys(notes)?;
        found.warn_of_mixed_sources(notes);
        self.settings_with(found, listening, notes)
    }

    /// Finds the key and the URL.
    pub(super) fn resolve_keys(&self, notes: Notes) -> Result<ResolvedKeys, Failure> {
        self.keys.from_file.warn_if_others_can_read(notes);
        self.keys.find(Need::KeysAndUrl, notes)
    }

    /// Resolves all other arguments.
    pub(super) fn settings_with(
        &self,
        found: ResolvedKeys,
        listening: ListenSettings,
        notes: Notes,
    ) -> Result<Settings, Failure> {
        if !listening.are_passed {
            let metrics = self.replicas.metrics_listen.iter();
            let all = listening.addresses.iter().chain(metrics).cloned().collect::<Vec<_>>();
            refuse_overlap(&all, "--listen and --metrics-listen")?;
        }
        self.warn_of_unused_store(notes);
        let lan = listening.lan.as_ref().map(|lan| lan.address);
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
            ask: self.logins.backend()?,
            join_url: self.invites.join_url(),
            rate: self.logins.rate,
            trusted_proxies: self.logins.trusted_proxy.clone(),
            store: self.replicas.store(notes)?,
            metrics: self.replicas.metrics_listen.clone(),
            files: self.files(),
            listening,
            limits: self.limits.limits(),
            log: self.log.settings(notes),
            sources: self.sources(keys.source, url_source),
            shown: Shown {
                rooms: self.requests.allow_room.clone(),
                fresh: self.requests.fresh,
                fixed: self.logins.set.iter().map(|(field, text)| (*field, masked(text))).collect(),
                permissions: self.permissions.serve_warning(),
            },
        })
    }

    fn warn_of_unused_store(&self, notes: Notes) {
        let is_used = self.logins.rate.is_some() || self.invites.invites;
        if self.replicas.has_store() && !is_used && !self.replicas.has_deny_store() {
            notes.warn(
                "nothing uses --store: give --rate, --invites or --deny-store as well, or leave it out",
            );
        }
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
        add_defaults(self, &mut endpoint.rules.fields)?;
        self.logins.add_rules(&mut endpoint.rules)?;
        endpoint.policy = policy(self)?;
        endpoint.routes = routes(self)?;
        patterns::warn_of_rooms(&self.requests.allow_room, notes);
        let is_unix = listening.addresses.iter().any(Listen::is_unix);
        let (callers, key_sources) = self.logins.callers(is_unix, self.invites.invites, notes)?;
        endpoint.callers = callers;
        endpoint.callers.sandbox_id.clone_from(&self.access.sandbox_id);
        endpoint.callers.bearer =
            self.bearer_tokens(!endpoint.callers.issuers.is_empty(), notes)?;
        endpoint.callers.invitations = self.invites.invitations(&endpoint.keys, notes)?;
        endpoint.origins = origins(self, listening.lan.as_ref().map(|lan| lan.address))?;
        endpoint.hosts = hosts(self, listening);
        endpoint.max_body = self.limits.max_body;
        endpoint.deny_list = self.replicas.deny_list(notes)?;
        endpoint.callers.invitations.counts_uses = self.replicas.has_store();
        endpoint.hint = Hint::new(super::hints::hint);
        Ok((endpoint, key_sources))
    }

    /// The bearer tokens that are accepted. Where logins are, a file without any is fine: lkt.service
    /// always names one.
    fn bearer_tokens(
        &self,
        has_logins: bool,
        notes: Notes,
    ) -> Result<Option<BearerTokens>, Failure> {
        let file = self.access.auth_token_file.as_deref();
        match bearer_tokens(file, notes)? {
            Some(tokens) => Ok(Some(tokens)),
            None if file.is_none() || has_logins => Ok(None),
            None => Err(no_bearer_token()),
        }
    }

    /// The files that the settings come from. A change of one of them causes a reload.
    fn files(&self) -> Vec<PathBuf> {
        let named = self.access.auth_token_file.as_deref().into_iter();
        let named = named.chain(self.config.config.as_deref()).chain(self.replicas.files());
        let keys = self.logins.verify.keys().into_iter().filter(|keys| !keys.contains("://"));
        let named = named.chain(keys).filter(|path| *path != "-").map(PathBuf::from);
        named.chain(self.keys.files()).collect()
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

fn add_defaults(args: &ServeArgs, fields: &mut FieldRules) -> Result<(), Failure> {
    let fresh = [(Field::RoomName, "room-{random}"), (Field::ParticipantIdentity, "user-{random}")];
    let fresh = fresh.into_iter().filter(|_| args.requests.fresh);
    let given = args.requests.defaults.iter().map(|(field, text)| (*field, text.as_str()));
    for (field, text) in fresh.chain(given) {
        fields.set(field, text, When::Absent).map_err(|error| {
            let help = match &error {
                FieldRuleError::Template(error) => placeholder_help(error),
                FieldRuleError::Unknown(path) => unknown_field_help(path),
                _ => format!("give {field} as JSON, such as --default '{field}={{}}'"),
            };
            Failure::usage(error, help).at(format!("--default {field}"))
        })?;
    }
    Ok(())
}

/// What to do about a wrong placeholder, such as `{rnd}` for `{random}`.
pub(super) fn placeholder_help(error: &TemplateError) -> String {
    if let TemplateError::Doubled(typed) = error {
        let name = typed.trim_start_matches(['$', '{']).trim_end_matches('}');
        return format!("write it as `{{{name}}}`");
    }
    let TemplateError::Unknown { placeholder, known, .. } = error else {
        return "write placeholders as {random}, in braces".to_owned();
    };
    match did_you_mean(placeholder, known.iter().copied()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => match known.split_last() {
            Some((last, more)) => format!("the placeholders are {} and {last}", more.join(", ")),
            None => String::new(),
        },
    }
}

fn policy(args: &ServeArgs) -> Result<Policy, Failure> {
    let mut policy = Policy {
        deny: args.requests.deny.iter().copied().collect(),
        require: args.requests.require.iter().copied().collect(),
        rooms: Vec::new(),
    };
    for text in &args.requests.allow_room {
        let pattern = RoomPattern::new(text).map_err(|error| {
            let help = placeholder_help(&error);
            Failure::usage(error, help).at(format!("--allow-room {text}"))
        })?;
        let flag = format!("--allow-room {text}");
        args.logins.check_source(&flag, pattern.has_claims(), pattern.has_headers())?;
        policy.rooms.push(pattern);
    }
    policy.check_itself().map_err(|error| Failure::usage(error, "leave one of them out"))?;
    Ok(policy)
}

fn routes(args: &ServeArgs) -> Result<Routes, Failure> {
    let mut routes = Routes::default();
    if !args.listening.paths.is_empty() {
        routes.token.clone_from(&args.listening.paths);
    }
    routes.connection_details.clone_from(&args.listening.connection_details);
    routes.base = args.listening.base_path.clone().unwrap_or_default();
    let base = args.listening.base_path.iter().map(|path| (path, "/livekit"));
    let paths = args.listening.paths.iter().map(|path| (path, "/getToken"));
    let details = args.listening.connection_details.iter();
    let details = details.map(|path| (path, "/api/connection-details"));
    for (path, sample) in base.chain(paths).chain(details) {
        check_path(path, sample)?;
    }
    if let Some(path) = routes.token.iter().find(|path| routes.connection_details.contains(path)) {
        let error = anyhow::anyhow!("`{path}` is given with --path and --connection-details");
        return Err(Failure::usage(error, "choose another path for one of them"));
    }
    let details = routes.connection_details.iter().map(|path| (path, "--connection-details"));
    let mut paths = routes.token.iter().map(|path| (path, "--path")).chain(details);
    if let Some((path, option)) = paths.find(|(path, _)| routes.is_health(path)) {
        let error = anyhow::anyhow!("`{path}` is the path of the health check");
        return Err(Failure::usage(error, format!("choose another {option}")));
    }
    let is_page = |path: &&String| args.invites.invites && join::is_path(path);
    if let Some(path) = routes.token.iter().find(is_page) {
        let error = anyhow::anyhow!("`{path}` is a path of the page for guests (--invites)");
        return Err(Failure::usage(error, "choose another --path"));
    }
    Ok(routes)
}

fn check_path(path: &str, sample: &str) -> Result<(), Failure> {
    if let Some((_, rest)) = path.split_once("://") {
        let error = anyhow::anyhow!("`{path}` is a URL, not a path");
        let path = rest.split_once('/').map_or(sample, |(_, path)| path).trim_start_matches('/');
        return Err(Failure::usage(error, format!("write it as `/{path}`")));
    }
    let is_pattern = |part: &str| {
        let is_name = part.len() > 2 && !part.starts_with("{{");
        let is_braced = part.starts_with('{') && part.ends_with('}') && is_name;
        ["*", "**"].contains(&part) || (part.starts_with(':') && part.len() > 1) || is_braced
    };
    if path.starts_with('/') && path.split('/').any(is_pattern) {
        let error = anyhow::anyhow!("`{path}` is a pattern, and a path is one");
        return Err(Failure::usage(error, "give each path with an option of its own"));
    }
    if let Some((before, _)) =
        path.split_once(['?', '#']).filter(|(before, _)| before.starts_with('/'))
    {
        let error = anyhow::anyhow!("`{path}` is not a path alone");
        return Err(Failure::usage(
            error,
            format!("write it as `{before}`: any query is accepted"),
        ));
    }
    let is_plain = path.is_ascii() && !path.contains(['?', '#', ' ', '%']);
    if is_plain && path.starts_with('/') {
        return Ok(());
    }
    let error = anyhow::anyhow!("`{path}` is not a path");
    let meant = if is_plain { format!("/{path}") } else { sample.to_owned() };
    Err(Failure::usage(error, format!("write it as `{meant}`")))
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
    let local = lan.iter().map(IpAddr::to_string).collect();
    if args.access.cors_origin.is_empty() {
        return Ok(Origins::Local(local));
    }
    let origins = args.access.cors_origin.iter().map(|origin| Origin::new(origin));
    let origins = origins.collect::<Result<_, _>>().map_err(|error| {
        let help = match &error {
            OriginError::Pattern(_) => {
                "write it as https://*.preview.example.com, where * stands for one label"
            }
            OriginError::PublicSuffix(..) => "put your own name before it, or name each origin",
            OriginError::Syntax(text) if text.contains([',', ' ']) => {
                "give each with a --cors-origin of its own"
            }
            OriginError::Syntax(text) if text.starts_with("*.") => {
                "write it with the scheme, as https://*.preview.example.com"
            }
            _ => "write it as https://app.example.com, without a path, or * for any",
        };
        Failure::usage(error, help)
    })?;
    // With --dev, pages on this machine are what it is for.
    let is_dev = args.keys.dev;
    Ok(if is_dev { Origins::LocalAnd(local, origins) } else { Origins::Only(origins) })
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
