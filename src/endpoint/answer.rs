//! Answers to requests. Refusals are in `refusal`.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

use super::Caller;
use super::fields::Completed;
use super::login::Login;
use super::routes::TokenRoute;
use super::{Refusal, ServerUrl};
use crate::token::{Claims, RoomConfig, write_text};

/// The endpoint's answer to a request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// What to send to the client.
    pub response: Response<Vec<u8>>,
    /// The outcome of the request, for a log or metrics.
    pub outcome: Outcome,
    /// The verified login that came with the request, for a log.
    pub login: Option<Box<LoginNote>>,
    /// The kind of caller, if it was found out: see [`Caller::kind`].
    pub caller: Option<&'static str>,
    /// The id of the invitation that came with the request, for a log.
    pub invitation: Option<String>,
}

impl Answer {
    pub(super) fn new(response: Response<Vec<u8>>, outcome: Outcome) -> Self {
        Self { response, outcome, login: None, caller: None, invitation: None }
    }

    /// Notes who sent the request.
    pub(super) fn by(self, caller: &Caller) -> Self {
        let named_by_proxy = || {
            caller.user().map(|user| LoginNote { subject: user.to_owned(), ..LoginNote::default() })
        };
        let login = caller.login().map(LoginNote::from).or_else(named_by_proxy).map(Box::new);
        let invitation = caller.invitation().map(|it| it.id.clone());
        Self { login, caller: Some(caller.kind()), invitation, ..self }
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A token was minted.
    Minted(Box<Minted>),
    /// The request was refused.
    Refused(Box<Refusal>),
    /// Another response was sent: to a health check or a preflight, or one of your own.
    Other,
}

impl From<Refusal> for Answer {
    /// Creates an answer without the headers that let a web page read it, since those depend on the
    /// request. If there is a request, use [`Endpoint::refuse`](super::Endpoint::refuse).
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.response(), Outcome::Refused(Box::new(refusal)))
    }
}

impl From<Response<Vec<u8>>> for Answer {
    /// Creates an answer from a response of your own.
    fn from(response: Response<Vec<u8>>) -> Self {
        Self::new(response, Outcome::Other)
    }
}

/// What is known about a minted token, for a log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Minted {
    /// Its claims, without the metadata, the attributes and the room configuration, which are not to be
    /// logged.
    pub claims: Claims,
    /// Whether the identity is the default, because no client, login or backend named one.
    pub identity_is_default: bool,
    /// The agents that the token dispatches.
    pub agents: Vec<String>,
    /// The token's length in bytes.
    pub token_bytes: usize,
    /// What the request has and nothing reads: the paths of unknown fields, and names in its query with
    /// a `?` before them.
    pub unknown: Vec<String>,
    /// The length of the answer's body in bytes, if its client reads less. The ESP32 client reads 2,048
    /// bytes.
    pub cut_off: Option<usize>,
    /// The size in bytes of the login's name, if only its beginning is in the token: a LiveKit server
    /// accepts no more.
    pub cut_name: Option<usize>,
}

/// A verified login, for a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginNote {
    /// The person: its claim `sub`, or another one that was chosen; or the user that a proxy has
    /// named.
    pub subject: String,
    /// Its claim `iss`. Empty if a proxy has named the user.
    pub issuer: String,
    /// Its claim `jti`.
    pub id: Option<String>,
}

impl From<&Login> for LoginNote {
    fn from(login: &Login) -> Self {
        Self {
            subject: login.user().to_owned(),
            issuer: login.issuer().to_owned(),
            id: login.id().map(str::to_owned),
        }
    }
}

impl Minted {
    pub(super) fn new(
        mut claims: Claims,
        token_bytes: usize,
        completed: Completed,
        unknown: Vec<String>,
        cut_off: Option<usize>,
    ) -> Self {
        let config = claims.room_config.take();
        let agents = config.iter().flat_map(RoomConfig::agent_names).map(str::to_owned).collect();
        claims.metadata.clear();
        claims.attributes.clear();
        Self {
            claims,
            identity_is_default: !completed.is_named,
            agents,
            token_bytes,
            unknown,
            cut_off,
            cut_name: completed.cut_name,
        }
    }
}

