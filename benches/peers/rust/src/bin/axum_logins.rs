//! The same on axum for people who are logged in: jsonwebtoken over aws-lc-rs verifies the login.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use axum::routing::post;
use axum::{Json, Router};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use peers::{TokenSourceRequest, TokenSourceResponse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Login {
    sub: String,
}

/// The key of each `kid`, and what is demanded of a login that it has signed.
type Keys = Arc<HashMap<String, (DecodingKey, Validation)>>;

async fn get_token(
    State(keys): State<Keys>,
    headers: HeaderMap,
    Json(mut request): Json<TokenSourceRequest>,
) -> Result<(StatusCode, Json<TokenSourceResponse>), StatusCode> {
    let login = verify(&keys, &headers).ok_or(StatusCode::UNAUTHORIZED)?;
    request.participant_identity = Some(login.sub);
    Ok((StatusCode::CREATED, Json(peers::answer(request))))
}

fn verify(keys: &Keys, headers: &HeaderMap) -> Option<Login> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let (key, validation) = keys.get(&decode_header(token).ok()?.kid?)?;
    Some(decode::<Login>(token, key, validation).ok()?.claims)
}

fn keys() -> Keys {
    let path = std::env::args().nth(2).expect("usage: PROGRAM PORT JWKS");
    let mut set = serde_json::from_slice::<serde_json::Value>(&std::fs::read(path).expect("keys")).expect("JSON");
    // jsonwebtoken has no ES512.
    set["keys"].as_array_mut().expect("keys").retain(|key| key["alg"] != "ES512");
    let set = serde_json::from_value::<JwkSet>(set).expect("a JWK set");
    let key = |jwk: &jsonwebtoken::jwk::Jwk| {
        let kid = jwk.common.key_id.clone().expect("a kid");
        let mut validation = Validation::new(kid.parse().expect("an algorithm"));
        validation.set_issuer(&["https://login.example"]);
        validation.set_audience(&["lkt"]);
        (kid, (DecodingKey::from_jwk(jwk).expect("a key"), validation))
    };
    Arc::new(set.keys.iter().map(key).collect())
}

#[tokio::main]
async fn main() {
    let app = Router::new().route("/getToken", post(get_token)).with_state(keys());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", peers::port())).await;
    let listener = axum::serve::ListenerExt::tap_io(listener.expect("binds"), |stream| {
        stream.set_nodelay(true).expect("no delay");
    });
    axum::serve(listener, app).await.expect("serves");
}
