//! Which paths are served.

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
    /// Prefix of every path, such as `/livekit`; empty for none.
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

impl Routes {
    pub(super) fn find(&self, head: &Parts) -> Result<Route, Refusal> {
        let path = head.uri.path();
        let route = self.route(path);
        let route = route.ok_or_else(|| Refusal::not_found(path, &self.shown()))?;
        let allowed: &[Method] = match route {
            Route::Health => &[Method::GET, Method::HEAD],
            Route::Token(_) => &[Method::POST, Method::OPTIONS],
        };
        if allowed.contains(&head.method) {
            return Ok(route);
        }
        Err(Refusal::method_not_allowed(head, allowed))
    }

    /// The path of the token endpoint to tell people about.
    pub fn shown(&self) -> String {
        self.with_base(self.token.first().map_or("", String::as_str))
    }

    /// A path with [`base`](Self::base) before it, one slash at its front and none at its end.
    pub fn with_base(&self, path: &str) -> String {
        let parts = parts(&self.base).chain(parts(path));
        format!("/{}", parts.collect::<Vec<_>>().join("/"))
    }

    /// Whether `path` is `served` with [`base`](Self::base) before it. Doubled slashes and slashes at
    /// the end are ignored.
    pub fn matches(&self, path: &str, served: &str) -> bool {
        parts(path).eq(parts(&self.base).chain(parts(served)))
    }

    fn route(&self, path: &str) -> Option<Route> {
        // Probes ask the process directly, and not through the proxy that adds the base path.
        if parts(path).eq(parts(HEALTH)) {
            return Some(Route::Health);
        }
        if self.token.iter().any(|served| self.matches(path, served)) {
            return Some(Route::Token(TokenRoute::Standard));
        }
        let others = [
            (SANDBOX, Route::Token(TokenRoute::Sandbox)),
            (SANDBOX_V1, Route::Token(TokenRoute::SandboxV1)),
            (HEALTH, Route::Health),
        ];
        others.into_iter().find(|(served, _)| self.matches(path, served)).map(|(_, route)| route)
    }
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
