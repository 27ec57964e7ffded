//! The keys that verify logins, read from a JWKS (RFC 7517).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::signature::{Algorithm, KeyType, VerifyingKey};
use crate::token::{ApiSecret, JsonBudget};

/// Maximum number of keys that are read from one JWKS. A token without `kid` is tried with each
/// key, so this bounds the cost of such a token.
const MOST_KEYS: usize = 64;

/// Minimum size of an RSA modulus, in bits (RFC 7518, section 3.3).
const RSA_BITS: usize = 2048;

/// The keys of one issuer.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct KeySet {
    /// The keys, in the order of the JWKS.
    pub keys: Vec<Key>,
    /// The entries that cannot verify logins.
    pub unusable: Vec<UnusableKey>,
}

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

/// Why a text cannot be used as a JWKS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is not an object with a list `keys`.
    #[error("it is not a JWKS: {0}")]
    Malformed(String),
    /// None of its keys can verify logins.
    #[error("none of its {} keys can verify logins{}", .0.len(), reasons(.0))]
    NoKeys(Vec<UnusableKey>),
}

/// Why the first few keys cannot be used.
fn reasons(keys: &[UnusableKey]) -> String {
    const SHOWN: usize = 3;
    let reasons = keys.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>();
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}

#[derive(Deserialize)]
struct Wire {
    keys: Vec<Value>,
}

/// The members of a key that are used. All others (`x5c`, `jku`, …) are ignored.
#[derive(Deserialize)]
struct WireKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a JWKS. A key that cannot verify logins does not affect the others.
    ///
    /// # Errors
    /// [`KeySetError`] if the text is not a JWKS, or has no key that can verify logins.
    pub fn from_jwks(bytes: &[u8]) -> Result<Self, KeySetError> {
        let within = JsonBudget::DOCUMENT.check(bytes);
        within.map_err(|error| KeySetError::Malformed(error.to_string()))?;
        let wire = serde_json::from_slice::<Wire>(bytes);
        let Wire { keys } = wire.map_err(|error| KeySetError::Malformed(error.to_string()))?;
        let mut set = Self::default();
        for value in keys.into_iter().take(MOST_KEYS) {
            match read_key(&value) {
                Ok(key) => set.keys.push(key),
                Err(unusable) => set.unusable.push(unusable),
            }
        }
        if set.keys.is_empty() { Err(KeySetError::NoKeys(set.unusable)) } else { Ok(set) }
    }

    /// Creates a key set from a secret that is shared with the issuer. It verifies only HS256.
    pub fn shared_secret(secret: ApiSecret) -> Self {
        let key = VerifyingKey::Secret(secret);
        let key = Key { id: None, algorithm: Some(Algorithm::Hs256), public: key };
        Self { keys: vec![key], unusable: Vec::new() }
    }

    /// Whether the set is a shared secret, which has no `kid`.
    pub(super) fn is_secret(&self) -> bool {
        self.keys.iter().any(|key| key.key_type() == KeyType::Secret)
    }
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

fn read_key(value: &Value) -> Result<Key, UnusableKey> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let unusable = |problem: String| UnusableKey {
        id: text("kid"),
        key_type: text("kty").unwrap_or_default(),
        problem,
    };
    let wire = WireKey::deserialize(value).map_err(|error| unusable(error.to_string()))?;
    check_usage(&wire).map_err(unusable)?;
    let key = public_key(&wire).map_err(unusable)?;
    let algorithm = match &wire.alg {
        None => None,
        Some(name) => match Algorithm::from_name(name) {
            Some(algorithm) if algorithm.key_type() == key.key_type() => Some(algorithm),
            Some(_) => {
                return Err(unusable(format!("its `alg` is `{name}`, which is not for its type")));
            }
            None => return Err(unusable(format!("its `alg` is `{name}`, which is not supported"))),
        },
    };
    Ok(Key { id: wire.kid, algorithm, public: key })
}

