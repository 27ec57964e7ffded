//! HMAC-SHA256 (RFC 7518, section 3.2), the one algorithm of LiveKit tokens, behind jsonwebtoken's
//! traits.
//!
//! jsonwebtoken's own functions take their cryptography from a provider of the whole process, which is
//! for the embedding program to choose. Its traits need none.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use sha2::Sha256;

/// The state of HMAC after the key has gone in: what is the same for every message. It is wiped when
/// dropped.
#[derive(Clone)]
pub(super) struct Hs256(Hmac<Sha256>);

impl Hs256 {
    /// Takes a key of any length (RFC 2104).
    pub(super) fn new(secret: &[u8]) -> Self {
        // The error is for other constructions that share the trait: HMAC hashes a key that is too
        // long and pads one that is too short.
        #[allow(clippy::expect_used)]
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// The authentication code of a message.
    pub(super) fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.mac(message).to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let mac = self.0.clone().chain_update(message);
        // Compares in constant time.
        mac.verify_slice(signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
