//! `GET /`: a page for trying the endpoint out, on loopback only.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::Response;
use serde::Serialize;

use super::web_page::WebPage;
use crate::endpoint::{Endpoint, Field, FieldRules};

const HTML: &str = include_str!("page.html");
const STYLE: &str = concat!(include_str!("../web_page.css"), include_str!("page.css"));
const SNIPPETS: &str = include_str!("snippets.js");
const REQUEST: &str = include_str!("request.js");
const SCRIPT: &str = include_str!("page.js");

/// The name of a participant where neither the request nor the server has one.
const DEFAULT_NAME: &str = "the identity if you name one, else quickstart-username";

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
    /// Fields whose value depends on the caller.
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
        let Endpoint { policy, rules, routes, callers, .. } = endpoint;
        let sets = rules.fields.deciding().filter(|rule| rule.is_personal());
        Self {
            path: routes.shown(),
            credential: if callers.issuers.is_empty() {
                callers.bearer.as_ref().map(|_| "bearer")
            } else {
                Some("login")
            },
            guests: callers.guests,
            denied: policy.deny.iter().map(ToString::to_string).collect(),
            set: sets.map(|rule| rule.field().to_string()).collect(),
            required: policy.require.iter().map(ToString::to_string).collect(),
            defaults: texts(&rules.fields),
            rooms: policy.rooms.iter().map(ToString::to_string).collect(),
            lan,
        }
    }
}

/// The configured defaults, for the fields that have one.
fn texts(rules: &FieldRules) -> BTreeMap<&'static str, String> {
    let text = |field| rules.default_of(field).map(|rule| rule.text().to_owned());
    let name = text(Field::ParticipantName).unwrap_or_else(|| DEFAULT_NAME.to_owned());
    let fields = [
        ("room_name", text(Field::RoomName)),
        ("participant_identity", text(Field::ParticipantIdentity)),
        ("participant_name", Some(name)),
        ("participant_metadata", text(Field::ParticipantMetadata)),
        ("participant_attributes", attributes(rules)),
    ];
    fields.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// The default attributes as the page takes them: `key=value`, one on a line.
fn attributes(rules: &FieldRules) -> Option<String> {
    let text = rules.default_of(Field::ParticipantAttributes)?.text();
    let attributes = serde_json::from_str::<BTreeMap<String, Option<String>>>(text).ok()?;
    let lines =
        attributes.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
    Some(lines.collect::<Vec<_>>().join("\n")).filter(|lines| !lines.is_empty())
}

pub(crate) fn response(endpoint: &Endpoint, lan: Option<IpAddr>) -> Response<Vec<u8>> {
    let script = format!("{SNIPPETS}{REQUEST}{SCRIPT}");
    WebPage { html: HTML, style: STYLE, script }.response(&Server::new(endpoint, lan))
}
