//! The text that `lkt serve` prints when it starts to accept connections.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::exposure::SocketMode;
use super::urls::Urls;
use crate::endpoint::{ANDROID_EMULATOR, Endpoint, Field, FieldRule, Origin, Origins};
use crate::printable::{Printable, escape_controls_json};
use crate::service::listening::LocalAddress;
use crate::service::log::LogFormat;
use crate::service::rate::Rate;
use crate::service::settings::Settings;
use crate::times::{now, rfc3339};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Style of URLs and labels on a terminal.
const URL: Style = AnsiColor::Cyan.on_default().bold();
const LABEL: Style = Style::new().bold();

/// The facts that are printed.
pub(super) struct Banner {
    /// The addresses of the sockets.
    listen: Vec<String>,
    urls: Urls,
    server_url: String,
    url_source: String,
    key: String,
    key_source: String,
    who_may_ask: String,
    needs_bearer: bool,
    web_pages: String,
    rooms: Vec<String>,
    fresh: bool,
    /// Whether all clients that name no identity get the same one.
    shares_identity: bool,
    may_set: Vec<String>,
    must_set: Vec<String>,
    store: Option<String>,
    metrics: Option<String>,
    advice: Vec<String>,
}

impl Banner {
    pub(super) fn new(
        settings: &Settings,
        locals: &[LocalAddress],
        metrics: Option<&LocalAddress>,
    ) -> Self {
        let Settings { endpoint, sources, shown, .. } = settings;
        let urls = Urls::new(settings, locals);
        let policy = &endpoint.policy;
        let fields = &endpoint.rules.fields;
        let decided = fields.deciding().map(FieldRule::field).collect::<Vec<_>>();
        let is_free = |field: &&Field| !policy.deny.contains(field) && !decided.contains(field);
        let identity = Field::ParticipantIdentity;
        let is_shared = endpoint.rules.base.joins()
            && !fields.default_of(identity).is_some_and(FieldRule::is_random)
            && !policy.require.contains(&identity)
            && !decided.contains(&identity);
        Self {
            listen: locals.iter().map(ToString::to_string).collect(),
            server_url: endpoint.server_url.to_string(),
            url_source: sources.url.clone(),
            key: endpoint.keys.key().to_owned(),
            key_source: sources.key.clone(),
            who_may_ask: who_may_ask(settings, locals),
            needs_bearer: needs_bearer(endpoint),
            web_pages: web_pages(settings),
            rooms: shown.rooms.clone(),
            fresh: shown.fresh,
            shares_identity: is_shared,
            may_set: Field::WHOLE.iter().filter(is_free).map(ToString::to_string).collect(),
            must_set: policy.require.iter().map(ToString::to_string).collect(),
            store: settings.store.as_ref().map(|store| store.location.to_string()),
            metrics: metrics.map(|local| match local {
                LocalAddress::Tcp(address) => format!("http://{address}/metrics"),
                #[cfg(unix)]
                LocalAddress::Unix(_) => local.to_string(),
            }),
            advice: advice(settings, locals, &urls),
            urls,
        }
    }

    /// The text to print, in the format of `--log-format`.
    pub(super) fn to_text(&self, format: LogFormat) -> String {
        match format {
            LogFormat::Json => self.json(),
            LogFormat::Text => self.text(io::stderr().is_terminal() && !is_colour_unwanted()),
        }
    }

    fn json(&self) -> String {
        let line = json!({
            "timestamp": rfc3339(now()),
            "level": "INFO",
            "message": "listening",
            "version": VERSION,
            "listen": self.listen.first(),
            "also_listen": self.listen.get(1..),
            "endpoint": self.urls.endpoints.first(),
            "page": self.urls.page,
            "join_page": self.urls.join_page,
            "server_url": self.server_url,
            "server_url_from": self.url_source,
            "key": self.key,
            "key_from": self.key_source,
            "who_may_ask": self.who_may_ask,
            "bearer_token": self.needs_bearer,
            "web_pages": self.web_pages,
            "rooms": self.rooms,
            "fresh": self.fresh,
            "clients_may_set": self.may_set,
            "clients_must_set": self.must_set,
            "store": self.store,
            "metrics": self.metrics,
            "advice": self.advice,
        });
        escape_controls_json(&format!("{line}\n")).into_owned()
    }

