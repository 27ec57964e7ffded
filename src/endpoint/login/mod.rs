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

mod backend_answer;
mod claim_check;
mod claim_path;
mod error;
mod grant;
mod jwk;
mod key;
mod keys;
mod pem;
mod places;
mod purpose;
mod secret;
mod signature;
mod strict_json;
mod token;
mod verify;

use std::sync::Arc;

pub use backend_answer::NoVerdict;
pub(super) use backend_answer::{Verdict, question};
pub use claim_check::{ClaimCheck, ClaimCheckError};
pub(super) use claim_path::scalar;
pub use claim_path::{ClaimPath, ClaimPathError, LoginClaims};
pub use error::LoginError;
pub use grant::{GivenGrant, GrantError, GrantWhen};
pub(super) use grant::{from_json as grants_from_json, to_json as grants_to_json};
pub use key::{Key, KeySetError, UnusableKey};
pub use keys::KeySet;
pub use places::TokenPlaces;
pub use secret::{SharedSecret, SharedSecretError};
pub use signature::{Algorithm, KeyType};
pub use verify::{Issuer, LEEWAY, Login, Verified};

/// Verifies a login token of one of these issuers with its keys. Returns the issuer's index, and the
/// login or that other keys are needed.
pub(super) fn verify(
    token: &str,
    issuers: &[Issuer],
    keys: &[Option<Arc<KeySet>>],
    now: u64,
) -> Result<(usize, Verified), LoginError> {
    let token = token::Unverified::new(token)?;
    let index = verify::issuer_of(&token, issuers)?;
    let keys = keys.get(index).and_then(Option::as_deref);
    match issuers.get(index) {
        Some(issuer) => Ok((index, issuer.verify_parts(token, keys, now)?)),
        None => Ok((index, Verified::UnknownKey { unsuited: None })),
    }
}
