//! Checking a token as LiveKit's server does.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::{DecodeError, Decoded, KeyPair, hs256, readable};

/// How far, in seconds, a clock may be off: `tokenLeeway` in `auth/verifier.go` of
/// `github.com/livekit/protocol`.
pub const LEEWAY: u64 = 60;

/// Why a server with this key would refuse a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is no JWT at all.
    #[error("this is not a token: {0}")]
    Malformed(#[from] DecodeError),
    /// LiveKit takes HS256 and nothing else.
    #[error("its algorithm is `{found}`, and LiveKit takes HS256 only")]
    Algorithm {
        /// The header's `alg`.
        found: String,
    },
    /// Another secret signed it, or it was changed since.
    #[error("its signature was not made with this secret, or it was changed since")]
    Signature,
    /// Another key issued it.
    #[error("it was issued by the key `{found}`, not by this one")]
    Issuer {
        /// Its claim `iss`; empty when it has none.
        found: String,
    },
    /// Servers refuse a token that never ends.
    #[error("it has no `exp`: it would never expire")]
    NoExpiry,
    /// A time is not a number of seconds.
    #[error("its `{0}` is not a number of seconds")]
    Time(&'static str),
    /// A claim is not what LiveKit has it for.
    #[error("its `{claim}` cannot be read: {problem}")]
    Claim {
        /// Its path, such as `video.roomJoin`.
        claim: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It is over.
    #[error("it expired {ago} seconds ago")]
    Expired {
        /// For how many seconds.
        ago: u64,
    },
    /// It has not begun.
    #[error("it is not good yet, for another {left} seconds")]
    NotYet {
        /// For how many seconds.
        left: u64,
    },
}

/// What LiveKit's server looks at, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The algorithm is HS256.
    Algorithm,
    /// The key is the issuer. Before the signature: the server finds the secret by the issuer.
    Issuer,
    /// The secret belongs to the signature.
    Signature,
    /// Every claim has the type that the server knows it by.
    Claims,
    /// `exp` is there and not passed.
    Expiry,
    /// `nbf`, if there, has passed.
    Start,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Algorithm, Self::Issuer, Self::Signature, Self::Claims, Self::Expiry, Self::Start];

    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Claims => "claims",
            Self::Expiry => "exp",
            Self::Start => "nbf",
        }
    }
}

impl KeyPair {
    /// Checks a token at a time (seconds since the epoch) as LiveKit's server does: HS256 only, the
    /// issuer, the signature, claims of the right types, `exp` there and not passed, `nbf` passed, with [`LEEWAY`] for clocks.
    /// The claims come back as they stand, whether this crate knows them or not; for the typed ones
    /// there is [`Claims`](super::Claims).
    ///
    /// # Errors
    /// [`VerifyError`], the first reason to refuse.
    pub fn verify(&self, token: &str, now: u64) -> Result<Map<String, Value>, VerifyError> {
        let decoded = Decoded::new(token)?;
        for check in Check::ALL {
            self.check(check, token, &decoded, now)?;
        }
        Ok(decoded.claims)
    }

    /// Makes a single check of a token and what it was taken apart into.
    ///
    /// # Errors
    /// [`VerifyError`], the reason to refuse.
    pub fn check(
        &self,
        check: Check,
        token: &str,
        Decoded { header, claims }: &Decoded,
        now: u64,
    ) -> Result<(), VerifyError> {
        match check {
            Check::Algorithm => check_algorithm(header),
            Check::Signature => self.check_signature(token),
            Check::Issuer => self.check_issuer(claims),
            Check::Claims => readable::check(claims),
            Check::Expiry => check_expiry(claims, now),
            Check::Start => check_start(claims, now),
        }
    }

    fn check_signature(&self, token: &str) -> Result<(), VerifyError> {
        hs256::install();
        // Of the bytes alone: header and claims are for the other checks.
        let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::Signature)?;
        let key = DecodingKey::from_secret(self.secret().expose());
        let verified =
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256);
        if let Ok(true) = verified { Ok(()) } else { Err(VerifyError::Signature) }
    }

    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), VerifyError> {
        match claims.get("iss").and_then(Value::as_str).unwrap_or_default() {
            issuer if issuer == self.key() => Ok(()),
            found => Err(VerifyError::Issuer { found: found.to_owned() }),
        }
    }
}

fn check_algorithm(header: &Map<String, Value>) -> Result<(), VerifyError> {
    match header.get("alg").and_then(Value::as_str).unwrap_or_default() {
        "HS256" => Ok(()),
        found => Err(VerifyError::Algorithm { found: found.to_owned() }),
    }
}

fn check_expiry(claims: &Map<String, Value>, now: u64) -> Result<(), VerifyError> {
    let exp = seconds(claims, "exp")?.ok_or(VerifyError::NoExpiry)?;
    // Good before `exp + leeway`, as in golang-jwt's validator.
    if now < exp.saturating_add(LEEWAY) {
        Ok(())
    } else {
        Err(VerifyError::Expired { ago: now.saturating_sub(exp) })
    }
}

fn check_start(claims: &Map<String, Value>, now: u64) -> Result<(), VerifyError> {
    match seconds(claims, "nbf")? {
        Some(nbf) if nbf > now.saturating_add(LEEWAY) => {
            Err(VerifyError::NotYet { left: nbf.saturating_sub(now) })
        }
        _ => Ok(()),
    }
}

/// A number, or a number in quotes: golang-jwt takes both.
fn float(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|float| float.is_finite())
}

/// A claim that is a `NumericDate` (RFC 7519): a number, whose fraction does not matter here.
pub(super) fn seconds(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<u64>, VerifyError> {
    let Some(value) = claims.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    // A float that is negative or too large saturates, which is what a comparison wants.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = value.as_u64().or_else(|| float(value).map(|float| float as u64));
    whole.map(Some).ok_or(VerifyError::Time(name))
}