    /// The text for a server that is not started.
    pub(super) fn to_checked_text(&self) -> String {
        let endpoint = self.urls.endpoints.first().map_or("a host name", String::as_str);
        let first = format!("the configuration is sound; lkt {VERSION} would listen at {endpoint}");
        self.lines(Printable(&first).to_string(), Style::new())
    }

    fn text(&self, in_colour: bool) -> String {
        let (url, label) = if in_colour { (URL, LABEL) } else { (Style::new(), Style::new()) };
        let endpoint = Printable(self.urls.endpoints.first().map_or("", String::as_str));
        let started = rfc3339(now());
        self.lines(format!("listening at {url}{endpoint}{url:#} (lkt {VERSION}, {started})"), label)
    }

    /// The first line, and the facts below it.
    fn lines(&self, mut text: String, label: Style) -> String {
        text.push('\n');
        for (name, value) in self.facts() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {label}{name:<15}{label:#} {}", Printable(&value));
        }
        for advice in &self.advice {
            let _ = writeln!(text, "  {}", Printable(advice));
        }
        text
    }

    /// The lines after the first one, with their labels.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let also = self.urls.endpoints.get(1..).unwrap_or_default();
        let also = (!also.is_empty()).then(|| ("also at", also.join(", ")));
        let page = self.urls.page.clone().map(|page| ("page", page));
        let join_page = self.urls.join_page.clone().map(|page| ("page for guests", page));
        let fresh = match (self.fresh, self.shares_identity) {
            (true, _) => Some("a random room and identity for each client that names none"),
            (_, true) => {
                Some("no: without --fresh, two clients that name no identity disconnect each other")
            }
            (_, false) => None,
        };
        let store = self.store.clone().map(|store| ("store", store));
        let metrics = self.metrics.clone().map(|metrics| ("metrics", metrics));
        let must_set = (!self.must_set.is_empty()).then(|| self.must_set.join(", "));
        also.into_iter()
            .chain(page)
            .chain(join_page)
            .chain([
                ("server_url", format!("{} (from {})", self.server_url, self.url_source)),
                ("key", format!("{} (from {})", self.key, self.key_source)),
                ("who may ask", self.who_may_ask.clone()),
                ("web pages", self.web_pages.clone()),
                ("rooms", list(&self.rooms, "all")),
            ])
            .chain(fresh.map(|fresh| ("fresh", fresh.to_owned())))
            .chain([("clients may set", list(&self.may_set, "nothing"))])
            .chain(must_set.map(|must_set| ("clients must set", must_set)))
            .chain(store.into_iter().chain(metrics))
            .collect()
    }
}

