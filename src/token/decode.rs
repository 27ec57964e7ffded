//! Decoding a token without verifying it.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::json::{Json, given_twice, without_lone_surrogates};
use super::review;
use super::server_reading::Reading;
use super::suspicion::Suspicion;
use super::{Claims, FieldError};

/// base64url without padding, as Go's `RawURLEncoding` reads it: leftover bits at the end are
/// ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A decoded token. Nothing in it is verified.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The JOSE header (RFC 7515).
    pub header: Map<String, Value>,
    /// The claims (RFC 7519) as LiveKit's server reads them: by LiveKit's names, regardless of
    /// their case in the token, and merged if one is given twice.
    pub claims: Map<String, Value>,
    /// The signed part: header and payload as they are in the token.
    pub(super) message: String,
    pub(super) signature: Vec<u8>,
    reading: Reading,
}

/// Why a text cannot be decoded as a signed JWT in compact form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text does not have three parts separated by dots: header, payload and signature.
    #[error("it has {0} part{s}, a token has 3", s = if *.0 == 1 { "" } else { "s" })]
    Parts(usize),
    /// A part is not base64url without padding.
    #[error("its {0} is not base64url")]
    Base64(&'static str),
    /// A part is not a JSON object.
    #[error("its {0} is not a JSON object")]
    Json(&'static str),
}

impl Decoded {
    /// Decodes a token.
    ///
    /// # Errors
    /// [`DecodeError`] names the part that is wrong.
    pub fn new(token: &str) -> Result<Self, DecodeError> {
        let parts = token.split('.').collect::<Vec<_>>();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(DecodeError::Parts(parts.len()));
        };
        let message = format!("{header}.{payload}");
        let header = object("header", header)?;
        let mut reading = Reading::new(object("payload", payload)?);
        let signature = bytes("signature", signature)?;
        if let Some(twice) = given_twice(&header) {
            reading.odd.push(Suspicion::GivenTwice { claim: twice.to_owned() });
        }
        let header = header.into_iter().map(|(name, value)| (name, value.into_value())).collect();
        Ok(Self { header, claims: reading.claims.clone(), message, signature, reading })
    }

    /// Returns the claims in typed form. Claims and names that this crate does not know are left
    /// out.
    ///
    /// # Errors
    /// [`FieldError`] if a claim has the wrong type. LiveKit's server refuses such a token.
    pub fn typed(&self) -> Result<Claims, FieldError> {
        self.reading.typed()
    }

    /// Returns everything suspicious about the token at the time `now`, in seconds since the epoch.
    /// Problems that make a server refuse the token come first.
    pub fn suspicions(&self, now: u64) -> Vec<Suspicion> {
        review::find(&self.header, &self.reading, now)
    }

    /// Returns the time in a claim, in seconds since the epoch. A time that LiveKit's server cannot
    /// represent is in the far past, as it is on the server.
    pub fn seconds(&self, claim: &str) -> Option<i64> {
        self.reading.seconds(claim)
    }
}

fn bytes(name: &'static str, part: &str) -> Result<Vec<u8>, DecodeError> {
    // Go's decoder skips line breaks.
    let part = part.bytes().filter(|byte| !b"\r\n".contains(byte)).collect::<Vec<_>>();
    BASE64.decode(part).map_err(|_| DecodeError::Base64(name))
}

fn object(name: &'static str, part: &str) -> Result<Vec<(String, Json)>, DecodeError> {
    // Go reads invalid UTF-8, and unpaired surrogates, as U+FFFD.
    let bytes = bytes(name, part)?;
    let text = without_lone_surrogates(&String::from_utf8_lossy(&bytes));
    match serde_json::from_str(&text) {
        Ok(Json::Object(members)) => Ok(members),
        _ => Err(DecodeError::Json(name)),
    }
}
