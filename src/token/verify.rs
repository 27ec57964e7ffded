//! Verifying a token as LiveKit's server does.

use jsonwebtoken::signature::Verifier;
use serde_json::{Map, Value};

use super::{Claims, DecodeError, Decoded, FieldError, KeyPair, Timestamp};

/// Allowed clock skew, in seconds: `tokenLeeway` in `auth/verifier.go` of
/// `github.com/livekit/protocol`.
pub const LEEWAY: u64 = 60;

/// [`LEEWAY`] as a signed number, for times that may be before the epoch.
pub(super) const LEEWAY_SECONDS: i64 = LEEWAY.cast_signed();

/// Why a server with this key would refuse a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not a JWT.
    #[error("not a token: {0}")]
    Malformed(DecodeError),
    /// The algorithm is not HS256, the only one that LiveKit accepts.
    #[error("its algorithm is `{found}`, and LiveKit takes HS256 only")]
    Algorithm {
        /// The header's `alg`.
        found: String,
    },
    /// The token was signed with another secret, or changed after it was signed.
    #[error("its signature was not made with this secret, or it was changed since")]
    Signature,
    /// The token was issued by another key.
    #[error("it was issued by the key `{found}`, not by this one")]
    Issuer {
        /// The token's `iss`; empty if it has none.
        found: String,
    },
    /// The token has no `exp`. Servers refuse a token that never expires.
    #[error("it has no `exp`: it would never expire")]
    NoExpiry,
    /// A claim has a value of the wrong type.
    #[error("its {0}")]
    Claim(FieldError),
    /// The token has expired.
    #[error("it expired {ago} seconds ago")]
    Expired {
        /// Seconds since it expired.
        ago: i64,
    },
    /// The token is not valid yet.
    #[error("it is not valid yet, for another {left} seconds")]
    NotYet {
        /// Seconds until it becomes valid.
        left: i64,
    },
}

/// The checks that LiveKit's server makes, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The algorithm is HS256.
    Algorithm,
    /// The issuer is this key. This check comes before that of the signature, since the server
    /// finds the secret by the issuer.
    Issuer,
    /// The signature was made with the secret.
    Signature,
    /// Every claim has the type that the server expects.
    Claims,
    /// `exp` is present and has not passed.
    Expiry,
    /// `nbf`, if present, has passed.
    Start,
}

impl Check {
    /// All checks, in the server's order.
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
    /// Verifies a token as LiveKit's server would at the time `now` (a [`Timestamp`]).
    ///
    /// The algorithm must be HS256, the issuer must be this key, the signature must be valid, every
    /// claim must have the right type, `exp` must be present and not passed, and `nbf` must have
    /// passed. Clocks may be off by [`LEEWAY`] seconds.
    ///
    /// # Errors
    /// [`VerifyError`] gives the first reason to refuse the token.
    pub fn verify(&self, token: &str, now: impl Into<Timestamp>) -> Result<Claims, VerifyError> {
        let now = now.into();
        let decoded = Decoded::new(token).map_err(VerifyError::Malformed)?;
        for check in Check::ALL {
            self.check(check, &decoded, now)?;
        }
        decoded.typed().map_err(VerifyError::Claim)
    }

    /// Runs one of the checks of [`KeyPair::verify`].
    ///
    /// # Errors
    /// [`VerifyError`] gives the reason to refuse the token.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_from_its_start_to_its_end_and_the_leeway_around_them() {
        const START: u64 = 1_000_000;
        const END: u64 = START + 600;
        let keys = KeyPair::dev();
        let claims = Claims { iss: "devkey".to_owned(), nbf: START, exp: END, ..Claims::default() };
        let token = keys.sign(&claims).expect("signs");
        let verify = |now: u64| keys.verify(&token, now).map(|_| ());
        assert_eq!(
            verify(START - LEEWAY - 1),
            Err(VerifyError::NotYet { left: LEEWAY_SECONDS + 1 })
        );
        assert_eq!(verify(START - LEEWAY), Ok(()));
        assert_eq!(verify(END + LEEWAY - 1), Ok(()));
        assert_eq!(verify(END + LEEWAY), Err(VerifyError::Expired { ago: LEEWAY_SECONDS }));
    }
}
