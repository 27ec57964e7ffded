//! What kind of participant a token makes.

use serde::{Deserialize, Serialize};

/// The claim `kind` (proto enum `ParticipantInfo.Kind`, lower case).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ParticipantKind {
    /// A person's client. What a token without `kind` means.
    Standard,
    /// A stream that comes in.
    Ingress,
    /// A recorder or a stream that goes out.
    Egress,
    /// A telephone.
    Sip,
    /// An agent.
    Agent,
    /// A connector to another service.
    Connector,
    /// A bridge to another protocol.
    Bridge,
}

/// An entry of the claim `kindDetails` (proto enum `ParticipantInfo.KindDetail`, lower case).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KindDetail {
    /// An agent that LiveKit Cloud hosts.
    CloudAgent,
    /// A participant forwarded from another room.
    Forwarded,
    /// Connected through WhatsApp.
    ConnectorWhatsapp,
    /// Connected through Twilio.
    ConnectorTwilio,
    /// Bridged from RTSP.
    BridgeRtsp,
    /// A simulated participant.
    Simulation,
}
