//! `GET /join`: the page for people with an invitation, and what it fetches from the server.
//!
//! Unlike the page at `/`, it is served to everyone. The code of the invitation is the fragment of the
//! page's URL, so it is in no log and no `Referer`. The script sends it as a bearer token, first to
//! `/join/invitation` and then to the token endpoint.

mod url;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response};
use serde::Serialize;

pub(crate) use url::{JoinUrl, MEET};

use super::web_page::WebPage;
use crate::endpoint::invitation::Invitation;
use crate::endpoint::{Answer, Endpoint, Refusal, Routes};
use crate::times::now;

/// The path of the page.
const PAGE: &str = "/join";

/// The path where the page learns what an invitation is for.
const INVITATION: &str = "/join/invitation";

/// The methods of both.
const METHODS: &[Method] = &[Method::GET, Method::HEAD];

const HTML: &str = include_str!("join.html");
const STYLE: &str = concat!(include_str!("../web_page.css"), include_str!("join.css"));
const STRINGS: &str = include_str!("strings.js");
const SCRIPT: &str = include_str!("join.js");

/// What the page's script knows about the server.
#[derive(Serialize)]
struct Server<'a> {
    /// Path of the token endpoint, without the base path.
    path: &'a str,
    /// The link into the call, with placeholders.
    join_url: &'a str,
}

/// What the page shows of an invitation.
#[derive(Serialize)]
struct Shown<'a> {
    room: &'a str,
    label: Option<&'a str>,
    name: Option<&'a str>,
    expires_at: u64,
}

/// Returns the answer if the path is one of these.
pub(super) fn answer(url: &JoinUrl, endpoint: &Endpoint, head: &Parts) -> Option<Answer> {
    let path = head.uri.path();
    let is = |served| endpoint.routes.matches(path, served);
    if !is(PAGE) && !is(INVITATION) {
        return None;
    }
    if !METHODS.contains(&head.method) {
        return Some(endpoint.refuse(head, Refusal::method_not_allowed(head, METHODS)));
    }
    if is(PAGE) {
        return Some(endpoint.respond(head, page(url, endpoint)));
    }
    Some(match endpoint.callers.invitations.in_request(head, now()) {
        Ok(invitation) => endpoint.respond(head, shown(&invitation)),
        Err(refusal) => endpoint.refuse(head, refusal),
    })
}

/// Whether a path of the token endpoint would hide the page, or what it fetches.
pub(crate) fn is_path(path: &str) -> bool {
    let without_base = Routes::default();
    without_base.matches(path, PAGE) || without_base.matches(path, INVITATION)
}

/// The path of the page.
pub(crate) fn path(endpoint: &Endpoint) -> String {
    endpoint.routes.with_base(PAGE)
}

fn page(url: &JoinUrl, endpoint: &Endpoint) -> Response<Vec<u8>> {
    let path = endpoint.routes.token.first().map_or("", String::as_str);
    let script = format!("{STRINGS}{SCRIPT}");
    let page = WebPage { html: HTML, style: STYLE, script };
    page.response(&Server { path, join_url: url.as_str() })
}

fn shown(invitation: &Invitation) -> Response<Vec<u8>> {
    let Invitation { room, label, name, expires_at, .. } = invitation;
    let (label, name) = (label.as_deref(), name.as_deref());
    // Strings and numbers always serialize.
    let shown = serde_json::to_vec(&Shown { room, label, name, expires_at: *expires_at });
    let mut response = Response::new(shown.unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
