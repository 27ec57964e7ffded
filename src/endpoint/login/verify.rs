//! Verifying a login token.

use serde_json::Value;

use super::claims::{ClaimCheck, Claims};
use super::error::LoginError;
use super::keys::KeySet;
use super::token::Unverified;

/// Allowed clock skew, in seconds.
pub const LEEWAY: u64 = 30;

/// Maximum length of an unknown issuer's name in a message, in characters.
const SHOWN_ISSUER: usize = 200;

/// An issuer whose logins are accepted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Issuer {
    /// The exact value that `iss` must have.
    pub name: String,
    /// The accepted audiences. One of them must be in `aud`. If empty, the audience is not checked.
    pub audiences: Vec<String>,
    /// Conditions that must all hold.
    pub checks: Vec<ClaimCheck>,
}

/// A verified login.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Login {
    /// All claims of the login.
    pub claims: Claims,
}

/// The result of verifying a login token.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verified {
    /// The token is valid.
    Login(Login),
    /// No key has the token's `kid`. Newer keys may.
    UnknownKey,
}

impl Login {
    /// Returns the subject, `sub`, which is never empty.
    pub fn subject(&self) -> &str {
        self.text("sub")
    }

    /// Returns the issuer, `iss`.
    pub fn issuer(&self) -> &str {
        self.text("iss")
    }

    /// Returns the login token's id, `jti`.
    pub fn id(&self) -> Option<&str> {
        self.claims.get("jti").and_then(Value::as_str)
    }

    fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Returns the index of the accepted issuer that a token names. This does not verify the token.
///
/// # Errors
/// [`LoginError`] if the token names none of them.
pub(super) fn issuer_of(token: &Unverified<'_>, issuers: &[Issuer]) -> Result<usize, LoginError> {
    let named = token.claims.get("iss");
    let found = issuers.iter().position(|issuer| named == Some(&Value::from(issuer.name.as_str())));
    found.ok_or_else(|| LoginError::Issuer {
        found: match named {
            None => "missing".to_owned(),
            Some(Value::String(name)) => {
                format!("`{}`", name.chars().take(SHOWN_ISSUER).collect::<String>())
            }
            Some(_) => "not a string".to_owned(),
        },
    })
}

impl Issuer {
    /// Creates an issuer with this name and no conditions.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Verifies a login token: issuer, signature, times, audience and claims, in this order. `now`
    /// is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`LoginError`] gives the first reason to refuse the token.
    pub fn verify(&self, token: &str, keys: &KeySet, now: u64) -> Result<Verified, LoginError> {
        let token = Unverified::new(token)?;
        issuer_of(&token, std::slice::from_ref(self))?;
        self.verify_parts(token, keys, now)
    }

    pub(super) fn verify_parts(
        &self,
        token: Unverified<'_>,
        keys: &KeySet,
        now: u64,
    ) -> Result<Verified, LoginError> {
        if !check_signature(&token, keys)? {
            return Ok(Verified::UnknownKey);
        }
        let claims = token.claims;
        check_times(&claims, now)?;
        self.check_audience(&claims)?;
        match claims.get("sub") {
            Some(Value::String(subject)) if !subject.is_empty() => {}
            None => return Err(claim("sub", "is missing")),
            Some(_) => return Err(claim("sub", "is not a string with something in it")),
        }
        match self.checks.iter().find(|check| !check.holds(&claims)) {
            Some(check) => {
                Err(claim(&check.path().to_string(), "is not what this server asks for"))
            }
            None => Ok(Verified::Login(Login { claims })),
        }
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), LoginError> {
        let audiences = match claims.get("aud") {
            None => &[],
            Some(Value::Array(list)) => list.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        let names = audiences.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        // An entry of another type makes the whole list invalid.
        let names = names.ok_or(LoginError::Audience)?;
        let is_ours = names.iter().any(|name| self.audiences.iter().any(|ours| ours == name));
        if is_ours || self.audiences.is_empty() { Ok(()) } else { Err(LoginError::Audience) }
    }
}

fn claim(name: &str, problem: &'static str) -> LoginError {
    LoginError::Claim { claim: name.to_owned(), problem }
}

/// Checks that a key of the set made the signature. Returns false if no key has the token's `kid`.
fn check_signature(token: &Unverified<'_>, set: &KeySet) -> Result<bool, LoginError> {
    // A shared secret has no `kid`, so the header's `kid` is ignored.
    let id = token.key_id.as_ref().filter(|_| !set.is_secret());
    let named = |key: &&super::keys::Key| id.is_none() || key.id.as_ref() == id;
    let mut candidates = set.keys.iter().filter(named).peekable();
    if candidates.peek().is_none() {
        return Ok(false);
    }
    let message = token.message.as_bytes();
    let good = candidates
        .filter(|key| key.suits(token.algorithm))
        .any(|key| key.public.verifies(token.algorithm, message, &token.signature));
    if good { Ok(true) } else { Err(LoginError::Signature) }
}

fn check_times(claims: &Claims, now: u64) -> Result<(), LoginError> {
    #[allow(clippy::cast_precision_loss)] // exact for the next 285 million years
    let (now, leeway) = (now as f64, LEEWAY as f64);
    let exp = seconds(claims, "exp")?.ok_or_else(|| claim("exp", "is missing"))?;
    if now >= exp + leeway {
        return Err(LoginError::Expired { ago: whole(now - exp) });
    }
    for name in ["nbf", "iat"] {
        if let Some(start) = seconds(claims, name)?.filter(|start| *start > now + leeway) {
            return Err(LoginError::NotYet { claim: name, left: whole(start - now) });
        }
    }
    Ok(())
}

/// A `NumericDate`: a number, which may have a fraction (RFC 7519, section 2).
fn seconds(claims: &Claims, name: &'static str) -> Result<Option<f64>, LoginError> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| seconds.is_finite()) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(claim(name, "is not a number")),
        },
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // for a message, and saturating
fn whole(seconds: f64) -> u64 {
    seconds.ceil() as u64
}
