//! Grants: what the holder of a token may do.
//!
//! The structs match those of `auth/grants.go` in `github.com/livekit/protocol` field for field. A
//! field at its default is left out of the token. `Option<bool>` has three states: absent leaves
//! the decision to the server's default, and an explicit `false` is kept.

use serde::{Deserialize, Serialize};

use super::is_default;
use super::names::wire_names;

/// Grants on rooms: actions on rooms, and permissions within one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct VideoGrant {
    /// Create and delete rooms.
    #[serde(skip_serializing_if = "is_default")]
    pub room_create: bool,
    /// List rooms.
    #[serde(skip_serializing_if = "is_default")]
    pub room_list: bool,
    /// Start and stop egress (recording).
    #[serde(skip_serializing_if = "is_default")]
    pub room_record: bool,
    /// Moderate the room named in `room`.
    #[serde(skip_serializing_if = "is_default")]
    pub room_admin: bool,
    /// Join the room named in `room`.
    #[serde(skip_serializing_if = "is_default")]
    pub room_join: bool,
    /// The room that `room_join` and `room_admin` apply to.
    #[serde(skip_serializing_if = "is_default")]
    pub room: String,
    /// Publish tracks. Absent means yes.
    #[serde(skip_serializing_if = "is_default")]
    pub can_publish: Option<bool>,
    /// Subscribe to tracks. Absent means yes.
    #[serde(skip_serializing_if = "is_default")]
    pub can_subscribe: Option<bool>,
    /// Publish data. Absent follows `can_publish`.
    #[serde(skip_serializing_if = "is_default")]
    pub can_publish_data: Option<bool>,
    /// The only sources that may be published; empty means any.
    #[serde(skip_serializing_if = "is_default")]
    pub can_publish_sources: Vec<TrackSource>,
    /// Change one's own name, metadata and attributes. Absent means no.
    #[serde(skip_serializing_if = "is_default")]
    pub can_update_own_metadata: Option<bool>,
    /// Manage ingress, in all rooms.
    #[serde(skip_serializing_if = "is_default")]
    pub ingress_admin: bool,
    /// Stay invisible to other participants.
    #[serde(skip_serializing_if = "is_default")]
    pub hidden: bool,
    /// Count as a recorder.
    #[serde(skip_serializing_if = "is_default")]
    pub recorder: bool,
    /// Register as an agent worker.
    #[serde(skip_serializing_if = "is_default")]
    pub agent: bool,
    /// Subscribe to metrics. Absent means no.
    #[serde(skip_serializing_if = "is_default")]
    pub can_subscribe_metrics: Option<bool>,
    /// Manage an agent session. Absent means no.
    #[serde(skip_serializing_if = "is_default")]
    pub can_manage_agent_session: Option<bool>,
    /// The room that this participant may be forwarded to.
    #[serde(skip_serializing_if = "is_default")]
    pub destination_room: String,
}

wire_names! {
    /// The source of a published track, as `canPublishSources` spells it (proto enum `TrackSource`,
    /// lower case).
    TrackSource {
        /// A camera.
        Camera = "camera",
        /// A microphone.
        Microphone = "microphone",
        /// The video of a shared screen.
        ScreenShare = "screen_share",
        /// The audio of a shared screen.
        ScreenShareAudio = "screen_share_audio",
        /// Any other source, such as one that a newer LiveKit defines.
        Unknown = "unknown",
    }
}

impl TrackSource {
    /// Every source except `Unknown`.
    pub const NAMED: [Self; 4] =
        [Self::Camera, Self::Microphone, Self::ScreenShare, Self::ScreenShareAudio];
}

/// Grants on telephony (SIP).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SipGrant {
    /// Manage SIP resources.
    #[serde(skip_serializing_if = "is_default")]
    pub admin: bool,
    /// Make outbound calls.
    #[serde(skip_serializing_if = "is_default")]
    pub call: bool,
}

/// Grants on cloud agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgentGrant {
    /// Create, update and delete cloud agents.
    #[serde(skip_serializing_if = "is_default")]
    pub admin: bool,
    /// Manage simulations and scenarios.
    #[serde(skip_serializing_if = "is_default")]
    pub simulation_admin: bool,
    /// Use the project's agent databases.
    #[serde(skip_serializing_if = "is_default")]
    pub database_admin: bool,
    /// Manage the project's agent dispatch queue.
    #[serde(skip_serializing_if = "is_default")]
    pub dispatch_admin: bool,
}

/// Grants on LiveKit Inference: language models, speech to text, text to speech.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InferenceGrant {
    /// Use every inference feature.
    #[serde(skip_serializing_if = "is_default")]
    pub perform: bool,
}

/// Grants on observability data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ObservabilityGrant {
    /// Publish observability data.
    #[serde(skip_serializing_if = "is_default")]
    pub write: bool,
}

/// Grants on an agent's HTTP endpoints that are not public.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgentEndpointGrant {
    /// Call the endpoints.
    #[serde(skip_serializing_if = "is_default")]
    pub call: bool,
    /// The agent whose endpoints may be called; empty means every agent of the project.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_name: String,
    /// The deployment whose endpoints may be called; empty means every deployment.
    #[serde(skip_serializing_if = "is_default")]
    pub deployment: String,
}

/// Grants on threads of the project's agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgentThreadGrant {
    /// Every thread and scope of the project.
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
    /// The scope that `list` and `create` apply to.
    #[serde(skip_serializing_if = "is_default")]
    pub scope: String,
    /// The threads that `write`, `read` and `delete` apply to.
    #[serde(skip_serializing_if = "is_default")]
    pub thread_ids: Vec<String>,
    /// List threads.
    #[serde(skip_serializing_if = "is_default")]
    pub list: bool,
    /// Create threads.
    #[serde(skip_serializing_if = "is_default")]
    pub create: bool,
    /// Send to threads.
    #[serde(skip_serializing_if = "is_default")]
    pub write: bool,
    /// Read threads.
    #[serde(skip_serializing_if = "is_default")]
    pub read: bool,
    /// Delete threads.
    #[serde(skip_serializing_if = "is_default")]
    pub delete: bool,
}
