//! The token endpoint as a part of an axum server: `cargo run --example axum`, or with another
//! address: `cargo run --example axum 127.0.0.1:0`.

#![allow(clippy::disallowed_methods)] // reads the clock

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use lkt::endpoint::{Endpoint, Hosts, Random, Refusal};
use lkt::token::KeyPair;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let endpoint = Arc::new(endpoint()?);
    // Your own routes go before it. What no route takes, the endpoint answers, with 404 if need be.
    let app = Router::new().fallback(hand_out_token).with_state(Arc::clone(&endpoint));
    let listener = TcpListener::bind(address).await?;
    eprintln!("listening at http://{}{}", listener.local_addr()?, endpoint.routes.shown());
    axum::serve(listener, app).await?;
    Ok(())
}

/// What `livekit-server --dev` knows. In production, key and secret come from where you keep them.
fn endpoint() -> Result<Endpoint, Box<dyn Error>> {
    let random = Random::new(|| getrandom::u64().expect("the system has randomness"));
    let mut endpoint = Endpoint::new(KeyPair::dev(), "ws://localhost:7880".parse()?, random);
    // For this machine alone: no other name resolves to it.
    endpoint.hosts = Hosts::Loopback(Vec::new());
    Ok(endpoint)
}

async fn hand_out_token(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let answer = match to_bytes(body, endpoint.max_body).await {
        Ok(body) => {
            endpoint.handle(http::Request::from_parts(head, body.to_vec()), SystemTime::now())
        }
        Err(_) => endpoint.refuse(&head, Refusal::too_large(endpoint.max_body)),
    };
    answer.response.map(Body::from)
}
