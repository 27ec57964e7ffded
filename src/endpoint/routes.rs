//! Which path does what.

use http::Method;
use http::request::Parts;

use super::Refusal;

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Hands out tokens.
    Token(TokenRoute),
    /// `/healthz`.
    Health,
    /// `/openapi.json`: the endpoint's description.
    OpenApi,
    /// `/`: the page for people, on loopback only.
    Page,
}

/// The kinds of paths that hand out tokens. They differ in the form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenRoute {
    /// LiveKit's standard token endpoint.
    Standard,
    /// LiveKit Cloud's development token server, `/api/v2/sandbox/connection-details`.
    Sandbox,
    /// Its first version, `/api/sandbox/connection-details`, which the ESP32 client asks.
    SandboxV1,
}

/// The paths that are served.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routes {
    /// The token endpoint's.
    pub token: Vec<String>,
    /// What stands before every path, such as `/livekit`; empty for nothing.
    pub base: String,
}

impl Default for Routes {
    /// The paths that LiveKit's documents and example servers use.
    fn default() -> Self {
        let token = ["/getToken", "/createToken", "/create-token", "/api/token"];
        Self { token: token.map(str::to_owned).to_vec(), base: String::new() }
    }
}

const SANDBOX: &str = "/api/v2/sandbox/connection-details";
const SANDBOX_V1: &str = "/api/sandbox/connection-details";
const HEALTH: &str = "/healthz";
const OPENAPI: &str = "/openapi.json";

impl Routes {
    /// `page` says whether the page for people may be shown.
    pub(super) fn find(&self, head: &Parts, page: impl Fn() -> bool) -> Result<Route, Refusal> {
        let path = head.uri.path();
        let page = || (self.is_root(path) && page()).then_some(Route::Page);
        let route = self.route(path).or_else(page);
        let route = route.ok_or_else(|| Refusal::not_found(path, &self.shown()))?;
        let allowed: &[Method] = match route {
            Route::Health | Route::OpenApi | Route::Page => &[Method::GET, Method::HEAD],
            Route::Token(_) => &[Method::POST, Method::OPTIONS],
        };
        if allowed.contains(&head.method) {
            return Ok(route);
        }
        let refusal = Refusal::method(head, allowed);
        // Whoever asks the page for a token forgot the path.
        Err(if route == Route::Page { refusal.or_tokens_at(&self.shown()) } else { refusal })
    }

    /// The path of the token endpoint to tell people about.
    pub fn shown(&self) -> String {
        let first = self.token.first().map_or("", String::as_str);
        normal(&format!("{}/{first}", self.base))
    }

    /// With and without what stands before every path: a browser on this machine comes directly.
    fn is_root(&self, path: &str) -> bool {
        parts(path).next().is_none() || parts(path).eq(parts(&self.base))
    }

    fn route(&self, path: &str) -> Option<Route> {
        // Probes ask the process itself, not through whatever puts the base path before it.
        if parts(path).eq(parts(HEALTH)) {
            return Some(Route::Health);
        }
        let mut rest = parts(path);
        if !parts(&self.base).all(|part| rest.next() == Some(part)) {
            return None;
        }
        let is = |served: &str| rest.clone().eq(parts(served));
        if self.token.iter().any(|served| is(served)) {
            return Some(Route::Token(TokenRoute::Standard));
        }
        let others = [
            (SANDBOX, Route::Token(TokenRoute::Sandbox)),
            (SANDBOX_V1, Route::Token(TokenRoute::SandboxV1)),
            (HEALTH, Route::Health),
            (OPENAPI, Route::OpenApi),
        ];
        others.into_iter().find(|(served, _)| is(served)).map(|(_, route)| route)
    }
}

/// One slash at the front, none at the end, and none doubled.
pub(super) fn normal(path: &str) -> String {
    format!("/{}", parts(path).collect::<Vec<_>>().join("/"))
}

/// A path without its slashes. Those at the end and doubled ones do not count: clients join base and
/// path with too many, and a redirect would lose the body.
fn parts(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_base_paths_are_forgiven_but_not_other_names() {
        let routes = Routes { base: "/livekit/".to_owned(), ..Routes::default() };
        for path in ["/livekit/getToken", "//livekit//getToken/", "/livekit/api/token"] {
            assert_eq!(routes.route(path), Some(Route::Token(TokenRoute::Standard)), "{path}");
        }
        for path in ["/getToken", "/livekitgetToken", "/livekit", "/livekit/gettoken"] {
            assert_eq!(routes.route(path), None, "{path}");
        }
        assert_eq!(routes.route("/healthz"), Some(Route::Health));
        assert_eq!(routes.shown(), "/livekit/getToken");
    }

    #[test]
    fn a_root_path_can_be_served() {
        let routes = Routes { token: vec!["/".to_owned()], ..Routes::default() };
        assert_eq!(routes.route(""), Some(Route::Token(TokenRoute::Standard)));
        assert_eq!(routes.shown(), "/");
    }
}
