//! The code of an invitation: `lkti_` and base64url of three parts, which are the id of the key (4
//! bytes), the authentication code (32 bytes), and the content as JSON with short names.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::key::ID_BYTES;
use super::{GUEST, Invitation, InvitationError, InvitationKey, InvitedIdentity, TooLong};
use crate::endpoint::login::{grants_from_json, grants_to_json};
use crate::token::Decoded;

/// Prefix of every code. It makes codes easy to recognize, and no JWT begins with it.
const PREFIX: &str = "lkti_";

/// Maximum length of a code, in bytes.
pub const MAX_CODE: usize = 2048;

/// Maximum length of a foreign credential that is looked at to say what it is.
const MAX_FOREIGN: usize = 8192;

const MAC_BYTES: usize = 32;

/// The content on the wire. Unknown names are refused: a newer version may have added a condition.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(rename = "i")]
    id: String,
    #[serde(rename = "r")]
    room: String,
    #[serde(rename = "e")]
    expires_at: u64,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    not_before: Option<u64>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(rename = "g", default, skip_serializing_if = "Map::is_empty")]
    grants: Map<String, Value>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    uses: Option<NonZeroU32>,
}

impl From<&Invitation> for Content {
    fn from(invitation: &Invitation) -> Self {
        let Invitation { id, room, name, label, not_before, expires_at, uses, .. } = invitation;
        let (identity, prefix) = match &invitation.identity {
            InvitedIdentity::Fixed(identity) => (Some(identity.clone()), None),
            InvitedIdentity::Prefix(prefix) => {
                (None, Some(prefix.clone()).filter(|prefix| prefix != GUEST))
            }
        };
        Self {
            id: id.clone(),
            room: room.clone(),
            expires_at: *expires_at,
            not_before: *not_before,
            identity,
            prefix,
            name: name.clone(),
            label: label.clone(),
            grants: grants_to_json(&invitation.grants),
            uses: *uses,
        }
    }
}

impl Content {
    fn into_invitation(self) -> Result<Invitation, InvitationError> {
        let malformed = InvitationError::Malformed;
        let identity = match (self.identity, self.prefix) {
            (Some(_), Some(_)) => return Err(malformed("it has both an identity and a prefix")),
            (Some(identity), None) => InvitedIdentity::Fixed(identity),
            (None, prefix) => InvitedIdentity::Prefix(prefix.unwrap_or_else(|| GUEST.to_owned())),
        };
        let grants = grants_from_json(self.grants);
        Ok(Invitation {
            id: self.id,
            room: self.room,
            identity,
            name: self.name,
            label: self.label,
            grants: grants
                .map_err(|_| malformed("it has a grant that this version of lkt lacks"))?,
            not_before: self.not_before,
            expires_at: self.expires_at,
            uses: self.uses,
        })
    }
}

impl Invitation {
    /// Returns the code. The same invitation always has the same code.
    ///
    /// # Errors
    /// [`TooLong`] if the code would have more than [`MAX_CODE`] bytes.
    pub fn sign(&self, key: &InvitationKey) -> Result<String, TooLong> {
        // The content consists of strings, numbers and JSON, which always serialize.
        let content = serde_json::to_vec(&Content::from(self)).unwrap_or_default();
        let mac = key.signer.mac(&content);
        let parts = [key.id.as_slice(), &mac, &content].concat();
        let mut code = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_string(parts, &mut code);
        let bytes = code.len();
        if bytes > MAX_CODE { Err(TooLong { bytes, max: MAX_CODE }) } else { Ok(code) }
    }
}

/// A code whose form is right, and nothing else.
pub struct UnverifiedInvitation {
    key: [u8; ID_BYTES],
    mac: Vec<u8>,
    content: Vec<u8>,
}

impl UnverifiedInvitation {
    /// Decodes a code.
    ///
    /// # Errors
    /// [`InvitationError::NotAnInvitation`] and [`InvitationError::Malformed`].
    pub fn new(code: &str) -> Result<Self, InvitationError> {
        let malformed = InvitationError::Malformed;
        let Some(encoded) = code.strip_prefix(PREFIX) else {
            return Err(InvitationError::NotAnInvitation(foreign(code)));
        };
        if code.len() > MAX_CODE {
            return Err(malformed("it is too long"));
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded);
        let bytes = bytes.map_err(|_| malformed("it is cut off, or has a wrong character"))?;
        let cut_off = || malformed("it is cut off");
        let (key, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or_else(cut_off)?;
        let (mac, content) = rest.split_at_checked(MAC_BYTES).ok_or_else(cut_off)?;
        Ok(Self { key: *key, mac: mac.to_vec(), content: content.to_vec() })
    }

    /// Returns the content without checking the signature: anyone could have made it.
    ///
    /// # Errors
    /// [`InvitationError::Malformed`]
    pub fn content(&self) -> Result<Invitation, InvitationError> {
        let content = serde_json::from_slice::<Content>(&self.content);
        let content =
            content.map_err(|_| InvitationError::Malformed("its content is not known here"))?;
        content.into_invitation()
    }

    /// Checks that one of these keys made the code.
    ///
    /// # Errors
    /// [`InvitationError::UnknownKey`] and [`InvitationError::Signature`].
    pub fn check_signature(&self, keys: &[InvitationKey]) -> Result<(), InvitationError> {
        let mut candidates = keys.iter().filter(|key| key.id == self.key).peekable();
        if candidates.peek().is_none() {
            return Err(InvitationError::UnknownKey);
        }
        if candidates.any(|key| key.signer.verifies(&self.content, &self.mac)) {
            Ok(())
        } else {
            Err(InvitationError::Signature)
        }
    }
}

/// Verifies a code: its form, key, signature, content and times, in this order. `now` is in seconds
/// since the Unix epoch.
///
/// # Errors
/// [`InvitationError`] gives the first reason to refuse it.
pub fn verify(code: &str, keys: &[InvitationKey], now: u64) -> Result<Invitation, InvitationError> {
    let unverified = UnverifiedInvitation::new(code)?;
    unverified.check_signature(keys)?;
    let invitation = unverified.content()?;
    invitation.check_times(now)?;
    Ok(invitation)
}

/// Whether a credential has the form of an invitation, as opposed to a login token.
pub fn is_invitation(credential: impl AsRef<[u8]>) -> bool {
    credential.as_ref().starts_with(PREFIX.as_bytes())
}

/// Says what a credential is that is not an invitation.
fn foreign(credential: &str) -> &'static str {
    let decoded = (credential.len() <= MAX_FOREIGN).then(|| Decoded::new(credential));
    match decoded {
        Some(Ok(token)) if token.claims.contains_key("video") => "a LiveKit token",
        Some(Ok(_)) => "a login token",
        _ => "something else",
    }
}
