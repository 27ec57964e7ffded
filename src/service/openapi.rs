//! `GET /openapi.json`: describes the endpoint for programs (OpenAPI 3.1).
//!
//! The text in `openapi.json` is written by hand for the usual paths. This module replaces them with
//! the paths that are served.

use std::sync::{Arc, PoisonError, RwLock};

use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};

use crate::endpoint::Routes;

const DESCRIPTION: &str = include_str!("openapi.json");

/// The description for one set of routes. It is created on the first request, because that takes far
/// longer than any other answer. The routes may change with a reload.
#[derive(Debug, Default)]
pub(crate) struct Description(RwLock<Option<(Routes, Arc<[u8]>)>>);

impl Description {
    pub(crate) fn response(&self, routes: &Routes) -> Response<Vec<u8>> {
        let mut response = Response::new(self.text(routes).to_vec());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Nothing in it is secret, but the next server on this port may serve something else.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }

    fn text(&self, routes: &Routes) -> Arc<[u8]> {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = made.as_ref().filter(|(of, _)| of == routes) {
            return Arc::clone(text);
        }
        drop(made);
        let text = Arc::from(description(routes).to_string().into_bytes());
        let made = (routes.clone(), Arc::clone(&text));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(made);
        text
    }
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
    // The base path is in `servers`.
    let usual = Routes::default();
    let mut items = usual.token.iter().filter_map(|path| paths.remove(path)).collect::<Vec<_>>();
    let Some(item) = items.pop() else { return };
    paths.extend(routes.token.iter().map(|path| (usual.with_base(path), item.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_made_once_for_the_same_routes() {
        let description = Description::default();
        let usual = description.text(&Routes::default());
        assert!(Arc::ptr_eq(&usual, &description.text(&Routes::default())));
        let routes = Routes { base: "/livekit".to_owned(), ..Routes::default() };
        assert_ne!(description.text(&routes), usual);
        assert_eq!(description.text(&Routes::default()), usual);
    }
}
