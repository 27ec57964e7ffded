//! `TokenSourceRequest`: a client's request, in proto3's JSON mapping.

mod explain;
mod fields;
mod wire;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Policy, Refusal};
use crate::token::{
    FieldError, Json, JsonBudgetError, JsonKind, ReadRoomConfig, RoomConfig, TokenError,
};
pub(super) use explain::field_hint;
use wire::{Wire, read};

/// A client's request; every field may be absent (`TokenSourceRequest` in LiveKit's protocol).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TokenSourceRequest {
    /// The room to join.
    pub room_name: Option<String>,
    /// The participant's identity.
    pub participant_identity: Option<String>,
    /// The participant's display name.
    pub participant_name: Option<String>,
    /// The participant's metadata.
    pub participant_metadata: Option<String>,
    /// The participant's attributes. An empty map counts as absent.
    pub participant_attributes: BTreeMap<String, String>,
    /// The room's configuration. An empty one becomes `None`.
    pub room_config: Option<RoomConfig>,
}

/// A request, and the unknown names found while reading it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadRequest {
    /// The request.
    pub request: TokenSourceRequest,
    /// The paths of names that are not in LiveKit's protocol. A newer client may send some.
    pub unknown: Vec<String>,
}

/// Why a request cannot be answered with a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is not JSON.
    #[error("the request is not JSON: {0}")]
    Syntax(String),
    /// The request is JSON, but not an object.
    #[error("the request is {0}, and must be a JSON object")]
    NotAnObject(JsonKind),
    /// The request has too many values to be read.
    #[error(transparent)]
    Budget(#[from] JsonBudgetError),
    /// A field has a value of the wrong type, or is given twice.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The requested token cannot be minted.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The rules for fields refuse the request.
    #[error("{}", .0.error)]
    Refused(Box<Refusal>),
}

impl TokenSourceRequest {
    /// A request without fields.
    pub(super) const EMPTY: Self = Self {
        room_name: None,
        participant_identity: None,
        participant_name: None,
        participant_metadata: None,
        participant_attributes: BTreeMap::new(),
        room_config: None,
    };

    /// Reads a request. An empty body counts as `{}`. White space alone is not JSON (RFC 8259,
    /// section 2) and is refused, so that a client whose template rendered to nothing gets an
    /// error.
    ///
    /// # Errors
    /// Any [`RequestError`] but [`RequestError::Token`].
    pub fn from_json(bytes: &[u8]) -> Result<ReadRequest, RequestError> {
        let (wire, unknown) = read(bytes)?;
        Self::from_wire(wire, unknown)
    }

    /// Reads the body of a request like [`from_json`](Self::from_json), and refuses denied fields.
    /// `null` counts as `{}`, as in every field: some HTTP clients send it for no body.
    pub(super) fn from_body(bytes: &[u8], policy: &Policy) -> Result<ReadRequest, Refusal> {
        let bytes = if bytes == b"null" { b"{}" } else { bytes };
        let (wire, unknown) = read(bytes)?;
        // Refused before it becomes a message of the protocol, which is many times larger.
        if let Some(field) = policy.denies_json(&wire.room_config) {
            return Err(Refusal::denied(field));
        }
        let read = Self::from_wire(wire, unknown)?;
        policy.check_denied(&read.request)?;
        Ok(read)
    }

    /// Reads a request that has been read as JSON.
    pub(super) fn from_value(value: &Value) -> Result<ReadRequest, RequestError> {
        let (wire, unknown) = wire::from_value(value)?;
        Self::from_wire(wire, unknown)
    }

    fn from_wire(wire: Wire, mut unknown: Vec<String>) -> Result<ReadRequest, RequestError> {
        let room_config = room_config(wire.room_config, &mut unknown)?;
        let request = Self {
            room_name: wire.room_name.0,
            participant_identity: wire.participant_identity.0,
            participant_name: wire.participant_name.0,
            participant_metadata: wire.participant_metadata.0,
            participant_attributes: wire.participant_attributes.0,
            room_config,
        };
        Ok(ReadRequest { request, unknown })
    }
}

fn room_config(json: Json, unknown: &mut Vec<String>) -> Result<Option<RoomConfig>, FieldError> {
    if json.is_empty() {
        return Ok(None);
    }
    let ReadRoomConfig { config, unknown: more, .. } = RoomConfig::from_json(json)?;
    unknown.extend(more);
    Ok(Some(config).filter(|config| !config.is_empty()))
}
