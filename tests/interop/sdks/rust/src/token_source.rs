//! `livekit-token-source`, LiveKit's own client of token endpoints, against the endpoint in the first argument. The
//! second, if there, is a bearer token; the third, how many seconds to wait between two fetches that can be cached.
//! Prints the three answers of three fetches, a JSON object a line: nothing set, everything set, everything again.

use std::env;
use std::error::Error;
use std::time::Duration;

use livekit_token_source::{
    TokenSourceConfigurable, TokenSourceFetchOptions, TokenSourceResponse, endpoint,
};
use serde_json::json;

fn everything() -> TokenSourceFetchOptions {
    TokenSourceFetchOptions::new()
        .with_room_name("my-room")
        .with_participant_name("Ünï 🚀")
        .with_participant_identity("user-123")
        .with_participant_metadata(r#"{"plan":"pro","u":"https://x.io/a"}"#)
        .with_participant_attribute("lang", "日本語")
        .with_participant_attribute("role", "admin")
        .with_agent_name("my-agent")
        .with_agent_metadata(r#"{"task":"greet"}"#)
        .with_deployment("staging")
}

fn print(answer: &TokenSourceResponse) {
    println!("{}", json!({ "url": answer.server_url, "token": answer.participant_token }));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut source = endpoint(arguments.next().ok_or("no endpoint")?);
    if let Some(bearer) = arguments.next().filter(|bearer| !bearer.is_empty()) {
        source = source.with_header("Authorization", format!("Bearer {bearer}"));
    }
    let seconds = arguments.next().map_or(Ok(0), |seconds| seconds.parse())?;
    let source = source.cached();
    print(&source.fetch(&TokenSourceFetchOptions::new()).await?);
    print(&source.fetch(&everything()).await?);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    print(&source.fetch(&everything()).await?);
    Ok(())
}
