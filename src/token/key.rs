//! API key and secret, and signing with them.

use std::fmt;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::LazyLock;

use base64::Engine;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::{Simd, general_purpose::NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Claims;
use super::hs256::Hs256;

/// `{"alg":"HS256","typ":"JWT"}` in base64url: the header of every LiveKit token.
pub(super) const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// base64url without padding, many bytes at once where the processor can.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64URL: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

/// Initial capacity of the buffer for a token's claims without metadata, in bytes. Most claims fit.
const USUAL_CLAIMS: usize = 512;

/// Minimum length of a secret, in bytes (RFC 7518, section 3.2). LiveKit's server warns about a
/// shorter one.
const SECRET_BYTES: usize = 32;

/// An API secret, which signs tokens.
///
/// It is wiped from memory when dropped, compared in constant time, and never printed. Its bytes
/// are used as they are, never decoded from base64.
#[derive(Clone)]
pub struct ApiSecret(Zeroizing<String>);

impl ApiSecret {
    /// Creates a secret from a text. Surrounding white space is removed: files and variables often
    /// end in a newline.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`] when nothing is left.
    pub fn new(secret: impl Into<String>) -> Result<Self, KeyError> {
        let whole = Zeroizing::new(secret.into());
        let trimmed = whole.trim();
        if trimmed.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        Ok(Self(Zeroizing::new(trimmed.to_owned())))
    }

    /// Creates a secret from a text whose white space counts, as in LiveKit's own key format.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`] when the text is empty.
    pub fn exact(secret: impl Into<String>) -> Result<Self, KeyError> {
        let secret = Zeroizing::new(secret.into());
        if secret.is_empty() { Err(KeyError::EmptySecret) } else { Ok(Self(secret)) }
    }

    /// Whether the secret is shorter than RFC 7518 requires for HS256.
    pub fn is_short(&self) -> bool {
        self.0.len() < SECRET_BYTES
    }

    /// Returns the bytes of the secret. This is the only way to read them.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiSecret(***)")
    }
}

impl PartialEq for ApiSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for ApiSecret {}

/// Why a key pair cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The API key is empty.
    #[error("the API key is empty")]
    EmptyKey,
    /// The API secret is empty.
    #[error("the API secret is empty")]
    EmptySecret,
}

/// An API key with its secret.
#[derive(Clone)]
pub struct KeyPair {
    key: String,
    secret: ApiSecret,
    signer: Hs256,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("KeyPair");
        debug.field("key", &self.key).field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl KeyPair {
    /// Pairs a key with its secret. White space around the key is removed.
    ///
    /// # Errors
    /// [`KeyError::EmptyKey`] when nothing is left of the key.
    pub fn new(key: &str, secret: ApiSecret) -> Result<Self, KeyError> {
        let key = key.trim();
        if key.is_empty() {
            return Err(KeyError::EmptyKey);
        }
        Ok(Self::from_parts(key, secret))
    }

    /// Pairs a key with its secret. White space around the key counts.
    ///
    /// # Errors
    /// [`KeyError::EmptyKey`] when the key is empty.
    pub fn exact(key: &str, secret: ApiSecret) -> Result<Self, KeyError> {
        if key.is_empty() { Err(KeyError::EmptyKey) } else { Ok(Self::from_parts(key, secret)) }
    }

    /// Returns the key pair of `livekit-server --dev`: `devkey` and `secret`. Every copy of LiveKit
    /// has it, so it protects nothing.
    pub fn dev() -> Self {
        Self::from_parts("devkey", ApiSecret(Zeroizing::new("secret".to_owned())))
    }

    fn from_parts(key: &str, secret: ApiSecret) -> Self {
        let signer = Hs256::new(secret.expose());
        Self { key: key.to_owned(), secret, signer }
    }

    /// Returns the API key. It is public: a token has it as the claim `iss`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the secret.
    pub fn secret(&self) -> &ApiSecret {
        &self.secret
    }

    pub(super) fn signer(&self) -> &Hs256 {
        &self.signer
    }

    /// Signs claims as they are. The same claims always give the same token, byte for byte.
    ///
    /// # Errors
    /// [`SignError`] when the claims cannot be written as JSON.
    pub fn sign(&self, claims: &Claims) -> Result<String, SignError> {
        let mut text = Vec::with_capacity(USUAL_CLAIMS + claims.metadata.len());
        serde_json::to_writer(&mut text, claims)?;
        Ok(self.sign_text(&text))
    }

    /// Signs claims that are already JSON text.
    ///
    /// The parts are joined here because jsonwebtoken would set up HMAC again for each token, and
    /// would write the header in a different order than LiveKit's SDKs.
    pub(crate) fn sign_text(&self, claims: &[u8]) -> String {
        let mut token = String::with_capacity(HEADER.len() + claims.len() * 4 / 3 + 48);
        token.push_str(HEADER);
        token.push('.');
        BASE64URL.encode_string(claims, &mut token);
        let signature = self.signer.mac(token.as_bytes());
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        token
    }
}

/// The error when claims cannot be written as JSON, for example because of an enum value that
/// LiveKit does not know.
#[derive(Debug, thiserror::Error)]
#[error("the claims cannot be written as JSON")]
pub struct SignError(#[from] serde_json::Error);

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn claims() -> Claims {
        let (iss, sub) = ("devkey".to_owned(), "ada".to_owned());
        Claims { iss, sub, exp: 2_000_000_000, ..Claims::default() }
    }

    #[test]
    fn a_token_has_the_parts_that_jsonwebtoken_reads_back() {
        let token = KeyPair::dev().sign(&claims()).expect("signs");
        let header = jsonwebtoken::decode_header(&token).expect("decodes");
        assert_eq!(header, jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256));
        let part = token.split('.').next().expect("a header");
        let part = URL_SAFE_NO_PAD.decode(part).expect("base64");
        assert_eq!(part, br#"{"alg":"HS256","typ":"JWT"}"#);
    }

    #[test]
    fn a_token_is_the_one_that_another_implementation_makes() {
        let token = KeyPair::dev().sign(&claims()).expect("signs");
        // Python: hmac.new(b"secret", message, "sha256") over the two parts.
        let expected = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                        eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhZGEiLCJuYmYiOjAsImV4cCI6MjAwMDAwMDAwMH0.\
                        DvgeuJcYU-JZu0JY_Ts1ZyU8FQcH4aKSSVNfYNDFPWM";
        assert_eq!(token, expected);
    }

    #[test]
    fn the_same_claims_give_the_same_bytes() {
        let sign = || KeyPair::dev().sign(&claims()).expect("signs");
        assert_eq!(sign(), sign());
    }

    #[test]
    fn no_debug_output_has_the_secret() {
        let secret = ApiSecret::new("hunter2-hunter2").expect("a secret");
        let pair = KeyPair::new("APIkey", secret.clone()).expect("a pair");
        assert_eq!(format!("{secret:?}"), "ApiSecret(***)");
        let expected = "KeyPair { key: \"APIkey\", secret: ApiSecret(***), .. }";
        assert_eq!(format!("{pair:?}"), expected);
    }

    #[test]
    fn white_space_around_key_and_secret_is_not_part_of_them() {
        let padded = ApiSecret::new("  s3cret\r\n").expect("a secret");
        assert_eq!(padded, ApiSecret::new("s3cret").expect("a secret"));
        assert_eq!(KeyPair::new(" key\n", padded).expect("a pair").key(), "key");
        assert_eq!(ApiSecret::new(" \n").expect_err("empty"), KeyError::EmptySecret);
    }
}
