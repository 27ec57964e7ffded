//! Verifying a login token.

use serde_json::Value;

use super::claim_check::{self, ClaimCheck};
use super::claim_path::{ClaimPath, LoginClaims};
use super::error::LoginError;
use super::key::Key;
use super::keys::{KeySet, MOST_TRIED};
use super::secret::SharedSecret;
use super::signature::{Algorithm, KeyType};
use super::token::Unverified;

/// Allowed clock skew, in seconds.
pub const LEEWAY: u64 = 30;

/// Maximum length of an issuer's or an audience's name in a message, in characters.
const SHOWN_NAME: usize = 200;

/// Maximum number of audiences in a message.
const SHOWN_AUDIENCES: usize = 3;

/// An issuer whose logins are accepted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Issuer {
    /// The exact value that `iss` must have. If it is empty, the token must have no `iss`.
    pub name: String,
    /// The secret that it signs with (HS256, HS384, HS512), if it shares one.
    pub secret: Option<SharedSecret>,
    /// Whether it signs with the secret alone, so that it has no public keys.
    pub secret_only: bool,
    /// The accepted audiences. One of them must be in `aud`. If empty, the audience is not checked.
    pub audiences: Vec<String>,
    /// Conditions that must hold. Of those that name a value for the same claim, one suffices.
    pub checks: Vec<ClaimCheck>,
    /// The claim that identifies the person: a text or a whole number. Usually `sub`.
    pub user: ClaimPath,
}

/// A verified login.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Login {
    /// All claims of the login.
    pub claims: LoginClaims,
    user: String,
}

/// The result of verifying a login token.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verified {
    /// The token is valid.
    Login(Login),
    /// No key has the token's `kid`, or none is for its algorithm. Newer keys may.
    UnknownKey {
        /// The token's algorithm, if the issuer has keys and none of them is for it.
        unsuited: Option<Algorithm>,
    },
}

impl Login {
    /// Returns the text that identifies the person within the issuer: usually `sub`. It is never
    /// empty.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the issuer, `iss`. It is empty for an issuer without a name.
    pub fn issuer(&self) -> &str {
        self.text("iss")
    }

