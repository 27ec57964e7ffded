//! The kind of participant that a token creates.

use serde::{Deserialize, Serialize};

use super::names::wire_names;

wire_names! {
    /// The claim `kind` (proto enum `ParticipantInfo.Kind`, lower case).
    ParticipantKind {
        /// A person's client. The kind of a token without `kind`.
        Standard = "standard",
        /// An incoming stream.
        Ingress = "ingress",
        /// A recorder or an outgoing stream.
        Egress = "egress",
        /// A telephone caller.
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
