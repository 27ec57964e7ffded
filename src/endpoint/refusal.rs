//! Why a request is refused. The client gets it as JSON, and the code in a header as well:
//! LiveKit's Swift client shows headers, but no body.

use std::fmt;
use std::num::NonZeroU32;

use http::header::{ALLOW, HOST, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use serde::Serialize;

use super::{Field, RequestError, answer};
use crate::token::TokenError;

/// The header that holds the code.
const LKT_ERROR: HeaderName = HeaderName::from_static("lkt-error");

/// A refusal: what is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The kind of refusal, which decides the status.
    pub code: Code,
    /// What is wrong.
    pub error: String,
    /// The field that is wrong, if it is one.
    pub field: Option<String>,
    /// What to do.
    pub hint: String,
    /// The methods that the path takes, if the request has another.
    allow: Option<HeaderValue>,
    /// Seconds after which to ask again.
    retry_after: Option<NonZeroU32>,
    /// Whether the request carries a token that is not accepted (RFC 6750, section 3.1).
    invalid_token: bool,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident $text:literal),* $(,)?) => {
        /// Kinds of refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The HTTP status.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

codes! {
    /// The HTTP itself is wrong.
    BadRequest = BAD_REQUEST "bad_request",
    /// The body is not a JSON object.
    MalformedJson = BAD_REQUEST "malformed_json",
    /// A field has a wrong type, or is given twice.
    WrongType = BAD_REQUEST "wrong_type",
    /// A part is larger than a LiveKit server takes.
    OverLimit = BAD_REQUEST "over_limit",
    /// A required field is missing.
    Required = BAD_REQUEST "field_required",
    /// No credentials, or wrong ones.
    Unauthorized = UNAUTHORIZED "unauthorized",
    /// The login has expired.
    TokenExpired = UNAUTHORIZED "token_expired",
    /// The login is not valid yet.
    TokenNotYetValid = UNAUTHORIZED "token_not_yet_valid",
    /// The login is of an issuer that is not accepted.
    WrongIssuer = UNAUTHORIZED "wrong_issuer",
    /// The login is for another application.
    WrongAudience = UNAUTHORIZED "wrong_audience",
    /// The login is signed with a key that its issuer does not publish.
    UnknownKey = UNAUTHORIZED "unknown_key",
    /// The login's signature is wrong.
    BadSignature = UNAUTHORIZED "bad_signature",
    /// A claim of the login is not what it must be.
    ClaimDenied = UNAUTHORIZED "claim_denied",
    /// The login lacks a claim that the token is made from.
    ClaimMissing = FORBIDDEN "claim_missing",
    /// A header that only a trusted proxy may send.
    HeaderDenied = FORBIDDEN "header_denied",
    /// The application's backend does not allow it.
    AskDenied = FORBIDDEN "ask_denied",
    /// A field that clients may not set.
    FieldDenied = FORBIDDEN "field_denied",
    /// A room that is not for clients of this endpoint.
    RoomDenied = FORBIDDEN "room_denied",
    /// A credential in the room configuration.
    CredentialDenied = FORBIDDEN "credential_denied",
    /// A web page that may not ask.
    OriginDenied = FORBIDDEN "origin_denied",
    /// A name that this server does not go by.
    HostDenied = FORBIDDEN "host_denied",
    /// No such path.
    NotFound = NOT_FOUND "not_found",
    /// The path does not take this method.
    Method = METHOD_NOT_ALLOWED "method_not_allowed",
    /// The request did not arrive in time.
    Timeout = REQUEST_TIMEOUT "timeout",
    /// The length of the body must be announced.
    LengthRequired = LENGTH_REQUIRED "length_required",
    /// The body is too large.
    TooLarge = PAYLOAD_TOO_LARGE "body_too_large",
    /// The body does not say that it is JSON.
    ContentType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type",
    /// `Expect` asks for something unknown.
    Expectation = EXPECTATION_FAILED "expectation_failed",
    /// Too many header bytes or lines.
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE "head_too_large",
    /// Too many tokens for one person.
    RateLimited = TOO_MANY_REQUESTS "rate_limited",
    /// A fault of the server.
    Internal = INTERNAL_SERVER_ERROR "internal",
    /// Too many connections.
    Busy = SERVICE_UNAVAILABLE "busy",
    /// The keys that verify logins could not be fetched.
    AuthUnavailable = SERVICE_UNAVAILABLE "auth_unavailable",
    /// The application's backend could not be asked.
    AskFailed = SERVICE_UNAVAILABLE "ask_failed",
    /// Neither HTTP/1.1 nor HTTP/1.0.
    HttpVersion = HTTP_VERSION_NOT_SUPPORTED "http_version",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    hint: &'a str,
}

impl Refusal {
    /// A refusal without a field.
    pub fn new(code: Code, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            error: error.into(),
            field: None,
            hint: hint.into(),
            allow: None,
            retry_after: None,
            invalid_token: false,
        }
    }

    /// With the number of seconds after which the client should ask again (`Retry-After`).
    pub fn retry_after(self, seconds: impl Into<u32>) -> Self {
        Self { retry_after: NonZeroU32::new(seconds.into()), ..self }
    }

    pub(super) fn invalid_token(self) -> Self {
        Self { invalid_token: true, ..self }
    }

    pub(super) fn about(self, field: &impl ToString) -> Self {
        Self { field: Some(field.to_string()), ..self }
    }

    /// The response, without the headers that let a web page read it.
    pub(super) fn response(&self) -> Response<Vec<u8>> {
        let body = Body {
            error: &self.error,
            code: self.code.as_str(),
            field: self.field.as_deref(),
            hint: &self.hint,
        };
        let mut response = answer::json(self.code.status(), &body);
        let headers = response.headers_mut();
        headers.insert(LKT_ERROR, HeaderValue::from_static(self.code.as_str()));
        if self.code.status() == StatusCode::UNAUTHORIZED {
            let challenge = if self.invalid_token {
                "Bearer realm=\"lkt\", error=\"invalid_token\""
            } else {
                "Bearer realm=\"lkt\""
            };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        if let Some(allow) = self.allow.clone() {
            headers.insert(ALLOW, allow);
        }
        response
    }

    pub(super) fn host(host: &str) -> Self {
        let hint = "use a name that this server goes by, such as localhost";
        Self::new(Code::HostDenied, format!("the host `{host}` is not allowed"), hint)
    }

    pub(super) fn origin(origin: &str) -> Self {
        let hint = "ask from a page of an allowed origin";
        Self::new(Code::OriginDenied, format!("pages of `{origin}` may not ask"), hint)
    }

    pub(super) fn not_found(path: &str, served: &str) -> Self {
        let error = format!("`{path}` is not served here");
        Self::new(Code::NotFound, error, format!("POST {served} hands out tokens"))
    }

    /// A request with a method that its path does not take. The response names those that it takes in
    /// `Allow`.
    pub fn method_not_allowed(head: &Parts, allowed: &[Method]) -> Self {
        let (method, path) = (&head.method, head.uri.path());
        let error = format!("`{path}` does not take `{method}`");
        let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let hint =
            if allowed.contains(&Method::POST) { curl_line(head) } else { format!("use {names}") };
        let allow = HeaderValue::try_from(names).ok();
        Self { allow, ..Self::new(Code::Method, error, hint) }
    }

    pub(super) fn unauthorized(error: &str) -> Self {
        let hint = "send `Authorization: Bearer` with a token that this server accepts";
        Self::new(Code::Unauthorized, error, hint)
    }

    pub(super) fn sandbox_id() -> Self {
        let hint = "send the id of this server as `X-Sandbox-ID`";
        Self::new(Code::Unauthorized, "the `X-Sandbox-ID` is not this server's", hint)
    }

    /// A body of more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let error = format!("the body has more than {limit} bytes");
        Self::new(Code::TooLarge, error, "send less")
    }

    pub(super) fn content_type(given: Option<&str>) -> Self {
        let error = match given {
            Some(given) => format!("the content type is `{given}`, not `application/json`"),
            None => "the body has no content type".to_owned(),
        };
        Self::new(Code::ContentType, error, "send the header `Content-Type: application/json`")
    }

    pub(super) fn denied(field: Field) -> Self {
        let error = format!("`{field}` is not for clients to set");
        Self::new(Code::FieldDenied, error, format!("leave `{field}` out")).about(&field)
    }

    pub(super) fn required(field: Field) -> Self {
        let error = format!("`{field}` is missing");
        Self::new(Code::Required, error, format!("send a `{field}`")).about(&field)
    }

    pub(super) fn room(room: &str) -> Self {
        let error = format!("the room `{room}` is not for clients of this endpoint");
        Self::new(Code::RoomDenied, error, "ask for a room that it allows").about(&Field::RoomName)
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        let text = error.to_string();
        match error {
            RequestError::Syntax(_) | RequestError::NotAnObject(_) => {
                Self::new(Code::MalformedJson, text, "send a JSON object, such as `{}`")
            }
            RequestError::Field(error) => {
                let hint = if error.wants_string() {
                    "send a string: JSON.stringify() makes one of anything"
                } else {
                    "see TokenSourceRequest in LiveKit's protocol for what the field takes"
                };
                Self::new(Code::WrongType, text, hint).about(&error.path)
            }
            RequestError::Token(TokenError::Limit(limit)) => {
                Self::new(Code::OverLimit, text, "send less of it").about(&limit.field)
            }
            RequestError::Token(TokenError::Credential { path }) => {
                let hint = "leave it out, and set up the egress on a server";
                Self::new(Code::CredentialDenied, text, hint).about(&path)
            }
            RequestError::Token(TokenError::Join(_)) => {
                Self::new(Code::Required, text, "send both")
            }
            // The cause is for the log, not for clients.
            RequestError::Token(TokenError::Sign(_)) => {
                Self::new(Code::Internal, text, "tell the operator of this server")
            }
        }
    }
}

/// A command that works, for someone who opened the endpoint in a browser.
fn curl_line(head: &Parts) -> String {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".:-[]_".contains(letter);
    let host = if !host.is_empty() && host.chars().all(plain) { host } else { "localhost:3000" };
    let path = head.uri.path();
    let path = if path.chars().all(|letter| plain(letter) || letter == '/') { path } else { "/" };
    format!("curl -X POST -H 'Content-Type: application/json' -d '{{}}' 'http://{host}{path}'")
}