/// Maximum length of an answer that the ESP32 client reads, in bytes (`livekit_sandbox.c`).
const ESP32_BYTES: usize = 2048;

/// Returns the length of an answer, if it is more than its client reads.
pub(super) fn cut_off(route: TokenRoute, response: &Response<Vec<u8>>) -> Option<usize> {
    let is_cut = route == TokenRoute::SandboxV1 && response.body().len() > ESP32_BYTES;
    is_cut.then(|| response.body().len())
}

/// Returns the answer with the token, in the form that the path's clients expect.
pub(super) fn token(
    route: TokenRoute,
    server_url: &ServerUrl,
    token: &str,
    claims: &Claims,
) -> Response<Vec<u8>> {
    let (room, name) = (claims.video.room.as_str(), claims.name.as_str());
    let server_url = server_url.as_str();
    // `TokenSourceResponse` of LiveKit's protocol, with the fields that the development token server
    // adds, or the answer of that server's first version.
    match route {
        TokenRoute::Standard => text_fields(
            StatusCode::CREATED,
            &[("server_url", server_url), ("participant_token", token)],
        ),
        TokenRoute::Sandbox => text_fields(
            StatusCode::CREATED,
            &[
                ("server_url", server_url),
                ("participant_token", token),
                ("room_name", room),
                ("participant_name", name),
            ],
        ),
        TokenRoute::SandboxV1 | TokenRoute::ConnectionDetails => text_fields(
            StatusCode::OK,
            &[
                ("serverUrl", server_url),
                ("roomName", room),
                ("participantName", name),
                ("participantToken", token),
            ],
        ),
    }
}

/// Adds a header that lists the unknown fields of the request, which were ignored, for people who
/// look at the answer with curl or in a browser. It has at most 1 KiB, and is escaped, since a
/// client chose the names.
pub(super) fn name_ignored(response: &mut Response<Vec<u8>>, unknown: &[String]) {
    const IGNORED: HeaderName = HeaderName::from_static("lkt-ignored");
    const MAX_BYTES: usize = 1024;

    let names = unknown.iter().map(|name| name.escape_default().to_string());
    let mut text = names.collect::<Vec<_>>().join(", ");
    text.truncate(MAX_BYTES);
    if text.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().insert(IGNORED, value);
    }
}

/// Returns the body of an answer with a token, as `lkt mint --json` prints it.
pub fn answer_body(server_url: &ServerUrl, token: &str) -> Vec<u8> {
    to_json(&[("server_url", server_url.as_str()), ("participant_token", token)])
}

pub(super) fn health() -> Response<Vec<u8>> {
    json(StatusCode::OK, &serde_json::json!({"status": "ok"}))
}

/// Returns 204, for a preflight.
pub(super) fn empty() -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns JSON that must not be cached: it contains a credential, or is about one request only.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Vec<u8>> {
    // What is sent consists of texts and numbers, which always serialize.
    uncached(status, serde_json::to_vec(body).unwrap_or_default())
}

/// The same for an object whose values are all texts.
fn text_fields(status: StatusCode, fields: &[(&str, &str)]) -> Response<Vec<u8>> {
    uncached(status, to_json(fields))
}

fn uncached(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // No charset: JSON has none (RFC 8259), and Flutter decodes exactly this type as UTF-8.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An object whose values are all texts.
fn to_json(fields: &[(&str, &str)]) -> Vec<u8> {
    let size = fields.iter().map(|(name, text)| name.len() + text.len() + r#","":"""#.len());
    let mut json = Vec::with_capacity(size.sum::<usize>() + "{}".len());
    for (name, text) in fields {
        json.push(if json.is_empty() { b'{' } else { b',' });
        write_text(&mut json, name);
        json.push(b':');
        write_text(&mut json, text);
    }
    json.push(b'}');
    json
}
