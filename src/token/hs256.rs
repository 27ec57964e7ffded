//! HMAC-SHA256 (RFC 7518, section 3.2), the only algorithm of LiveKit tokens.
//!
//! jsonwebtoken's own functions use a cryptography provider for the whole process, which the
//! embedding program should choose. Its `Verifier` trait needs no provider.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::signature::{Error, Verifier};
use sha2::Sha256;

/// The state of HMAC after the key was processed, which is the same for every message. It is wiped
/// when dropped.
#[derive(Clone)]
pub(crate) struct Hs256(Hmac<Sha256>);

impl Hs256 {
    /// Creates the state from a key of any length (RFC 2104).
    pub(crate) fn new(secret: &[u8]) -> Self {
        // HMAC cannot fail here: it hashes a key that is too long and pads one that is too short.
        // The error is for other constructions that share the trait.
        #[allow(clippy::expect_used)]
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// Returns the state after the beginning of a message.
    #[cfg(feature = "cli")]
    pub(crate) fn after(&self, beginning: &[u8]) -> Self {
        Self(self.0.clone().chain_update(beginning))
    }

    /// Returns the authentication code of a message.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Whether this is the authentication code of a message. Compares in constant time.
    #[cfg(feature = "endpoint")]
    pub(crate) fn verifies(&self, message: &[u8], mac: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(mac).is_ok()
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let mac = self.0.clone().chain_update(message);
        // Compares in constant time.
        mac.verify_slice(signature).map_err(|_| Error::new())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn the_example_of_rfc_7515_is_signed_as_it_is_there() {
        // Appendix A.1.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let hs256 = Hs256::new(&URL_SAFE_NO_PAD.decode(key).expect("base64url"));
        assert_eq!(URL_SAFE_NO_PAD.encode(hs256.mac(message.as_bytes())), signature);
        let mut signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert!(hs256.verify(message.as_bytes(), &signature).is_ok());
        signature.pop();
        assert!(hs256.verify(message.as_bytes(), &signature).is_err());
    }
}
