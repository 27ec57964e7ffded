//! `GET /openapi.json`: what this endpoint takes and answers, for programs (OpenAPI 3.1).
//!
//! The text is written by hand in `openapi.json`, for the usual paths; this module puts in the
//! paths that are served.

use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};

use crate::endpoint::Routes;

const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) fn response(routes: &Routes) -> Response<Vec<u8>> {
    let mut response = Response::new(description(routes).to_string().into_bytes());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Nothing in it is secret, but the next server at this port may serve something else.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn description(routes: &Routes) -> Value {
    // A test makes sure that it parses.
    let mut document = serde_json::from_str::<Map<_, _>>(DESCRIPTION).unwrap_or_default();
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        name_token_paths(paths, routes);
    }
    document.insert("servers".to_owned(), json!([{"url": routes.with_base("/")}]));
    Value::Object(document)
}

fn name_token_paths(paths: &mut Map<String, Value>, routes: &Routes) {
    // The base path stands in `servers`.
    let usual = Routes::default();
    let mut items = usual.token.iter().filter_map(|path| paths.remove(path)).collect::<Vec<_>>();
    let Some(item) = items.pop() else { return };
    paths.extend(routes.token.iter().map(|path| (usual.with_base(path), item.clone())));
}
