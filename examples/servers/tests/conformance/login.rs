//! The axum server with logins, which fetches keys with its own client.

#[path = "../../../../tests/integration/login/client.rs"]
mod client;
#[path = "../../../../tests/integration/login/issuer.rs"]
#[allow(dead_code)]
mod issuer;
#[path = "../../../../tests/integration/login/signer.rs"]
#[allow(dead_code)]
mod signer;

use std::process::Command;

use client::{ask, code, token};
use issuer::{IssuerServer, ok};
use serde_json::json;
use signer::Signer;

use crate::support::{TestServer, verify_dev};

#[test]
fn axum_fetches_the_keys_of_a_login() {
    let (ours, theirs) = (Signer::ed25519(), Signer::ed25519());
    let jwks = json!({"keys": [ours.jwk("a")]}).to_string();
    let issuer = IssuerServer::start(move |_| ok(&jwks));
    let url = issuer.url("");
    let arguments = format!("127.0.0.1:0 {url} {url}/jwks lkt");
    let server = TestServer::run(&mut Command::new(env!("CARGO_BIN_EXE_axum")), &arguments);
    let good = token(&ours, "a", &url, &json!({}));
    let answer = ask(&server, &good, r#"{"room_name":"daily"}"#);
    let json = answer.json();
    let claims = verify_dev(json["participant_token"].as_str().expect("a token"));
    assert_eq!((claims.sub.as_str(), claims.video.room.as_str()), ("ada", "daily"));
    for (token, refusal) in [
        (token(&theirs, "a", &url, &json!({})), (401, "bad_signature")),
        (token(&theirs, "b", &url, &json!({})), (401, "unknown_key")),
        (token(&ours, "a", &url, &json!({"aud": "other"})), (401, "wrong_audience")),
        (String::new(), (401, "unauthorized")),
    ] {
        assert_eq!(code(&ask(&server, &token, "{}")), refusal);
    }
    let answer = ask(&server, &good, r#"{"participant_identity":"bob"}"#);
    assert_eq!(code(&answer), (403, "field_denied"));
    // The unknown `kid` came less than 30 seconds after the last fetch.
    assert_eq!(issuer.asked(), 1);
}
