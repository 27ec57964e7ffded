//! LiveKit's own client for token endpoints, with a running server.

use livekit_token_source::{
    TokenSourceConfigurable, TokenSourceError, TokenSourceFetchOptions, TokenSourceResponse,
};
use serde_json::json;

use crate::support::{TestServer, claims_value, verify_dev};

fn fetch(
    url: String,
    headers: &[(&str, &str)],
    options: &TokenSourceFetchOptions,
) -> Result<TokenSourceResponse, TokenSourceError> {
    let headers = headers.iter().map(|(name, value)| (*name, *value));
    let source = livekit_token_source::endpoint(url).with_headers(headers);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(source.fetch(options))
}

#[test]
fn it_fetches_without_options() {
    let server = TestServer::start("");
    let response = fetch(server.url("/getToken"), &[], &TokenSourceFetchOptions::new());
    let response = response.expect("an answer");
    assert_eq!(response.server_url, "ws://localhost:7880");
    assert!(response.has_valid_token());
    let claims = verify_dev(&response.participant_token);
    assert_eq!(
        (claims.sub.as_str(), claims.video.room.as_str()),
        ("quickstart-identity", "quickstart-room")
    );
}

#[test]
fn it_fetches_with_every_option() {
    let server = TestServer::start("");
    let options = TokenSourceFetchOptions::new()
        .with_room_name("my-room")
        .with_participant_identity("user-123")
        .with_participant_name("Ünï 🚀")
        .with_participant_metadata(r#"{"plan":"pro"}"#)
        .with_participant_attributes([("lang", "日本語")])
        .with_agent_name("my-agent")
        .with_agent_metadata(r#"{"task":"greet"}"#)
        .with_deployment("staging");
    let response = fetch(server.url("/getToken"), &[], &options).expect("an answer");
    verify_dev(&response.participant_token);
    let agent = json!({"agentName": "my-agent", "metadata": r#"{"task":"greet"}"#, "deployment": "staging"});
    let expected = json!({
        "iss": "devkey", "sub": "user-123", "name": "Ünï 🚀", "metadata": r#"{"plan":"pro"}"#,
        "attributes": {"lang": "日本語"}, "video": {"roomJoin": true, "room": "my-room"},
        "roomConfig": {"agents": [agent]},
    });
    assert_eq!(claims_value(&response.participant_token), expected);
}

#[test]
fn it_sends_headers_of_its_own_and_shows_why_it_was_refused() {
    let server = TestServer::run(
        std::process::Command::new(env!("CARGO_BIN_EXE_lkt"))
            .env_clear()
            .env("LKT_AUTH_TOKEN", "t0ken")
            .args(["serve", "--dev", "--listen", "127.0.0.1:0"]),
        "",
    );
    let options = TokenSourceFetchOptions::new();
    // This client adds its own content type, so there are two header lines.
    let headers = [("Authorization", "Bearer t0ken"), ("content-type", "text/plain")];
    fetch(server.url("/getToken"), &headers, &options).expect("an answer");
    let error = fetch(server.url("/getToken"), &[], &options).expect_err("no bearer token");
    let TokenSourceError::Server { status, body } = error else { panic!("{error}") };
    assert_eq!(status, 401);
    assert!(body.contains("a bearer token is needed"), "{body}");
}
