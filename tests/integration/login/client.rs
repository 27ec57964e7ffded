//! Login tokens that are valid now, and requests with them.

use serde_json::{Value, json};

use super::signer::Signer;
use crate::support::{Answer, Connection, TestServer, now, post};

/// A token that is valid now.
pub(crate) fn token(signer: &Signer, kid: &str, issuer: &str, changes: &Value) -> String {
    let header = json!({"alg": "EdDSA", "kid": kid}).to_string();
    let mut claims = json!({
        "iss": issuer, "aud": "lkt", "sub": "ada", "name": "Ada", "jti": "j1", "exp": now() + 300,
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    signer.token(&header, &claims.to_string())
}

/// Asks a server with a login token.
pub(crate) fn ask(server: &TestServer, token: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &headers, body));
    connection.answer().expect("an answer")
}

/// Status and code of an answer.
pub(crate) fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("lkt-error").unwrap_or_default())
}
