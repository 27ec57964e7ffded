//! Why a request is refused. The client gets the refusal as JSON, and its code in a header as well,
//! since LiveKit's Swift client shows headers but no body. The codes are here, with the texts about the
//! request itself; those about logins and invitations are in `login/error.rs` and `invitation/error.rs`.

use std::fmt;
use std::num::NonZeroU32;

use http::header::{
    ACCEPT_ENCODING, ALLOW, HOST, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use serde::Serialize;

use super::request::field_hint;
use super::{Field, RequestError, answer};
use crate::token::TokenError;

/// The header that holds the code.
const LKT_ERROR: HeaderName = HeaderName::from_static("lkt-error");

/// A refusal: what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The kind of refusal, which decides the status.
    pub code: Code,
    /// What is wrong.
    pub error: String,
    /// The field that is wrong, if any.
    pub field: Option<String>,
    /// What to do.
    pub hint: String,
    /// The methods that the path accepts, if the request used another.
    allow: Option<HeaderValue>,
    /// Seconds after which to retry.
    retry_after: Option<NonZeroU32>,
    /// Whether the request carries a token that is not accepted (RFC 6750, section 3.1).
    invalid_token: bool,
    /// Whether the body is compressed (RFC 9110, section 15.5.16).
    is_compressed: bool,
    /// Whether only those can help who run this server, its proxy or the issuer of logins.
    of_setup: bool,
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
    /// The request is not valid HTTP.
    BadRequest = BAD_REQUEST "bad_request",
    /// The body is not a JSON object.
    MalformedJson = BAD_REQUEST "malformed_json",
    /// A field has a wrong type, or is given twice.
    WrongType = BAD_REQUEST "wrong_type",
    /// A part of the token is larger than a LiveKit server accepts.
    OverLimit = BAD_REQUEST "over_limit",
    /// The request has no field, but a name that is meant for one.
    MistakenName = BAD_REQUEST "mistaken_name",
    /// A required field is missing.
    Required = BAD_REQUEST "field_required",
    /// The credentials are missing or wrong.
    Unauthorized = UNAUTHORIZED "unauthorized",
    /// The login has expired.
    TokenExpired = UNAUTHORIZED "token_expired",
    /// The login is not valid yet.
    TokenNotYetValid = UNAUTHORIZED "token_not_yet_valid",
    /// The login is from an issuer that is not accepted.
    WrongIssuer = UNAUTHORIZED "wrong_issuer",
    /// The login is for another application.
    WrongAudience = UNAUTHORIZED "wrong_audience",
    /// The login is signed with a key that its issuer does not publish.
    UnknownKey = UNAUTHORIZED "unknown_key",
    /// The login's signature is wrong.
    BadSignature = UNAUTHORIZED "bad_signature",
    /// A claim of the login does not have the required value.
    ClaimDenied = UNAUTHORIZED "claim_denied",
    /// The token cannot be made from the login: a claim is missing, has the wrong form or is too large.
    ClaimMissing = FORBIDDEN "claim_missing",
    /// The credential is not an invitation.
    NotAnInvitation = UNAUTHORIZED "not_an_invitation",
    /// The invitation cannot be read.
    InvitationMalformed = UNAUTHORIZED "invitation_malformed",
    /// The invitation was made with a key that is not accepted.
    InvitationUnknownKey = UNAUTHORIZED "invitation_unknown_key",
    /// The invitation's signature is wrong.
    InvitationBadSignature = UNAUTHORIZED "invitation_bad_signature",
    /// The invitation has expired.
    InvitationExpired = UNAUTHORIZED "invitation_expired",
    /// The invitation is not valid yet.
    InvitationNotYetValid = UNAUTHORIZED "invitation_not_yet_valid",
    /// All uses of the invitation are taken.
    InvitationUsedUp = UNAUTHORIZED "invitation_used_up",
    /// The invitation has a maximum number of uses, which this server cannot count.
    InvitationUncounted = UNAUTHORIZED "invitation_uncounted",
    /// The request has a header that only a trusted proxy may send.
    HeaderDenied = FORBIDDEN "header_denied",
    /// The application's backend does not allow it.
    AskDenied = FORBIDDEN "ask_denied",
    /// The request sets a field that clients may not set.
    FieldDenied = FORBIDDEN "field_denied",
    /// The room is not allowed for clients of this endpoint.
    RoomDenied = FORBIDDEN "room_denied",
    /// The operator has denied new tokens to this user, login, identity or room.
    Denied = FORBIDDEN "denied",
    /// The room configuration contains a credential.
    CredentialDenied = FORBIDDEN "credential_denied",
    /// The `X-Sandbox-ID` is not this server's.
    SandboxDenied = FORBIDDEN "sandbox_denied",
    /// The origin of the web page is not allowed.
    OriginDenied = FORBIDDEN "origin_denied",
    /// The host is not a name of this server.
    HostDenied = FORBIDDEN "host_denied",
    /// The path is not served.
    NotFound = NOT_FOUND "not_found",
    /// The path does not accept this method.
    Method = METHOD_NOT_ALLOWED "method_not_allowed",
    /// The request did not arrive in time.
    Timeout = REQUEST_TIMEOUT "timeout",
    /// The body is too large.
    TooLarge = PAYLOAD_TOO_LARGE "body_too_large",
    /// The content type is not JSON.
    ContentType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type",
    /// `Expect` has an unknown value.
    Expectation = EXPECTATION_FAILED "expectation_failed",
    /// The head has too many bytes or lines.
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE "head_too_large",
    /// One person requested too many tokens.
    RateLimited = TOO_MANY_REQUESTS "rate_limited",
    /// The server failed.
    Internal = INTERNAL_SERVER_ERROR "internal",
    /// There are too many connections.
    Busy = SERVICE_UNAVAILABLE "busy",
    /// The keys that verify logins could not be fetched.
    AuthUnavailable = SERVICE_UNAVAILABLE "auth_unavailable",
    /// The store that counts tokens or uses could not be reached.
    StoreUnavailable = SERVICE_UNAVAILABLE "store_unavailable",
    /// The application's backend could not be asked, or gave no usable answer.
    AskFailed = SERVICE_UNAVAILABLE "ask_failed",
    /// The request is neither HTTP/1.1 nor HTTP/1.0.
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
    /// Creates a refusal without a field.
    pub fn new(code: Code, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            error: error.into(),
            field: None,
            hint: hint.into(),
            allow: None,
            retry_after: None,
            invalid_token: false,
            is_compressed: false,
            of_setup: false,
        }
    }

    /// Sets the number of seconds after which the client should retry (`Retry-After`).
    pub fn retry_after(self, seconds: impl Into<u32>) -> Self {
        Self { retry_after: NonZeroU32::new(seconds.into()), ..self }
    }

    pub(super) fn invalid_token(self) -> Self {
        Self { invalid_token: true, ..self }
    }

    pub(super) fn of_setup(self) -> Self {
        Self { of_setup: true, ..self }
    }

    /// Whether the client and the person can do nothing about it, but only those who run this server,
    /// its proxy or the issuer of logins.
    pub fn is_of_setup(&self) -> bool {
        self.of_setup
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
        if self.is_compressed {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(allow) = self.allow.clone() {
            headers.insert(ALLOW, allow);
        }
        response
    }

    /// Creates the refusal for a fault of the server or its configuration.
    pub(super) fn internal(error: impl Into<String>) -> Self {
        Self::new(Code::Internal, error, "tell the operator of this server")
    }

    pub(super) fn host(host: &str) -> Self {
        let hint = "use a name that this server goes by, such as localhost";
        Self::new(Code::HostDenied, format!("the host `{host}` is not allowed"), hint)
    }

    pub(super) fn origin(origin: &str) -> Self {
        let hint = match origin {
            "null" | "file://" => "open the page from a web server: it is a file, or in a sandbox",
            _ => "use a page of an allowed origin",
        };
        Self::new(Code::OriginDenied, format!("the origin `{origin}` is not allowed"), hint)
    }

    pub(super) fn not_found(path: &str, served: &str) -> Self {
        let error = format!("`{path}` is not served here");
        Self::new(Code::NotFound, error, format!("POST {served} hands out tokens"))
    }

    /// Creates the refusal of a method that the path does not accept. The response lists the
    /// accepted methods in `Allow`.
    pub fn method_not_allowed(head: &Parts, allowed: &[Method]) -> Self {
        let (method, path) = (&head.method, head.uri.path());
        let error = format!("`{path}` does not accept `{method}`");
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
        Self::new(Code::SandboxDenied, "the `X-Sandbox-ID` is not this server's", hint)
    }

    /// Creates the refusal of a body of more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let error = format!("the body has more than {limit} bytes");
        Self::new(Code::TooLarge, error, "send less")
    }

    pub(super) fn compressed() -> Self {
        let refusal = Self::new(
            Code::ContentType,
            "the body is compressed",
            "send it without `Content-Encoding`",
        );
        Self { is_compressed: true, ..refusal }
    }

    pub(super) fn content_type(given: Option<&str>) -> Self {
        let error = match given {
            Some(given) => format!("the content type is `{given}`, not `application/json`"),
            None => "the body has no content type".to_owned(),
        };
        Self::new(Code::ContentType, error, "send the header `Content-Type: application/json`")
    }

    pub(super) fn denied(field: Field) -> Self {
        let error = format!("clients may not set `{field}`");
        Self::new(Code::FieldDenied, error, format!("leave `{field}` out")).about(&field)
    }

    /// Creates the refusal of a name that people write for a field.
    pub(super) fn mistaken(name: &str, field: Field) -> Self {
        let (error, hint) = match name.strip_prefix('?') {
            Some(_) => (
                format!("the query has `{name}`, and fields are read from the body"),
                format!("send {{\"{field}\": …}} as a JSON body"),
            ),
            None => (format!("`{name}` is not a field"), format!("send `{field}` instead")),
        };
        Self::new(Code::MistakenName, error, hint).about(&name)
    }

    pub(super) fn required(field: Field) -> Self {
        let error = format!("`{field}` is missing");
        Self::new(Code::Required, error, format!("send a `{field}`")).about(&field)
    }

    pub(super) fn room(room: &str) -> Self {
        let error = format!("this endpoint issues no tokens for the room `{room}`");
        Self::new(Code::RoomDenied, error, "request a room that it allows").about(&Field::RoomName)
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        let text = error.to_string();
        match error {
            RequestError::Syntax(_) | RequestError::NotAnObject(_) => {
                Self::new(Code::MalformedJson, text, "send a JSON object, such as `{}`")
            }
            RequestError::Budget(error) => {
                let refusal = Self::new(Code::OverLimit, text, "send fewer values in one request");
                match &error.member {
                    Some(member) => refusal.about(member),
                    None => refusal,
                }
            }
            RequestError::Field(error) => {
                Self::new(Code::WrongType, text, field_hint(&error)).about(&error.path)
            }
            RequestError::Refused(refusal) => *refusal,
            RequestError::Token(TokenError::Limit(limit)) => {
                Self::new(Code::OverLimit, text, "send less of it").about(&limit.field)
            }
            RequestError::Token(TokenError::Credential { path }) => {
                let hint = "leave it out, and set up the egress on a server";
                Self::new(Code::CredentialDenied, text, hint).about(&path)
            }
            RequestError::Token(TokenError::Join(join)) => {
                let hint = if join.does == "joins" { "send both" } else { "send `room_name`" };
                Self::new(Code::Required, text, hint)
            }
            // The cause is for the log, not for clients.
            RequestError::Token(TokenError::Sign(_)) => Self::internal(text),
        }
    }
}

/// Returns a working curl command, for someone who opened the endpoint in a browser.
fn curl_line(head: &Parts) -> String {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".:-[]_".contains(letter);
    let host = if !host.is_empty() && host.chars().all(plain) { host } else { "localhost:3000" };
    let path = head.uri.path();
    let path = if path.chars().all(|letter| plain(letter) || letter == '/') { path } else { "/" };
    format!("curl -X POST -H 'Content-Type: application/json' -d '{{}}' 'http://{host}{path}'")
}
