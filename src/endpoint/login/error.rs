//! Why a login is not accepted, and what a client is told.

use crate::endpoint::{Code, Refusal};

/// Why a login is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No login came with the request.
    #[error("a login is needed")]
    Missing,
    /// The token is not a JWT, or is a JWT that must not be accepted.
    #[error("the login token cannot be read: {0}")]
    Malformed(&'static str),
    /// The algorithm is `none`, or is not supported.
    #[error("the login token's `alg` is not one that is accepted here")]
    Algorithm,
    /// The issuer is missing, or is not accepted.
    #[error("the login token's `iss` is {found}, which is not accepted here")]
    Issuer {
        /// The issuer's name in backticks, `missing`, or `not a string`.
        found: String,
    },
    /// The token is for another application.
    #[error("the login token is for another application: its `aud` has none of this server's")]
    Audience,
    /// The token has expired.
    #[error("the login token expired {ago} seconds ago")]
    Expired {
        /// Seconds since it expired.
        ago: u64,
    },
    /// The token is not valid yet.
    #[error("the login token is not valid yet: its `{claim}` is {left} seconds ahead")]
    NotYet {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// Seconds until it becomes valid.
        left: u64,
    },
    /// The issuer does not publish the key that signed the token.
    #[error("the login token is signed with a key that its issuer does not publish")]
    UnknownKey,
    /// The token was signed with another key, or changed after it was signed.
    #[error("the login token's signature is wrong, or its `alg` does not suit the key")]
    Signature,
    /// A required claim is missing, or has the wrong type or value.
    #[error("the login token's `{claim}` {problem}")]
    Claim {
        /// The claim.
        claim: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl LoginError {
    /// Returns the code on the wire.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing | Self::Malformed(_) | Self::Algorithm => Code::Unauthorized,
            Self::Issuer { .. } => Code::WrongIssuer,
            Self::Audience => Code::WrongAudience,
            Self::Expired { .. } => Code::TokenExpired,
            Self::NotYet { .. } => Code::TokenNotYetValid,
            Self::UnknownKey => Code::UnknownKey,
            Self::Signature => Code::BadSignature,
            Self::Claim { .. } => Code::ClaimDenied,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Missing => "log in, and send the login's token as `Authorization: Bearer`",
            Self::Malformed(_) => "send the token that the login gave, whole and as it is",
            Self::Algorithm => "sign logins with RS256, PS256, ES256, EdDSA or their longer forms",
            Self::Issuer { .. } => {
                "`iss` must be exactly the configured issuer, with or without a slash at its end"
            }
            Self::Audience => "ask the login for a token for this server's audience",
            Self::Expired { .. } => "refresh the login, and ask again",
            Self::NotYet { .. } => "check the clocks of the issuer and of this server",
            Self::UnknownKey | Self::Signature => "log in again, and send the new token",
            Self::Claim { .. } => "log in with an account and an application that may ask here",
        }
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        let refusal = Self::new(error.code(), error.to_string(), error.hint());
        // RFC 6750, section 3.1: a request without credentials gets no error code.
        if error == LoginError::Missing { refusal } else { refusal.invalid_token() }
    }
}

impl Refusal {
    /// Returns the refusal for when no keys could be fetched, so that no login can be verified.
    /// `retry_after` is in seconds.
    pub fn keys_unavailable(retry_after: u16) -> Self {
        let error = "the issuer's keys could not be fetched yet";
        Self::new(Code::AuthUnavailable, error, "ask again in a moment").retry_after(retry_after)
    }
}
