//! The same on axum.

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use peers::{TokenSourceRequest, TokenSourceResponse};

async fn get_token(
    Json(request): Json<TokenSourceRequest>,
) -> (StatusCode, Json<TokenSourceResponse>) {
    (StatusCode::CREATED, Json(peers::answer(request)))
}

#[tokio::main]
async fn main() {
    let app = Router::new().route("/getToken", post(get_token));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", peers::port())).await;
    let listener = axum::serve::ListenerExt::tap_io(listener.expect("binds"), |stream| {
        stream.set_nodelay(true).expect("no delay");
    });
    axum::serve(listener, app).await.expect("serves");
}
