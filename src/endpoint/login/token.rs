//! A login token before it is verified: its parts, and its header.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claim_path::LoginClaims;
use super::error::LoginError;
use super::purpose;
use super::signature::Algorithm;
use super::strict_json;
use crate::token::JsonBudget;

/// Maximum length of a login token, in bytes. The head of a request is limited as well.
const MOST_BYTES: usize = 16 * 1024;

/// Maximum length of an unknown algorithm's name in a message, in characters.
const SHOWN_ALGORITHM: usize = 40;

/// A decoded login token. Nothing in it is verified yet.
#[derive(Debug)]
pub(super) struct Unverified<'t> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) claims: LoginClaims,
    /// The signed part.
    pub(super) message: &'t str,
    pub(super) signature: Vec<u8>,
}

impl<'t> Unverified<'t> {
    /// Decodes a token: JWS in its compact form (RFC 7515, section 3.1).
    pub(super) fn new(token: &'t str) -> Result<Self, LoginError> {
        if token.len() > MOST_BYTES {
            return Err(LoginError::TooLarge);
        }
        if let Some(problem) = wrapped(token) {
            return Err(LoginError::Wrapped(problem));
        }
        // What follows a `~` in an SD-JWT (RFC 9901) is disclosed, and is not base64url.
        if token.starts_with("eyJ") && token.contains('~') {
            return Err(LoginError::NotALogin(purpose::CREDENTIAL));
        }
        let parts = token.split('.').collect::<Vec<_>>();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(match parts.as_slice() {
                [_, _, _, _, _] => LoginError::Encrypted,
                // A JWT begins with the base64url of `{"`.
                [first, ..] if first.starts_with("eyJ") => {
                    malformed("a JWT has three parts with dots between")
                }
                _ => LoginError::Opaque,
            });
        };
        if parts.iter().any(|part| part.ends_with('=')) {
            // Some load balancers write it so, and have their keys in a place of their own.
            return Err(unusual("its parts have padding (`=`)"));
        }
        let header = object(
            header,
            "its header is not base64url",
            "its header is not a JSON object, or names a member twice",
        )?;
        let claims = object(
            payload,
            "its claims are not base64url",
            "its claims are not a JSON object, or name a claim twice",
        )?;
        if let Some(purpose) = purpose::other_than_login(&header, &claims) {
            return Err(LoginError::NotALogin(purpose));
        }
        let (algorithm, key_id) = read_header(&header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| malformed("its signature is not base64url"))?;
        let message = token.rsplit_once('.').map_or(token, |(message, _)| message);
        Ok(Self { algorithm, key_id, claims, message, signature })
    }
}

/// What a client sent in place of its token, if that can be told.
fn wrapped(text: &str) -> Option<&'static str> {
    Some(match text {
        "undefined" | "null" | "None" | "nil" | "false" => "this is the text of an empty variable",
        "[object Object]" | "[object Promise]" => "this is the text of an object",
        _ if text.starts_with(['"', '\'']) => "this is a text in quotes",
        _ if text.starts_with(['{', '[']) => "this is JSON",
        _ => return None,
    })
}

fn malformed(problem: &'static str) -> LoginError {
    LoginError::Malformed(problem)
}

fn unusual(problem: &'static str) -> LoginError {
    LoginError::Unusual(problem)
}

/// Reads a part of the token: JSON in base64url.
fn object(
    part: &str,
    not_base64url: &'static str,
    problem: &'static str,
) -> Result<Map<String, Value>, LoginError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(not_base64url))?;
    match strict_json::read(&bytes, JsonBudget::LOGIN) {
        Some(Value::Object(members)) => Ok(members),
        _ => Err(unusual(problem)),
    }
}

/// Returns `alg` and `kid`. `jku`, `jwk`, `x5u` and `x5c` are ignored: keys come only from the
/// configured place.
fn read_header(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), LoginError> {
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(unusual("its header has extensions that must be understood (`crit`)"));
    }
    match header.get("typ") {
        None | Some(Value::String(_)) => {}
        Some(_) => return Err(unusual("its `typ` is not a string")),
    }
    let name = match header.get("alg") {
        Some(Value::String(name)) => name,
        Some(_) => return Err(unusual("its `alg` is not a string")),
        None => return Err(unusual("its header has no `alg`")),
    };
    let algorithm = Algorithm::from_name(name).ok_or_else(|| {
        // RFC 7518 has `none` in lower case alone; others were accepted by mistake elsewhere.
        if name.eq_ignore_ascii_case("none") {
            LoginError::Unsigned
        } else {
            LoginError::Algorithm(name.chars().take(SHOWN_ALGORITHM).collect())
        }
    })?;
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return Err(unusual("its `kid` is not a string")),
    };
    Ok((algorithm, key_id))
}
