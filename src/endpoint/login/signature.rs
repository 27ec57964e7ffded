//! Signatures of logins, verified by ring, and by p521 on the curve that ring does not have.
//!
//! LiveKit's own tokens are verified through jsonwebtoken, but logins are not: jsonwebtoken uses
//! one cryptography provider for the whole process, which the embedding program should choose, this
//! crate's fallback provider supports only HS256, and jsonwebtoken has no ES512. ring is in the
//! dependency tree anyway, with rustls, and has no RSA decryption, the subject of RUSTSEC-2023-0071.

use std::fmt;

use p521::ecdsa::signature::Verifier;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident $text:literal $key_type:ident),* $(,)?) => {
        /// The algorithms that a login may be signed with (RFC 7518, RFC 8037).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Algorithm { $($(#[$doc])* $name),* }

        impl Algorithm {
            /// Every algorithm.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in `alg`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The type of key that it needs.
            pub fn key_type(self) -> KeyType {
                match self { $(Self::$name => KeyType::$key_type),* }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 "RS256" Rsa,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 "RS384" Rsa,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 "RS512" Rsa,
    /// RSASSA-PSS with SHA-256.
    Ps256 "PS256" Rsa,
    /// RSASSA-PSS with SHA-384.
    Ps384 "PS384" Rsa,
    /// RSASSA-PSS with SHA-512.
    Ps512 "PS512" Rsa,
    /// ECDSA on P-256 with SHA-256.
    Es256 "ES256" P256,
    /// ECDSA on P-384 with SHA-384.
    Es384 "ES384" P384,
    /// ECDSA on P-521 with SHA-512.
    Es512 "ES512" P521,
    /// EdDSA on Ed25519.
    EdDsa "EdDSA" Ed25519,
    /// HMAC with SHA-256, only with a shared secret.
    Hs256 "HS256" Secret,
    /// HMAC with SHA-384, only with a shared secret.
    Hs384 "HS384" Secret,
    /// HMAC with SHA-512, only with a shared secret.
    Hs512 "HS512" Secret,
}

impl Algorithm {
    /// The algorithm of this name. `Ed25519` is RFC 9864's name for EdDSA on that curve.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// RSA, 2048 to 8192 bits.
    Rsa,
    /// A point on P-256.
    P256,
    /// A point on P-384.
    P384,
    /// A point on P-521.
    P521,
    /// A point on Ed25519.
    Ed25519,
    /// A shared secret.
    Secret,
}

impl fmt::Display for KeyType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Ed25519 => "Ed25519",
            Self::Secret => "secret",
        })
    }
}

/// A public key that verifies signatures.
#[derive(Debug, Clone)]
pub(super) enum VerifyingKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    P521(Box<p521::ecdsa::VerifyingKey>),
    Ed25519(Vec<u8>),
}

impl VerifyingKey {
    pub(super) fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::P256(_) => KeyType::P256,
            Self::P384(_) => KeyType::P384,
            Self::P521(_) => KeyType::P521,
            Self::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// Whether `signed` is this key's signature of the message. Returns false if the algorithm is
    /// not for this type of key.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signed: &[u8]) -> bool {
        let plain = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signed).is_ok()
        };
        match (algorithm, self) {
            (Algorithm::Es256, Self::P256(key)) => plain(&signature::ECDSA_P256_SHA256_FIXED, key),
            (Algorithm::Es384, Self::P384(key)) => plain(&signature::ECDSA_P384_SHA384_FIXED, key),
            (Algorithm::EdDsa, Self::Ed25519(key)) => plain(&signature::ED25519, key),
            (Algorithm::Es512, Self::P521(key)) => p521::ecdsa::Signature::from_slice(signed)
                .is_ok_and(|signed| key.verify(message, &signed).is_ok()),
            (algorithm, Self::Rsa { n, e }) => {
                rsa_parameters(algorithm).is_some_and(|parameters| {
                    RsaPublicKeyComponents { n, e }.verify(parameters, message, signed).is_ok()
                })
            }
            _ => false,
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn the_es512_example_of_rfc_7515_is_verified() {
        // Appendix A.4.
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let x = "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk";
        let y = "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2";
        let mut signature = decode(
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xdt\
             AG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        );
        let point = [&[4][..], &decode(x), &decode(y)].concat();
        let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).expect("a point");
        let key = VerifyingKey::P521(Box::new(key));
        let message = b"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA";
        assert!(key.verifies(Algorithm::Es512, message, &signature));
        assert!(!key.verifies(Algorithm::Es384, message, &signature));
        assert!(!key.verifies(Algorithm::Es512, &message[1..], &signature));
        // A signature that any key would verify if zero were allowed.
        assert!(!key.verifies(Algorithm::Es512, message, &[0; 132]));
        signature.pop();
        assert!(!key.verifies(Algorithm::Es512, message, &signature));
    }
}
