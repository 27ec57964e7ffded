//! The axum example with logins: it fetches keys with a client of its own.

use std::process::Command;

use serde_json::{Value, json};

use super::claims;
use super::issuer::{IssuerServer, ok};
use super::signer::Signer;
use crate::conformance::example;
use crate::support::{Answer, Connection, TestServer, now, post, verify_dev};

fn ask(server: &TestServer, token: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &headers, body));
    connection.answer().expect("an answer")
}

#[test]
fn the_axum_example_fetches_the_keys_of_a_login() {
    let (ours, theirs) = (Signer::ed25519(), Signer::ed25519());
    let jwks = json!({"keys": [ours.jwk("a")]}).to_string();
    let issuer = IssuerServer::start(move |_| ok(&jwks));
    let url = issuer.url("");
    let arguments = format!("127.0.0.1:0 {url} {url}/jwks lkt");
    let server = TestServer::run(&mut Command::new(example("axum")), &arguments);
    let token = |signer: &Signer, kid: &str, changes: Value| {
        let mut all = json!({"iss": url, "iat": now(), "exp": now() + 300});
        all.as_object_mut().expect("an object").extend(changes.as_object().expect("one").clone());
        signer.token(&json!({"alg": "EdDSA", "kid": kid}).to_string(), &claims(&all))
    };
    let good = token(&ours, "a", json!({}));
    let answer = ask(&server, &good, r#"{"room_name":"daily"}"#);
    let json = answer.json();
    let claims = verify_dev(json["participant_token"].as_str().expect("a token"));
    assert_eq!((claims.sub.as_str(), claims.video.room.as_str()), ("ada", "daily"));
    for (token, status, code) in [
        (token(&theirs, "a", json!({})), 401, "bad_signature"),
        (token(&theirs, "b", json!({})), 401, "unknown_key"),
        (token(&ours, "a", json!({"aud": "other"})), 401, "wrong_audience"),
        (String::new(), 401, "unauthorized"),
    ] {
        let answer = ask(&server, &token, "{}");
        assert_eq!((answer.status, answer.header("lkt-error")), (status, Some(code)));
    }
    let answer = ask(&server, &good, r#"{"participant_identity":"bob"}"#);
    assert_eq!((answer.status, answer.header("lkt-error")), (403, Some("field_denied")));
    // The unknown `kid` came within 30 seconds.
    assert_eq!(issuer.asked(), 1);
}
