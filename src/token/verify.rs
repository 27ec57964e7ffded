//! Verifying a token as LiveKit's server does.

use jsonwebtoken::signature::Verifier;
use serde_json::{Map, Value};

use super::{Claims, DecodeError, Decoded, FieldError, KeyPair, Timestamp};

/// How far, in seconds, a clock may be off: `tokenLeeway` in `auth/verifier.go` of
/// `github.com/livekit/protocol`.
pub const LEEWAY: u64 = 60;

/// [`LEEWAY`] for signed times, which can lie before the epoch.
pub(super) const LEEWAY_SECONDS: i64 = LEEWAY.cast_signed();

/// Why a server with this key would refuse a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is not a JWT.
    #[error("not a token: {0}")]
    Malformed(DecodeError),
    /// LiveKit accepts HS256 only.
    #[error("its algorithm is `{found}`, and LiveKit takes HS256 only")]
    Algorithm {
        /// The header's `alg`.
        found: String,
    },
    /// It was signed with another secret, or changed since.
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
    /// A claim has a value of the wrong type.
    #[error("its {0}")]
    Claim(FieldError),
    /// It has expired.
    #[error("it expired {ago} seconds ago")]
    Expired {
        /// Seconds since then.
        ago: i64,
    },
    /// It is not valid yet.
    #[error("it is not valid yet, for another {left} seconds")]
    NotYet {
        /// Seconds until then.
        left: i64,
    },
}

/// The checks that LiveKit's server makes, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The algorithm is HS256.
    Algorithm,
    /// The key is the issuer. Before the signature: the server finds the secret by the issuer.
    Issuer,
    /// The secret made the signature.
    Signature,
    /// Every claim has the type that the server expects.
    Claims,
    /// `exp` is present and has not passed.
    Expiry,
    /// `nbf`, if present, has passed.
    Start,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Algorithm, Self::Issuer, Self::Signature, Self::Claims, Self::Expiry, Self::Start];

    /// The name of the check.
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
    /// Verifies a token at a time ([`Timestamp`]) as LiveKit's server does: HS256 only, the issuer, the signature, claims of the right types, `exp` present and not passed, `nbf` passed, with
    /// [`LEEWAY`] for clocks.
    ///
    /// # Errors
    /// [`VerifyError`], the first reason to refuse it.
    pub fn verify(&self, token: &str, now: impl Into<Timestamp>) -> Result<Claims, VerifyError> {
        let now = now.into();
        let decoded = Decoded::new(token).map_err(VerifyError::Malformed)?;
        for check in Check::ALL {
            self.check(check, &decoded, now)?;
        }
        decoded.typed().map_err(VerifyError::Claim)
    }

    /// Makes one of the checks of [`KeyPair::verify`].
    ///
    /// # Errors
    /// [`VerifyError`], the reason to refuse the token.
    pub fn check(
        &self,
        check: Check,
        token: &Decoded,
        now: impl Into<Timestamp>,
    ) -> Result<(), VerifyError> {
        let now = i64::try_from(now.into().seconds()).unwrap_or(i64::MAX);
        match check {
            Check::Algorithm => check_algorithm(&token.header),
            Check::Signature => self.check_signature(token),
            Check::Issuer => self.check_issuer(&token.claims),
            Check::Claims => token.typed().map(drop).map_err(VerifyError::Claim),
            Check::Expiry => check_expiry(token, now),
            Check::Start => check_start(token, now),
        }
    }

    fn check_signature(&self, token: &Decoded) -> Result<(), VerifyError> {
        let verified = self.signer().verify(token.message.as_bytes(), &token.signature);
        verified.map_err(|_| VerifyError::Signature)
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

fn check_expiry(token: &Decoded, now: i64) -> Result<(), VerifyError> {
    let exp = token.seconds("exp").ok_or(VerifyError::NoExpiry)?;
    // Valid before `exp + leeway`, as in golang-jwt's validator.
    if now < exp.saturating_add(LEEWAY_SECONDS) {
        Ok(())
    } else {
        Err(VerifyError::Expired { ago: now.saturating_sub(exp) })
    }
}

fn check_start(token: &Decoded, now: i64) -> Result<(), VerifyError> {
    match token.seconds("nbf") {
        Some(nbf) if nbf > now.saturating_add(LEEWAY_SECONDS) => {
            Err(VerifyError::NotYet { left: nbf.saturating_sub(now) })
        }
        _ => Ok(()),
    }
}
