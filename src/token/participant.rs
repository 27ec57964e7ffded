//! What kind of participant a token makes.

use serde::{Deserialize, Serialize};

use super::names::wire_names;

wire_names! {
    /// The claim `kind` (proto enum `ParticipantInfo.Kind`, lower case).
    ParticipantKind {
        /// A person's client. What a token without `kind` means.
        Standard = "standard",
        /// A stream that comes in.
        Ingress = "ingress",
        /// A recorder or a stream that goes out.
        Egress = "egress",
        /// A telephone.
        Sip = "sip",
        /// An agent.
        Agent = "agent",
        /// A connector to another service.
        Connector = "connector",
        /// A bridge to another protocol.
        Bridge = "bridge",
    }
}

wire_names! {
    /// An entry of the claim `kindDetails` (proto enum `ParticipantInfo.KindDetail`, lower case).
    KindDetail {
        /// An agent that LiveKit Cloud hosts.
        CloudAgent = "cloud_agent",
        /// A participant forwarded from another room.
        Forwarded = "forwarded",
        /// Connected through WhatsApp.
        ConnectorWhatsapp = "connector_whatsapp",
        /// Connected through Twilio.
        ConnectorTwilio = "connector_twilio",
        /// Bridged from RTSP.
        BridgeRtsp = "bridge_rtsp",
        /// A simulated participant.
        Simulation = "simulation",
    }
}
