//! Taking a token apart without believing it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The parts of a token that anyone can read. Nothing of it is verified.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The JOSE header (RFC 7515).
    pub header: Map<String, Value>,
    /// The claims (RFC 7519).
    pub claims: Map<String, Value>,
}

/// It is not a signed JWT in its compact form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not header, claims and signature with dots between.
    #[error("it has {0} parts where a token has three, with dots between")]
    Parts(usize),
    /// A part is not base64url without padding.
    #[error("its {0} is not base64url")]
    Base64(&'static str),
    /// A part is not a JSON object.
    #[error("its {0} is not a JSON object")]
    Json(&'static str),
}

impl Decoded {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`DecodeError`] names the part that is not as it should be.
    pub fn new(token: &str) -> Result<Self, DecodeError> {
        let parts = token.split('.').collect::<Vec<_>>();
        let &[header, claims, signature] = parts.as_slice() else {
            return Err(DecodeError::Parts(parts.len()));
        };
        let header = object("header", header)?;
        let claims = object("payload", claims)?;
        bytes("signature", signature)?;
        Ok(Self { header, claims })
    }
}

fn bytes(name: &'static str, part: &str) -> Result<Vec<u8>, DecodeError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| DecodeError::Base64(name))
}

fn object(name: &'static str, part: &str) -> Result<Map<String, Value>, DecodeError> {
    serde_json::from_slice(&bytes(name, part)?).map_err(|_| DecodeError::Json(name))
}