    /// Returns the claim `sub`, if it is a text. Another claim may identify the person.
    pub fn subject(&self) -> Option<&str> {
        self.claims.get("sub").and_then(Value::as_str)
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
    let found = issuers.iter().position(|issuer| match named {
        None => issuer.name.is_empty(),
        Some(Value::String(name)) => !name.is_empty() && *name == issuer.name,
        Some(_) => false,
    });
    found.ok_or_else(|| match named {
        None => LoginError::NoIssuer,
        Some(Value::String(name)) => LoginError::Issuer { found: quoted(name) },
        Some(_) => LoginError::Issuer { found: "not a string".to_owned() },
    })
}

impl Issuer {
    /// Creates an issuer with this name and no conditions.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            secret: None,
            secret_only: false,
            audiences: Vec::new(),
            checks: Vec::new(),
            user: ClaimPath::default(),
        }
    }

    /// Verifies a login token: issuer, signature, times, audience and claims, in this order. `now`
    /// is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`LoginError`] gives the first reason to refuse the token.
    pub fn verify(&self, token: &str, keys: &KeySet, now: u64) -> Result<Verified, LoginError> {
        let token = Unverified::new(token)?;
        issuer_of(&token, std::slice::from_ref(self))?;
        self.verify_parts(token, Some(keys), now)
    }

    pub(super) fn verify_parts(
        &self,
        token: Unverified<'_>,
        keys: Option<&KeySet>,
        now: u64,
    ) -> Result<Verified, LoginError> {
        if !self.check_signature(&token, keys)? {
            let suits = |keys: &KeySet| keys.algorithms().any(|known| known == token.algorithm);
            let unsuited = keys.filter(|keys| !suits(keys)).map(|_| token.algorithm);
            return Ok(Verified::UnknownKey { unsuited });
        }
        let claims = token.claims;
        check_times(&claims, now)?;
        self.check_audience(&claims)?;
        let user = self.user_of(&claims)?;
        match claim_check::first_unmet(&self.checks, &claims) {
            Some(check) => Err(LoginError::Claim {
                claim: check.path().to_string(),
                problem: match check.path().find(&claims) {
                    None => "is missing, and this server requires it",
                    Some(_) => "is not what this server requires",
                },
            }),
            None => Ok(Verified::Login(Login { claims, user })),
        }
    }

    /// The text that identifies the person.
    fn user_of(&self, claims: &LoginClaims) -> Result<String, LoginError> {
        let wrong = |problem| LoginError::User { claim: self.user.to_string(), problem };
        match self.user.find(claims) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(Value::String(_)) => Err(wrong("is empty")),
            Some(Value::Number(number)) if !number.is_f64() => Ok(number.to_string()),
            Some(_) => Err(wrong("is neither a string nor a whole number")),
            None => Err(wrong("is missing")),
        }
    }

    /// Checks that the issuer made the signature, with the secret or with a public key: each
    /// algorithm has its own. Returns false if the key is not there.
    fn check_signature(
        &self,
        token: &Unverified<'_>,
        keys: Option<&KeySet>,
    ) -> Result<bool, LoginError> {
        let (algorithm, message) = (token.algorithm, token.message.as_bytes());
        if algorithm.key_type() == KeyType::Secret {
            let secret = self.secret.as_ref().ok_or_else(|| self.not_here(algorithm, keys))?;
            let is_signed = secret.verifies(algorithm, message, &token.signature);
            return is_signed.then_some(true).ok_or(LoginError::SecretSignature);
        }
        if self.secret_only {
            return Err(self.not_here(algorithm, keys));
        }
        let Some(candidates) = keys.map_or(Ok(None), |keys| candidates(token, keys))? else {
            return Ok(false);
        };
        let mut candidates = candidates.into_iter().take(MOST_TRIED);
        let is_signed =
            candidates.any(|key| key.public.verifies(algorithm, message, &token.signature));
        is_signed.then_some(true).ok_or(LoginError::Signature)
    }

    /// The refusal of an algorithm for which nothing is configured. It says what is.
    fn not_here(&self, algorithm: Algorithm, keys: Option<&KeySet>) -> LoginError {
        let here = if self.secret_only {
            "this server has a secret, which checks HS256, HS384 and HS512".to_owned()
        } else {
            let names = keys.map(|keys| keys.algorithms().map(Algorithm::as_str));
            match names.map(|names| names.collect::<Vec<_>>().join(", ")) {
                Some(names) if !names.is_empty() => {
                    format!("this server has public keys, which check {names}")
                }
                _ => "this server has public keys, and no secret".to_owned(),
            }
        };
        LoginError::KeyKind { algorithm, here }
    }

    fn check_audience(&self, claims: &LoginClaims) -> Result<(), LoginError> {
        let audiences = match claims.get("aud") {
            None => &[],
            Some(Value::Array(list)) => list.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        let names = audiences.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        // An entry of another type makes the whole list invalid.
        let names =
            names.ok_or_else(|| form("aud", "is neither a string nor a list of strings"))?;
        if self.audiences.is_empty() {
            return Ok(());
        }
        if names.is_empty() {
            return Err(LoginError::NoAudience);
        }
        let is_ours = names.iter().any(|name| self.audiences.iter().any(|ours| ours == name));
        is_ours.then_some(()).ok_or_else(|| LoginError::Audience {
            found: names
                .iter()
                .take(SHOWN_AUDIENCES)
                .map(|name| quoted(name))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

/// A name from a token in backticks, shortened.
fn quoted(name: &str) -> String {
    format!("`{}`", name.chars().take(SHOWN_NAME).collect::<String>())
}

fn form(claim: &str, problem: &'static str) -> LoginError {
    LoginError::Form { claim: claim.to_owned(), problem }
}

/// The keys that may have signed a token. Returns `None` if there are none yet: the issuer may have
/// newer ones.
fn candidates<'k>(
    token: &Unverified<'_>,
    set: &'k KeySet,
) -> Result<Option<Vec<&'k Key>>, LoginError> {
    let id = token.key_id.as_ref().filter(|_| !set.without_ids);
    let (algorithm, keys) = (token.algorithm, set.keys.iter());
    let named = keys.filter(|key| id.is_none() || key.id.as_ref() == id).collect::<Vec<_>>();
    let suits = named.iter().copied().filter(|key| key.suits(algorithm)).collect::<Vec<_>>();
    match (named.first(), suits.is_empty(), id) {
        (Some(key), true, Some(_)) => {
            Err(LoginError::KeyType { algorithm, key_type: key.key_type() })
        }
        (_, is_empty, _) => Ok(Some(suits).filter(|_| !is_empty)),
    }
}

fn check_times(claims: &LoginClaims, now: u64) -> Result<(), LoginError> {
    #[allow(clippy::cast_precision_loss)] // exact for the next 285 million years
    let (now, leeway) = (now as f64, LEEWAY as f64);
    let exp = seconds(claims, "exp")?.ok_or_else(|| form("exp", "is missing"))?;
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
fn seconds(claims: &LoginClaims, name: &'static str) -> Result<Option<f64>, LoginError> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| seconds.is_finite()) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(form(name, "is not a number")),
        },
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // for a message, and saturating
fn whole(seconds: f64) -> u64 {
    seconds.ceil() as u64
}
