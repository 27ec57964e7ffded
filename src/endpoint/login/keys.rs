//! The keys of an issuer, which verify its logins.

use serde_json::{Map, Value};

use super::key::{Key, KeySetError, UnusableKey};
use super::signature::Algorithm;
use super::{jwk, pem};
use crate::token::JsonBudget;

/// Maximum number of keys that one token is tried with. A token without `kid` may have been signed
/// by any key of its type, so this bounds the cost of such a token.
pub(super) const MOST_TRIED: usize = 64;

/// What is wrong with a private key.
const PRIVATE: &str = "it is a private key, with which anyone who can read it signs logins: publish \
                       public keys alone, and replace this one";

/// The public keys of one issuer.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct KeySet {
    /// The keys, in the order of the JWKS.
    pub keys: Vec<Key>,
    /// The entries that cannot verify logins.
    pub unusable: Vec<UnusableKey>,
    /// The entries that are private keys, while the set is read.
    private: Vec<UnusableKey>,
    /// Whether the keys have no ids, so that a token's `kid` is ignored.
    pub(super) without_ids: bool,
}

impl KeySet {
    /// Reads a key set: a JWKS, a list of keys, or a single key. A key that cannot verify logins does
    /// not affect the others, except for a private key: no key of a set that publishes one is used.
    /// A set without keys is a set as well.
    ///
    /// # Errors
    /// [`KeySetError`] if the text is none of them.
    pub fn from_jwks(bytes: &[u8]) -> Result<Self, KeySetError> {
        let within = JsonBudget::DOCUMENT.check(bytes);
        within.map_err(|error| KeySetError::Malformed(error.to_string()))?;
        let value = serde_json::from_slice::<Value>(bytes);
        let value = value.map_err(|error| KeySetError::Malformed(error.to_string()))?;
        let mut set = Self::default();
        for value in entries(value)? {
            if jwk::is_private(&value) {
                set.private.push(jwk::unusable(&value, PRIVATE.to_owned()));
            }
            match jwk::read(&value) {
                Ok(key) => set.keys.push(key),
                Err(unusable) => set.unusable.push(unusable),
            }
        }
        Ok(set.without_private())
    }

    /// Reads public keys in PEM, one or several. They have no ids, so a token's `kid` is ignored.
    ///
    /// # Errors
    /// [`KeySetError`] if the text has no block of PEM.
    pub fn from_pem(text: &str) -> Result<Self, KeySetError> {
        let blocks = pem::blocks(text)?;
        if blocks.is_empty() {
            return Err(KeySetError::Malformed("it has no block of PEM".to_owned()));
        }
        let mut set = Self { without_ids: true, ..Self::default() };
        for (label, bytes) in blocks {
            let unusable = |problem: String| {
                let key_type = label.to_owned();
                UnusableKey { id: None, key_type, problem }
            };
            if label.ends_with("PRIVATE KEY") {
                set.private.push(unusable(PRIVATE.to_owned()));
                continue;
            }
            match pem::public_key(label, &bytes) {
                Ok(public) => set.keys.push(Key { id: None, algorithm: None, public }),
                Err(problem) => set.unusable.push(unusable(problem)),
            }
        }
        Ok(set.without_private())
    }

    /// Removes all keys if there are private ones among them. Whoever has read those can sign logins.
    fn without_private(mut self) -> Self {
        if !self.private.is_empty() {
            self.keys.clear();
            self.unusable = std::mem::take(&mut self.private);
        }
        self
    }

    /// Says why no login can be verified with this set, if that is so.
    pub fn problem(&self) -> Option<String> {
        const SHOWN: usize = 3;
        if !self.keys.is_empty() {
            return None;
        }
        if self.unusable.is_empty() {
            return Some("it has no keys".to_owned());
        }
        let reasons = self.unusable.iter().take(SHOWN).map(ToString::to_string);
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        Some(format!("none of its keys can verify logins: {reasons}"))
    }

    /// Says how many keys a token without `kid` is tried with, if that is not all of them.
    pub fn untried(&self) -> Option<String> {
        let count = self.keys.len();
        (count > MOST_TRIED).then(|| {
            format!(
                "it has {count} keys, and a login without `kid` is tried with {MOST_TRIED} only"
            )
        })
    }

    /// The names of the algorithms that the keys verify.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        let all = Algorithm::ALL.iter().copied();
        all.filter(|&algorithm| self.keys.iter().any(|key| key.suits(algorithm)))
    }
}

/// The entries of a JWKS, of a list, or of a single key.
fn entries(value: Value) -> Result<Vec<Value>, KeySetError> {
    let malformed = |problem: &str| Err(KeySetError::Malformed(problem.to_owned()));
    match value {
        Value::Array(entries) => Ok(entries),
        Value::Object(mut members) => match members.remove("keys") {
            Some(Value::Array(entries)) => Ok(entries),
            Some(_) => malformed("its `keys` are not a list"),
            None if members.contains_key("kty") => Ok(vec![members.into()]),
            None => malformed(other_document(&members)),
        },
        _ => malformed("it is neither an object nor a list"),
    }
}

/// What an object without keys is.
fn other_document(members: &Map<String, Value>) -> &'static str {
    let is_pem = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("-----BEGIN"));
    if members.contains_key("jwks_uri") {
        "it is a discovery document: give the URL in its `jwks_uri`"
    } else if !members.is_empty() && members.values().all(is_pem) {
        "it is a list of certificates: the issuer has a JWKS as well, at another URL"
    } else {
        "it has no `keys`"
    }
}