fn check_usage(wire: &WireKey) -> Result<(), String> {
    match wire.usage.as_deref() {
        None | Some("sig") => {}
        Some(usage) => return Err(format!("it is for `{usage}`, not for signatures")),
    }
    match &wire.key_ops {
        Some(operations) if !operations.iter().any(|operation| operation == "verify") => {
            Err("its `key_ops` do not have `verify`".to_owned())
        }
        _ => Ok(()),
    }
}

fn public_key(wire: &WireKey) -> Result<VerifyingKey, String> {
    let bytes = |name: &str, text: &Option<String>| {
        let text = text.as_deref().ok_or_else(|| format!("it has no `{name}`"))?;
        URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("its `{name}` is not base64url"))
    };
    match (wire.kty.as_str(), wire.crv.as_deref()) {
        ("RSA", _) => rsa(bytes("n", &wire.n)?, bytes("e", &wire.e)?),
        ("EC", Some("P-256")) => {
            Ok(VerifyingKey::P256(point(&bytes("x", &wire.x)?, &bytes("y", &wire.y)?, 32)?))
        }
        ("EC", Some("P-384")) => {
            Ok(VerifyingKey::P384(point(&bytes("x", &wire.x)?, &bytes("y", &wire.y)?, 48)?))
        }
        ("OKP", Some("Ed25519")) => match bytes("x", &wire.x)? {
            key if key.len() == 32 => Ok(VerifyingKey::Ed25519(key)),
            key => Err(format!("its `x` has {} bytes, not 32", key.len())),
        },
        ("EC" | "OKP", curve) => {
            Err(format!("its curve is `{}`, which is not supported", curve.unwrap_or_default()))
        }
        // A shared secret in a public JWKS is not secret.
        ("oct", _) => Err("it is a shared secret, which a JWKS must not hold".to_owned()),
        (kty, _) => Err(format!("its type is `{kty}`, which is not supported")),
    }
}

fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Result<VerifyingKey, String> {
    let without_zeros = |mut bytes: Vec<u8>| {
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        bytes.drain(..zeros);
        bytes
    };
    let (n, e) = (without_zeros(modulus), without_zeros(exponent));
    let leading = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = n.len() * 8 - leading;
    if bits < RSA_BITS {
        return Err(format!("it has {bits} bits, and RSA needs {RSA_BITS} at least"));
    }
    Ok(VerifyingKey::Rsa { n, e })
}

/// An uncompressed point (SEC 1, section 2.3.3).
fn point(x: &[u8], y: &[u8], length: usize) -> Result<Vec<u8>, String> {
    if x.len() != length || y.len() != length {
        return Err(format!("its `x` and `y` must have {length} bytes each"));
    }
    Ok([&[4], x, y].concat())
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().unwrap_or("without kid");
        write!(formatter, "key `{id}`: {}", self.problem)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(keys: &Value) -> Result<KeySet, String> {
        let jwks = json!({ "keys": keys }).to_string();
        KeySet::from_jwks(jwks.as_bytes()).map_err(|error| error.to_string())
    }

    fn rsa_key(first: u8) -> Value {
        let modulus = [&[first][..], &[0xff; 255]].concat();
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB", "alg": "RS256"})
    }

    #[test]
    fn keys_that_are_too_small_are_named_with_the_reason() {
        let small = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([1; 31])});
        let error = read(&json!([rsa_key(0x7f), small])).expect_err("no key");
        assert_eq!(
            error,
            "none of its 2 keys can verify logins: \
             key `without kid`: it has 2047 bits, and RSA needs 2048 at least; \
             key `without kid`: its `x` has 31 bytes, not 32"
        );
        let none = read(&json!([])).expect_err("no key");
        assert_eq!(none, "none of its 0 keys can verify logins");
    }

    #[test]
    fn a_key_suits_its_algorithm_and_no_other() {
        let keys = read(&json!([rsa_key(0x80)])).expect("a key");
        let key = keys.keys.first().expect("a key");
        for (algorithm, suits) in
            [(Algorithm::Rs256, true), (Algorithm::Rs512, false), (Algorithm::Es256, false)]
        {
            assert_eq!(key.suits(algorithm), suits, "{algorithm}");
            assert_eq!(Algorithm::from_name(&algorithm.to_string()), Some(algorithm));
        }
    }
}
