//! Logins: verifies login tokens, and what follows from their claims.
//!
//! Like the rest of the endpoint, this module does no I/O. Keys are passed in as values.
//! [`Endpoint::identify`](crate::endpoint::Endpoint::identify) reports when it needs keys that it
//! was not given: the caller fetches them in its own way, on threads or under async, and calls it
//! again.
//!
//! Each rule here closes a hole that other implementations had: keys belong to one issuer, an
//! unknown `kid` never falls back to another key, the location of keys never comes from a token, a
//! claim of the wrong type does not count as absent, and a claim that is given twice is refused.

mod claims;
mod error;
mod grant;
mod keys;
mod signature;
mod strict;
mod token;
mod verdict;
mod verify;

pub use claims::{ClaimCheck, ClaimCheckError, ClaimPath, ClaimPathError, Claims as LoginClaims};
pub use error::LoginError;
pub use grant::{GivenGrant, GrantError, GrantWhen};
pub use keys::{Key, KeySet, KeySetError, UnusableKey};
pub use signature::{Algorithm, KeyType};
pub(super) use token::Unverified;
pub use verdict::NoVerdict;
pub(super) use verdict::Verdict;
pub(super) use verify::issuer_of;
pub use verify::{Issuer, LEEWAY, Login, Verified};
