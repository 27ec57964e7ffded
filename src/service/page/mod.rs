//! `GET /`: a page for trying the endpoint out, on loopback only.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::Response;
use serde::Serialize;

use super::web_page::WebPage;
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
    WebPage { html: HTML, style: STYLE, script }.response(&Server::new(endpoint, lan))
}
