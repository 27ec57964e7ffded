//! An issuer of login tokens: keys, their JWKS, and valid and invalid tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p521::ecdsa::signature::Signer as _;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaKeyPair,
};
use ring::{hmac, signature};
use serde_json::{Value, json};

/// Made by `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | openssl pkcs8 -topk8 -nocrypt
/// -outform DER | base64`, only for these tests.
const RSA: &str = include_str!("../known/login-rsa.b64");

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that signs.
pub(crate) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    P521(Box<p521::ecdsa::SigningKey>),
    Ed25519(Ed25519KeyPair),
    Secret(Vec<u8>),
}

impl Signer {
    pub(crate) fn rsa() -> Self {
        let der = STANDARD.decode(RSA.trim()).expect("base64");
        Self::Rsa(RsaKeyPair::from_pkcs8(&der).expect("a key"))
    }

    pub(crate) fn p256() -> Self {
        Self::P256(ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING))
    }

    pub(crate) fn p384() -> Self {
        Self::P384(ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING))
    }

    pub(crate) fn p521() -> Self {
        let mut scalar = [0; 66];
        // One byte shorter than the order of the curve.
        SystemRandom::new().fill(&mut scalar[1..]).expect("randomness");
        let key = p521::ecdsa::SigningKey::from_bytes(&scalar.into()).expect("a key");
        Self::P521(Box::new(key))
    }

    pub(crate) fn ed25519() -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("randomness");
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("a key"))
    }

    /// The public key in the form of a JWKS entry.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match self {
            Self::Rsa(pair) => {
                let public = signature::RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "n": encode(public.n), "e": encode(public.e)})
            }
            Self::P256(pair) => ec(pair.public_key().as_ref(), "P-256"),
            Self::P384(pair) => ec(pair.public_key().as_ref(), "P-384"),
            Self::P521(key) => ec(key.verifying_key().to_sec1_point(false).as_bytes(), "P-521"),
            Self::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key())})
            }
            Self::Secret(secret) => json!({"kty": "oct", "k": encode(secret)}),
        };
        if !kid.is_empty() {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    /// Signs with this algorithm, regardless of the header.
    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let encoding: &dyn signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).expect("signs");
                signature
            }
            Self::P256(pair) | Self::P384(pair) => {
                pair.sign(&random, message).expect("signs").as_ref().to_vec()
            }
            Self::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Secret(secret) => {
                let hash = match algorithm {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                let key = hmac::Key::new(hash, secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
        }
    }

    /// A token with this header and these claims, given as text so that both may be invalid.
    pub(crate) fn token(&self, header: &str, claims: &str) -> String {
        let algorithm = serde_json::from_str::<Value>(header).unwrap_or_default();
        let algorithm = algorithm["alg"].as_str().unwrap_or_default().to_owned();
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.sign(&algorithm, message.as_bytes());
        format!("{message}.{}", encode(signature))
    }
}

fn ecdsa(algorithm: &'static signature::EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("randomness");
    EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).expect("a key")
}

/// The key of an uncompressed point.
fn ec(point: &[u8], curve: &str) -> Value {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
}
