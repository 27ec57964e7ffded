//! What the Rust peers share: LiveKit's request and answer, and a token by `livekit-token`.

use std::collections::HashMap;
use std::time::Duration;

use livekit_token::{AccessToken, VideoGrants};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct TokenSourceRequest {
    room_name: Option<String>,
    pub participant_identity: Option<String>,
    participant_name: Option<String>,
    participant_metadata: Option<String>,
    #[serde(default)]
    participant_attributes: HashMap<String, String>,
    room_config: Option<livekit_protocol::RoomConfiguration>,
}

#[derive(Serialize)]
pub struct TokenSourceResponse {
    server_url: &'static str,
    participant_token: String,
}

/// The answer to a request.
pub fn answer(request: TokenSourceRequest) -> TokenSourceResponse {
    let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    let grants = VideoGrants {
        room_join: true,
        room: or(request.room_name, "quickstart-room"),
        ..VideoGrants::default()
    };
    let mut token = AccessToken::with_api_key("devkey", "secret")
        .with_ttl(Duration::from_secs(600))
        .with_identity(&or(request.participant_identity, "quickstart-identity"))
        .with_name(&or(request.participant_name, "quickstart-username"))
        .with_grants(grants);
    if let Some(metadata) = request.participant_metadata {
        token = token.with_metadata(&metadata);
    }
    if !request.participant_attributes.is_empty() {
        token = token.with_attributes(request.participant_attributes);
    }
    if let Some(config) = request.room_config {
        token = token.with_room_config(config);
    }
    let participant_token = token.to_jwt().expect("signs");
    TokenSourceResponse { server_url: "ws://localhost:7880", participant_token }
}

/// The port to listen at.
pub fn port() -> u16 {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    port.expect("usage: PROGRAM PORT")
}
