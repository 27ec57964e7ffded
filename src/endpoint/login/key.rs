//! A key that verifies logins, and what cannot be used as one.

use std::fmt;

use super::signature::{Algorithm, KeyType, VerifyingKey};

/// A key that can verify logins.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Key {
    /// Its `kid`.
    pub id: Option<String>,
    /// The only algorithm that the key may be used with, if it names one.
    pub algorithm: Option<Algorithm>,
    pub(super) public: VerifyingKey,
}

impl Key {
    /// Returns the type of the key.
    pub fn key_type(&self) -> KeyType {
        self.public.key_type()
    }

    /// Whether the key verifies signatures of this algorithm.
    pub fn suits(&self, algorithm: Algorithm) -> bool {
        algorithm.key_type() == self.key_type()
            && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

/// An entry of a JWKS that cannot verify logins, such as a key for encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnusableKey {
    /// Its `kid`.
    pub id: Option<String>,
    /// Its `kty`, empty when it has none.
    pub key_type: String,
    /// Why it cannot be used.
    pub problem: String,
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().unwrap_or("without kid");
        write!(formatter, "key `{id}`: {}", self.problem)
    }
}

/// Why a text cannot be used as a key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is neither an object with a list `keys`, nor a list of keys, nor PEM.
    #[error("it is not a key set: {0}")]
    Malformed(String),
}