/// Whether to leave out colours: because of <https://no-color.org>, or because the terminal has none.
fn is_colour_unwanted() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn list(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

/// Whether every request needs a bearer token, except one with an invitation. With logins, either is
/// accepted.
fn needs_bearer(endpoint: &Endpoint) -> bool {
    endpoint.callers.bearer.is_some() && endpoint.callers.issuers.is_empty()
}

fn who_may_ask(settings: &Settings, locals: &[LocalAddress]) -> String {
    let mut lines = people(settings);
    let callers = &settings.endpoint.callers;
    let source = &settings.sources.bearer;
    match (lines.is_empty(), needs_bearer(&settings.endpoint)) {
        (true, true) => lines.push(format!("clients with a bearer token of `{source}`")),
        (false, true) => lines.push(format!("a bearer token of `{source}` is needed as well")),
        (true, false) if !callers.need_login() => {
            let mut groups = locals.iter().map(|local| who_can_reach(settings, local));
            let groups = groups.by_ref().collect::<BTreeSet<_>>();
            lines.extend(groups);
        }
        (_, false) => {}
    }
    // These need nothing else.
    if callers.invitations.are_accepted() {
        lines.push("guests with an invitation".to_owned());
    }
    if callers.bearer.is_some() && !callers.issuers.is_empty() {
        lines.push("servers with a bearer token".to_owned());
    }
    if callers.guests && !needs_bearer(&settings.endpoint) {
        lines.push("guests, without a login".to_owned());
    }
    lines.extend(conditions(settings));
    lines.join("; ")
}

/// The people who may have tokens because of a login. Empty if logins are not configured.
fn people(settings: &Settings) -> Vec<String> {
    let callers = &settings.endpoint.callers;
    let mut lines = Vec::new();
    for issuer in &callers.issuers {
        let audience = match issuer.audiences.as_slice() {
            [] => String::new(),
            audiences => format!(", for {}", audiences.join(" or ")),
        };
        let issuer = match issuer.name.as_str() {
            "" => "without an issuer".to_owned(),
            name => format!("of {name}"),
        };
        lines.push(format!("users with a login token {issuer}{audience}"));
    }
    if let Some(header) = &callers.proxy_header {
        lines.push(format!("users whom the proxy names in the header `{header}`"));
    }
    lines
}

/// What else is decided about a request.
fn conditions(settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(url) = &settings.ask {
        lines.push(format!("{url} decides about each request"));
    }
    let fixed = settings.shown.fixed.iter();
    lines.extend(fixed.map(|(field, template)| format!("{field} is `{template}`")));
    if let Some(Rate { tokens, span }) = settings.rate {
        lines.push(format!("each gets {tokens} tokens in {}", humantime::format_duration(span)));
    }
    lines
}

fn who_can_reach(settings: &Settings, local: &LocalAddress) -> String {
    if let Some(mode) = SocketMode::of(local).filter(|mode| mode.is_owners_alone()) {
        return format!("the owner of the socket (mode {mode})");
    }
    match (local, &settings.sources.anonymous) {
        (LocalAddress::Tcp(address), _) if address.ip().is_loopback() => {
            "anyone on this machine".to_owned()
        }
        (_, Some(option)) => format!("anyone who can reach it ({option})"),
        (_, None) => "anyone who can reach it".to_owned(),
    }
}

fn web_pages(settings: &Settings) -> String {
    let option = &settings.sources.origins;
    let names =
        |origins: &[Origin]| origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let local = |more: &[String]| {
        let hosts = ["localhost", "127.0.0.1", "[::1]"].into_iter();
        let hosts = hosts.chain(more.iter().map(String::as_str)).collect::<Vec<_>>();
        format!("on {}, at any port", hosts.join(", "))
    };
    match &settings.endpoint.origins {
        Origins::Local(more) => local(more),
        Origins::LocalAnd(more, origins) => format!("{}; of {}", local(more), names(origins)),
        Origins::Only(origins) => {
            let origins = names(origins);
            format!("of {origins} only ({option} replaces the default, pages on localhost)")
        }
        Origins::Any => "of all origins".to_owned(),
        Origins::Proxy => format!("as the proxy in front decides ({option})"),
    }
}

/// What the proxy in front has to do, if it is trusted.
fn duty_of_proxy(endpoint: &Endpoint) -> Option<String> {
    let headers = endpoint.trusted_headers().into_iter().collect::<Vec<_>>();
    (!headers.is_empty()).then(|| {
        format!(
            "the proxy must remove what clients send as {}, and set it itself",
            headers.join(", ")
        )
    })
}

/// Hints about common problems.
fn advice(settings: &Settings, locals: &[LocalAddress], urls: &Urls) -> Vec<String> {
    let Settings { endpoint, listening, .. } = settings;
    let mut advice = Vec::new();
    advice.extend(settings.shown.permissions.clone());
    advice.extend(duty_of_proxy(endpoint));
    if listening.are_passed {
        let advised = "the sockets were passed to this process (LISTEN_FDS); --listen is not used";
        advice.push(advised.to_owned());
    }
    if let (Some(lan), Some(port)) = (&listening.lan, urls.lan_port) {
        let path = endpoint.routes.shown();
        advice.push(format!("phones on this network: http://{}:{port}{path}", lan.address));
        if !lan.others.is_empty() {
            let others = lan.others.join(", ");
            advice.push(format!(
                "this machine is also {others}; --listen ADDRESS:{port} chooses one of them"
            ));
        }
        advice.push(format!("the Android emulator: http://{ANDROID_EMULATOR}:{port}{path}"));
        advice.push(
            "start livekit-server with --bind 0.0.0.0, so that they reach it as well".to_owned(),
        );
        advice.push(
            "browsers give camera and microphone to https pages and localhost only".to_owned(),
        );
    }
    let is_remote = locals.iter().any(|local| !local.is_local());
    if listening.lan.is_none() && is_remote && endpoint.server_url.is_loopback() {
        let url = &endpoint.server_url;
        advice.push(format!(
            "clients on other machines cannot connect to {url}; give --url or --lan"
        ));
    }
    advice
}
