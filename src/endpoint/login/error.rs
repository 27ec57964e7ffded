//! Why a login is not accepted, and what to do about it.

use super::signature::{Algorithm, KeyType};
use crate::endpoint::{Code, Refusal};

/// Why a login is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No login came with the request.
    #[error("a login is needed")]
    Missing,
    /// `Authorization` has another scheme, such as `DPoP`, or is there twice.
    #[error(
        "the login token cannot be read: `Authorization` must be one line, `Bearer` and a token"
    )]
    NotBearer,
    /// The text is not a login token, or was changed on its way.
    #[error("the login token cannot be read: {0}")]
    Malformed(&'static str),
    /// The token is a JWT, but not one that an issuer may write.
    #[error("the login token cannot be used: {0}")]
    Unusual(&'static str),
    /// The token is too large.
    #[error("the login token is larger than 16 KiB")]
    TooLarge,
    /// The text holds a login token, or stands for one, but is none itself.
    #[error("{0}, instead of the login token itself")]
    Wrapped(&'static str),
    /// The issuer made the token for another purpose than a login.
    #[error("this is {0}, and not a login token")]
    NotALogin(&'static str),
    /// The token is not a JWT. Only its issuer can say what it means.
    #[error("the login token is opaque: it is not a JWT, and only its issuer can check it")]
    Opaque,
    /// The token is a JWE.
    #[error("the login token is encrypted (JWE), and only its issuer can read it")]
    Encrypted,
    /// The algorithm is `none`.
    #[error("the login token is not signed: its `alg` is `none`")]
    Unsigned,
    /// The algorithm is not supported.
    #[error("the login token is signed with `{0}`, which is not supported")]
    Algorithm(String),
    /// Nothing is configured that checks the algorithm: neither a secret nor public keys.
    #[error("the login token is signed with {algorithm}; {here}")]
    KeyKind {
        /// The token's algorithm.
        algorithm: Algorithm,
        /// What is configured.
        here: String,
    },
    /// The key that the token names is not for its algorithm.
    #[error("the login token is signed with {algorithm}, but its `kid` names a key of {key_type}")]
    KeyType {
        /// The token's algorithm.
        algorithm: Algorithm,
        /// The type of the key.
        key_type: KeyType,
    },
    /// The token names no issuer.
    #[error("the login token has no `iss`")]
    NoIssuer,
    /// The issuer is not accepted.
    #[error("the login token's `iss` is {found}, which is not accepted here")]
    Issuer {
        /// The issuer's name in backticks, or `not a string`.
        found: String,
    },
    /// The token names no application.
    #[error("the login token has no `aud`, and this server accepts only logins that are for it")]
    NoAudience,
    /// The token is for another application.
    #[error("the login token is for another application: its `aud` is {found}")]
    Audience {
        /// What `aud` is.
        found: String,
    },
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
    /// The issuer publishes keys, and none of them is for the token's algorithm.
    #[error("the login token is signed with {0}, and its issuer publishes no key for that")]
    NoKey(Algorithm),
    /// The token was signed with another key, or changed after it was signed.
    #[error("the login token's signature is wrong: another key made it, or the token was changed")]
    Signature,
    /// The token was signed with another secret, or changed after it was signed.
    #[error(
        "the login token's signature is wrong: another secret made it, or the token was changed"
    )]
    SecretSignature,
    /// A claim that every login needs is missing, or has the wrong form.
    #[error("the login token's `{claim}` {problem}")]
    Form {
        /// The claim.
        claim: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The claim that names the person is missing, or cannot be a name.
    #[error("the login token's `{claim}` {problem}, and it names the person")]
    User {
        /// The claim.
        claim: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A required claim has another value.
    #[error("the login token's `{claim}` {problem}")]
    Claim {
        /// The claim.
        claim: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl LoginError {
    /// The error for a token whose key is not there. `unsuited` is the token's algorithm, if no key of
    /// its issuer is for it.
    pub fn without_key(unsuited: Option<Algorithm>) -> Self {
        unsuited.map_or(Self::UnknownKey, Self::NoKey)
    }

    /// Returns the code on the wire.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing
            | Self::NotBearer
            | Self::Malformed(_)
            | Self::Unusual(_)
            | Self::TooLarge
            | Self::Wrapped(_)
            | Self::NotALogin(_)
            | Self::Opaque
            | Self::Encrypted
            | Self::Unsigned
            | Self::Algorithm(_) => Code::Unauthorized,
            Self::NoIssuer | Self::Issuer { .. } => Code::WrongIssuer,
            Self::NoAudience | Self::Audience { .. } => Code::WrongAudience,
            Self::Expired { .. } => Code::TokenExpired,
            Self::NotYet { .. } => Code::TokenNotYetValid,
            Self::UnknownKey | Self::NoKey(_) => Code::UnknownKey,
            Self::KeyKind { .. }
            | Self::KeyType { .. }
            | Self::Signature
            | Self::SecretSignature => Code::BadSignature,
            Self::Form { .. } | Self::User { .. } | Self::Claim { .. } => Code::ClaimDenied,
        }
    }

    /// What to do about it: for the client only if the client can, else for whoever runs the issuer
    /// or this server.
    fn hint(&self) -> &'static str {
        match self {
            Self::Missing => "log in, and send the login's token as `Authorization: Bearer`",
            Self::NotBearer
            | Self::Malformed(_)
            | Self::Unusual(_)
            | Self::TooLarge
            | Self::Wrapped(_)
            | Self::NotALogin(_)
            | Self::Opaque
            | Self::Encrypted
            | Self::Unsigned => self.hint_for_text(),
            Self::Algorithm(_) => {
                "set up the issuer to sign with RS256, PS256, ES256, EdDSA or their longer forms"
            }
            Self::KeyKind { .. } => {
                "give this server the issuer's secret for HS256, HS384 and HS512, and its public \
                 keys for other algorithms"
            }
            Self::KeyType { .. } => "the issuer must sign with the key that its tokens name",
            Self::NoIssuer => "set up the issuer to write its name into `iss`",
            Self::Issuer { .. } => {
                "`iss` must be exactly the configured issuer, with or without a slash at its end"
            }
            Self::NoAudience => {
                "request a token for this server's audience, have the issuer add one, or require \
                 another claim here, such as `azp` or `client_id`"
            }
            Self::Audience { .. } => "request a token for this server's audience",
            Self::Expired { .. } => "refresh the login, and request a token again",
            Self::NotYet { .. } => "check the clocks of the issuer and of this server",
            Self::NoKey(_) => {
                "set up the issuer to publish the key that it signs with, or give this server the \
                 issuer's keys"
            }
            Self::UnknownKey | Self::Signature => "log in again, and send the new token",
            Self::SecretSignature => {
                "compare this server's secret with the issuer's: it may be meant as base64 or as \
                 hexadecimal"
            }
            Self::Form { .. } => "set up the issuer to write the claim as RFC 7519 defines it",
            Self::User { .. } => {
                "set up the issuer to write the claim, or choose another claim as the person here"
            }
            Self::Claim { .. } => "log in with an account and an app that are allowed here",
        }
    }

    /// What to do about a text that is no signed login token.
    fn hint_for_text(&self) -> &'static str {
        match self {
            Self::NotBearer => {
                "send the login's token as `Authorization: Bearer`, also one that is bound to a key \
                 (DPoP)"
            }
            Self::Unusual(_) => {
                "set up the issuer to write the token as RFC 7515 and 7519 define it"
            }
            Self::TooLarge => {
                "set up the issuer to leave out claims, such as a long list of groups"
            }
            Self::Wrapped(_) => {
                "send the token's own text, without quotes or JSON round it, once the login is there"
            }
            Self::NotALogin(_) => "send the access token or the ID token of the login",
            Self::Opaque => {
                "set up the issuer to issue JWTs as access tokens (many do so once the app \
                 requests an audience), or send the ID token"
            }
            Self::Encrypted => {
                "set up the issuer to sign its access tokens without encrypting them, or send the \
                 ID token"
            }
            Self::Unsigned => {
                "emulators do not sign, and this server accepts signed logins only: during \
                 development, let your backend decide about requests"
            }
            _ => "send the token that the login gave, whole and as it is",
        }
    }
}

impl LoginError {
    /// Whether the issuer or this server is set up wrongly, if the token is genuine.
    fn is_of_setup(&self) -> bool {
        matches!(
            self,
            Self::Unusual(_)
                | Self::Encrypted
                | Self::Unsigned
                | Self::Algorithm(_)
                | Self::KeyKind { .. }
                | Self::KeyType { .. }
                | Self::NoKey(_)
                | Self::NoIssuer
                | Self::NoAudience
                | Self::SecretSignature
                | Self::Form { .. }
                | Self::User { .. }
        )
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        let refusal = Self::new(error.code(), error.to_string(), error.hint());
        let refusal = if error.is_of_setup() { refusal.of_setup() } else { refusal };
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
