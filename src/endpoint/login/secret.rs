//! The secret that some issuers sign logins with, instead of a private key.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac;
use zeroize::Zeroizing;

use super::signature::Algorithm;

/// Minimum length of a secret, in bytes (RFC 7518, section 3.2, for HS256).
const LEAST_BYTES: usize = 32;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that an issuer shares with this server. It verifies HS256, HS384 and HS512.
///
/// It is wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct SharedSecret(Zeroizing<Vec<u8>>);

/// Why something cannot be used as a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedSecretError {
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It was meant to be base64.
    #[error("is not base64")]
    Base64,
    /// It was meant to be hexadecimal.
    #[error("is not hexadecimal")]
    Hex,
}

impl SharedSecret {
    /// Creates a secret from bytes, which are used as they are.
    ///
    /// # Errors
    /// [`SharedSecretError::Empty`] if there are none.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, SharedSecretError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.is_empty() { Err(SharedSecretError::Empty) } else { Ok(Self(bytes)) }
    }

    /// Creates a secret from a text. Surrounding white space is removed: files often end in a
    /// newline.
    ///
    /// # Errors
    /// [`SharedSecretError::Empty`] if nothing is left.
    pub fn from_text(text: &str) -> Result<Self, SharedSecretError> {
        Self::from_bytes(text.trim())
    }

    /// Creates a secret from its base64, of either alphabet, with or without padding.
    ///
    /// # Errors
    /// [`SharedSecretError`] if the text is not base64, or is empty.
    pub fn from_base64(text: &str) -> Result<Self, SharedSecretError> {
        let standard = |letter| match letter {
            '-' => '+',
            '_' => '/',
            letter => letter,
        };
        let letters = text.chars().filter(|letter| !letter.is_ascii_whitespace()).map(standard);
        let text = Zeroizing::new(letters.collect::<String>());
        let bytes = BASE64.decode(text.as_str()).map_err(|_| SharedSecretError::Base64)?;
        Self::from_bytes(bytes)
    }

    /// Creates a secret from its hexadecimal form, in either case.
    ///
    /// # Errors
    /// [`SharedSecretError`] if the text is not hexadecimal, or is empty.
    pub fn from_hex(text: &str) -> Result<Self, SharedSecretError> {
        let bytes = base16ct::mixed::decode_vec(text.trim()).map_err(|_| SharedSecretError::Hex)?;
        Self::from_bytes(bytes)
    }

    /// Whether the secret is shorter than RFC 7518 requires.
    pub fn is_short(&self) -> bool {
        self.0.len() < LEAST_BYTES
    }

    /// Whether `signed` is this secret's code for the message. Returns false for an algorithm that
    /// uses no secret.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signed: &[u8]) -> bool {
        let hash = match algorithm {
            Algorithm::Hs256 => hmac::HMAC_SHA256,
            Algorithm::Hs384 => hmac::HMAC_SHA384,
            Algorithm::Hs512 => hmac::HMAC_SHA512,
            _ => return false,
        };
        // Compares in constant time.
        hmac::verify(&hmac::Key::new(hash, &self.0), message, signed).is_ok()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&str) -> Result<SharedSecret, SharedSecretError>;

    #[test]
    fn one_secret_can_be_written_in_several_ways() {
        let bytes = [0xfb, 0xff, 0x00, 0x41];
        for (read, text) in [
            (SharedSecret::from_base64 as Read, "+/8AQQ=="),
            (SharedSecret::from_base64, "-_8AQQ"),
            (SharedSecret::from_base64, " +/8A\nQQ==\n"),
            (SharedSecret::from_hex, "fbff0041\n"),
            (SharedSecret::from_hex, "FBff0041"),
        ] {
            assert_eq!(read(text).expect(text).0.as_slice(), bytes, "{text}");
        }
        let text = SharedSecret::from_text(" a b \r\n").expect("a secret");
        assert_eq!(text.0.as_slice(), b"a b");
        assert_eq!(SharedSecret::from_bytes(*b" a\n").expect("a secret").0.as_slice(), b" a\n");
        assert_eq!(format!("{text:?}"), "SharedSecret(***)");
    }

    #[test]
    fn what_is_not_in_the_form_that_was_named_is_refused() {
        for (read, text, error) in [
            (SharedSecret::from_text as Read, " \n", SharedSecretError::Empty),
            (SharedSecret::from_base64, "", SharedSecretError::Empty),
            (SharedSecret::from_base64, "a", SharedSecretError::Base64),
            (SharedSecret::from_base64, "it's", SharedSecretError::Base64),
            (SharedSecret::from_hex, "", SharedSecretError::Empty),
            (SharedSecret::from_hex, "abc", SharedSecretError::Hex),
            (SharedSecret::from_hex, "0x41", SharedSecretError::Hex),
        ] {
            assert_eq!(read(text).expect_err(text), error, "{text}");
        }
    }

    #[test]
    fn a_secret_verifies_its_algorithms_alone() {
        let secret =
            SharedSecret::from_text("a secret of at least 32 bytes, I think").expect("one");
        for (algorithm, hash) in [
            (Algorithm::Hs256, hmac::HMAC_SHA256),
            (Algorithm::Hs384, hmac::HMAC_SHA384),
            (Algorithm::Hs512, hmac::HMAC_SHA512),
        ] {
            let code = hmac::sign(&hmac::Key::new(hash, &secret.0), b"message");
            for other in Algorithm::ALL {
                let verifies = secret.verifies(*other, b"message", code.as_ref());
                assert_eq!(verifies, *other == algorithm, "{algorithm} as {other}");
            }
            assert!(!secret.verifies(algorithm, b"Message", code.as_ref()));
        }
    }
}
