//! `GET /`: a page for trying the endpoint out, on loopback only.
//!
//! The page is a single document. Its content security policy contains the hashes of its own script and
//! style, so nothing else can run in it, and it can contact only this server.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::endpoint::{Defaults, Endpoint};

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SNIPPETS: &str = include_str!("snippets.js");
const SCRIPT: &str = include_str!("page.js");

/// What the page's script knows about the server, as JSON in an attribute. It contains no credential.
#[derive(Serialize)]
struct Server {
    /// Path of the token endpoint.
    path: String,
    /// The kind of token that a request must carry, if any: `bearer` or `login`.
    credential: Option<&'static str>,
    /// Whether requests without that token are served too.
    guests: bool,
    /// Fields that clients may not set.
    denied: Vec<String>,
    /// Fields whose value depends on who asks.
    set: Vec<String>,
    /// Fields that clients must set.
    required: Vec<String>,
    /// Templates for the fields that a request leaves out.
    defaults: BTreeMap<&'static str, String>,
    /// Patterns for room names. If there are none, every room is allowed.
    rooms: Vec<String>,
    /// This machine's address for phones on its network, with `--lan`.
    lan: Option<IpAddr>,
}

impl Server {
    fn new(endpoint: &Endpoint, lan: Option<IpAddr>) -> Self {
        let Endpoint { policy, rules, routes, access, logins, .. } = endpoint;
        let rooms = policy.rooms.iter().map(ToString::to_string);
        let rooms = rooms.chain(logins.rules.rooms.iter().map(ToString::to_string));
        let sets = logins.rules.set.iter().filter(|set| set.is_personal());
        Self {
            path: routes.shown(),
            credential: if logins.issuers.is_empty() {
                access.bearer.as_ref().map(|_| "bearer")
            } else {
                Some("login")
            },
            guests: logins.optional,
            denied: policy.deny.iter().map(ToString::to_string).collect(),
            set: sets.map(|set| set.field().to_string()).collect(),
            required: policy.require.iter().map(ToString::to_string).collect(),
            defaults: texts(&rules.defaults),
            rooms: rooms.collect(),
            lan,
        }
    }
}

/// The configured defaults, for the fields that have one.
fn texts(defaults: &Defaults) -> BTreeMap<&'static str, String> {
    let mut texts = BTreeMap::from([
        ("room_name", defaults.room_name.to_string()),
        ("participant_identity", defaults.participant_identity.to_string()),
    ]);
    let name = defaults.participant_name.as_ref();
    texts.insert("participant_name", name.map_or("the identity".to_owned(), ToString::to_string));
    if let Some(metadata) = &defaults.participant_metadata {
        texts.insert("participant_metadata", metadata.to_string());
    }
    let attributes = &defaults.participant_attributes;
    if !attributes.is_empty() {
        let lines = attributes.iter().map(|(key, value)| format!("{key}={value}"));
        texts.insert("participant_attributes", lines.collect::<Vec<_>>().join("\n"));
    }
    texts
}

pub(crate) fn response(endpoint: &Endpoint, lan: Option<IpAddr>) -> Response<Vec<u8>> {
    let script = format!("{SNIPPETS}{SCRIPT}");
    let mut response = Response::new(document(&Server::new(endpoint, lan), &script).into_bytes());
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    // The policy is ASCII. If it were not, the page would not work at all, which is safe.
    let policy = HeaderValue::try_from(policy(&script));
    let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

fn document(server: &Server, script: &str) -> String {
    // The value consists of strings and lists of strings, which JSON can always hold.
    let server = serde_json::to_string(server).unwrap_or_default();
    let html = HTML.replace("{{style}}", STYLE).replace("{{script}}", script);
    // Replaced last, so that no placeholder inside it is replaced.
    html.replace("{{server}}", &escaped(&server))
}

/// No other script or style, no request to another server, and no frame around the page.
fn policy(script: &str) -> String {
    let (script, style) = (hash(script), hash(STYLE));
    format!(
        "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Escapes text for an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
