//! The adapter for the crate `livekit-token`: see sdks/README.md for what goes in and out.

use std::env;
use std::error::Error;
use std::io::{self, BufRead};
use std::time::Duration;

use livekit_token::{AccessToken, Claims, TokenVerifier};
use serde_json::{Value, json};

type Answer = Result<Value, Box<dyn Error>>;

fn verify(line: &str) -> Answer {
    let token: String = serde_json::from_str(line)?;
    let mut claims = serde_json::to_value(TokenVerifier::new()?.verify(&token)?)?;
    if let Some(claims) = claims.as_object_mut() {
        ["iss", "nbf", "exp"].iter().for_each(|name| drop(claims.remove(*name)));
    }
    Ok(json!({ "claims": claims }))
}

fn mint(line: &str) -> Answer {
    let claims: Claims = serde_json::from_str(line)?;
    let mut token = AccessToken::new()?
        .with_ttl(Duration::from_secs(600))
        .with_identity(&claims.sub)
        .with_name(&claims.name)
        .with_kind(&claims.kind)
        .with_metadata(&claims.metadata)
        .with_attributes(claims.attributes)
        .with_grants(claims.video)
        .with_sip_grants(claims.sip)
        .with_agent_grants(claims.agent)
        .with_agent_endpoint_grants(claims.agent_endpoint)
        .with_agent_thread_grants(claims.agent_thread)
        .with_inference_grants(claims.inference)
        .with_observability_grants(claims.observability);
    if let Some(config) = claims.room_config {
        token = token.with_room_config(config);
    }
    Ok(json!({ "token": token.to_jwt()? }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let answer = match env::args().nth(1).as_deref() {
        Some("verify") => verify,
        Some("mint") => mint,
        _ => return Err("verify or mint".into()),
    };
    for line in io::stdin().lock().lines() {
        let result = answer(&line?);
        println!("{}", result.unwrap_or_else(|error| json!({ "error": error.to_string() })));
    }
    Ok(())
}
