//! The claims of a token.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits::Sizes;
use super::{
    AgentEndpointGrant, AgentGrant, AgentThreadGrant, Grant, InferenceGrant, KindDetail,
    LimitError, ObservabilityGrant, ParticipantKind, RoomConfig, SipGrant, TokenLimits, VideoGrant,
    is_default,
};

/// The claims of a LiveKit token: `ClaimGrants` in `auth/grants.go`, and the registered claims of
/// RFC 7519 that LiveKit uses.
///
/// Claims at their default are left out of the token, except the three that every LiveKit token
/// has: `iss`, `nbf` and `exp`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Claims {
    /// The API key that signs the token.
    pub iss: String,
    /// The participant's identity.
    #[serde(skip_serializing_if = "is_default")]
    pub sub: String,
    /// When the token was made, in seconds since the epoch.
    #[serde(skip_serializing_if = "is_default")]
    pub iat: u64,
    /// When the token becomes valid, in seconds since the epoch.
    pub nbf: u64,
    /// When the token expires, in seconds since the epoch.
    pub exp: u64,
    /// The participant's display name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// The kind of participant.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: Option<ParticipantKind>,
    /// Details of the kind.
    #[serde(skip_serializing_if = "is_default")]
    pub kind_details: Vec<KindDetail>,
    /// Grants on rooms.
    #[serde(skip_serializing_if = "is_default")]
    pub video: VideoGrant,
    /// Grants on telephony (SIP).
    #[serde(skip_serializing_if = "is_default")]
    pub sip: SipGrant,
    /// Grants on cloud agents.
    #[serde(skip_serializing_if = "is_default")]
    pub agent: AgentGrant,
    /// Grants on LiveKit Inference.
    #[serde(skip_serializing_if = "is_default")]
    pub inference: InferenceGrant,
    /// Grants on observability data.
    #[serde(skip_serializing_if = "is_default")]
    pub observability: ObservabilityGrant,
    /// Grants on agents' HTTP endpoints.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_endpoint: AgentEndpointGrant,
    /// Grants on agents' threads.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_thread: AgentThreadGrant,
    /// The room's configuration, if this join creates the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<RoomConfig>,
    /// The name of a room preset (LiveKit Cloud).
    #[serde(skip_serializing_if = "is_default")]
    pub room_preset: String,
    /// The SHA-256 hash of a message body that the token authenticates (webhooks).
    #[serde(skip_serializing_if = "is_default")]
    pub sha256: String,
    /// The participant's metadata.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: String,
    /// The participant's attributes, sorted by key.
    #[serde(skip_serializing_if = "is_default")]
    pub attributes: BTreeMap<String, String>,
}

/// The error for a token that lets its holder join, but names no room or no identity, or that lets
/// its holder moderate a room, but names none. A server would refuse it (`EnsureJoinPermission` and `ParseAndValidate` in LiveKit's `service/`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token that {does} needs {missing}")]
#[non_exhaustive]
pub struct IncompleteJoin {
    /// What the token allows: `joins` or `moderates a room`.
    pub does: &'static str,
    /// What is missing: `a room` or `an identity`.
    pub missing: &'static str,
}

impl Claims {
    /// Whether the token lets its holder join a room.
    pub fn joins(&self) -> bool {
        self.video.room_join
    }

    /// Checks that a token that joins names a room and an identity, and one that moderates a room
    /// names it.
    ///
    /// # Errors
    /// [`IncompleteJoin`] names what is missing.
    pub fn check_join(&self) -> Result<(), IncompleteJoin> {
        let has_room = !self.video.room.is_empty();
        if self.joins() && !has_room {
            return Err(IncompleteJoin { does: "joins", missing: "a room" });
        }
        if self.joins() && self.sub.is_empty() {
            return Err(IncompleteJoin { does: "joins", missing: "an identity" });
        }
        if self.video.room_admin && !has_room {
            return Err(IncompleteJoin { does: "moderates a room", missing: "a room" });
        }
        Ok(())
    }

    /// Adds grants (see [`Grant::find`]), in order, each in place of an earlier value. The claims are
    /// converted by way of JSON, so that their types check the values.
    ///
    /// # Errors
    /// An error of serde_json if a value does not fit its grant.
    pub fn with_grants<'g>(
        self,
        grants: impl IntoIterator<Item = (&'static Grant, &'g Value)>,
    ) -> serde_json::Result<Self> {
        let mut grants = grants.into_iter().peekable();
        if grants.peek().is_none() {
            return Ok(self);
        }
        let mut json = serde_json::to_value(self)?;
        for (grant, value) in grants {
            let members = json.as_object_mut().map(|claims| claims.entry(grant.claim));
            let members = members.map(|members| members.or_insert_with(|| Map::new().into()));
            if let Some(members) = members.and_then(Value::as_object_mut) {
                members.insert(grant.name.to_owned(), value.clone());
            }
        }
        serde_json::from_value(json)
    }

    /// Checks that a server with these limits would accept the claims.
    ///
    /// # Errors
    /// [`LimitError`] names the field, its size and its limit, in bytes.
    pub fn check_limits(&self, limits: &TokenLimits) -> Result<(), LimitError> {
        limits.exceeded(&Sizes::of(self)).next().map_or(Ok(()), Err)
    }
}
