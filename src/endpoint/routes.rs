//! The paths that are served.

use http::Method;
use http::request::Parts;

use super::Refusal;

/// The purpose of a path.
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
    /// The first version of that server, `/api/sandbox/connection-details`, which the ESP32 client
    /// uses.
    SandboxV1,
    /// `GET /api/connection-details` of LiveKit's older starter apps.
    ConnectionDetails,
}

impl Route {
    fn methods(self) -> &'static [Method] {
        match self {
            Self::Health => &[Method::GET, Method::HEAD],
            Self::Token(TokenRoute::ConnectionDetails) => &[Method::GET, Method::OPTIONS],
            Self::Token(_) => &[Method::POST, Method::OPTIONS],
        }
    }
}

/// The paths that are served.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routes {
    /// The paths of the token endpoint.
    pub token: Vec<String>,
    /// Paths that answer `GET` with `roomName` and `participantName` in the query, as LiveKit's older
    /// starter apps send it. By default there are none: unlike a `POST`, any link or image leads to a
    /// `GET`.
    pub connection_details: Vec<String>,
    /// Prefix of every path, such as `/livekit`; empty for none.
    pub base: String,
}

impl Default for Routes {
    /// The paths that LiveKit's documents and example servers use.
    fn default() -> Self {
        let token = ["/getToken", "/createToken", "/create-token", "/api/token"];
        let token = token.map(str::to_owned).to_vec();
        Self { token, connection_details: Vec::new(), base: String::new() }
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
        let allowed = route.methods();
        if allowed.contains(&head.method) {
            return Ok(route);
        }
        Err(Refusal::method_not_allowed(head, allowed))
    }

    /// Whether a request is for the health check.
    pub(super) fn is_health_check(&self, head: &Parts) -> bool {
        let is_read = [Method::GET, Method::HEAD].contains(&head.method);
        is_read && self.route(head.uri.path()) == Some(Route::Health)
    }

    /// Whether a request only finds out whether there is a server: `OPTIONS *` and `OPTIONS /`, the health
    /// checks of Apache and HAProxy (RFC 9110, section 9.3.7).
    pub(super) fn is_probe(head: &Parts) -> bool {
        head.method == Method::OPTIONS && ["*", "/"].contains(&head.uri.path())
    }

    /// The methods of a path, for `Allow`.
    pub(super) fn allowed(&self, path: &str) -> &'static str {
        match self.route(path) {
            Some(Route::Health) => "GET, HEAD",
            Some(Route::Token(TokenRoute::ConnectionDetails)) => "GET, OPTIONS",
            Some(Route::Token(_)) => "POST, OPTIONS",
            None if path == "/" => "GET, HEAD, OPTIONS",
            None => "GET, HEAD, POST, OPTIONS",
        }
    }

    /// Whether a path is that of the health check without [`base`](Self::base).
    pub fn is_health(&self, path: &str) -> bool {
        parts(path).eq(parts(HEALTH))
    }

    /// Whether `path` is `served`, with or without [`base`](Self::base) before it: probes connect to the
    /// process directly, without the proxy that adds the base path.
    pub fn matches_probe(&self, path: &str, served: &str) -> bool {
        parts(path).eq(parts(served)) || self.matches(path, served)
    }

    /// Returns the path of the token endpoint to show to people.
    pub fn shown(&self) -> String {
        self.with_base(self.token.first().map_or("", String::as_str))
    }

    /// Returns a path with [`base`](Self::base) before it, one leading slash and no trailing slash.
    pub fn with_base(&self, path: &str) -> String {
        let parts = [self.base.as_str(), path].into_iter().flat_map(|path| path.split('/'));
        let parts = parts.filter(|part| !part.is_empty());
        format!("/{}", parts.collect::<Vec<_>>().join("/"))
    }

    /// Whether `path` is `served` with [`base`](Self::base) before it. Doubled and trailing slashes
    /// are ignored.
    pub fn matches(&self, path: &str, served: &str) -> bool {
        parts(path).eq(parts(&self.base).chain(parts(served)))
    }

    fn route(&self, path: &str) -> Option<Route> {
        // Probes connect to the process directly, without the proxy that adds the base path.
        if self.is_health(path) {
            return Some(Route::Health);
        }
        if self.token.iter().any(|served| self.matches(path, served)) {
            return Some(Route::Token(TokenRoute::Standard));
        }
        if self.connection_details.iter().any(|served| self.matches(path, served)) {
            return Some(Route::Token(TokenRoute::ConnectionDetails));
        }
        let others = [
            (SANDBOX, Route::Token(TokenRoute::Sandbox)),
            (SANDBOX_V1, Route::Token(TokenRoute::SandboxV1)),
            (HEALTH, Route::Health),
        ];
        others.into_iter().find(|(served, _)| self.matches(path, served)).map(|(_, route)| route)
    }
}

/// Splits a path at its slashes. Doubled and trailing slashes are ignored: some clients join base
/// and path with too many, and a redirect would lose the body.
fn parts(path: &str) -> impl Iterator<Item = &[u8]> + Clone {
    path.as_bytes().split(|&byte| byte == b'/').filter(|part| !part.is_empty())
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
