//! LiveKit's page has its Rust server on warp.

use warp::Filter;
use warp::http::StatusCode;

#[tokio::main]
async fn main() {
    let route = warp::post().and(warp::path("getToken")).and(warp::body::json()).map(|request| {
        warp::reply::with_status(warp::reply::json(&peers::answer(request)), StatusCode::CREATED)
    });
    warp::serve(route).run(([127, 0, 0, 1], peers::port())).await;
}
