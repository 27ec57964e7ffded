//! The documents that `lkt serve` shows besides the endpoint: its description at `/openapi.json`, the
//! page for guests at `/join`, and on loopback the page at `/`.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, Method};

use super::gateway::Gateway;
use super::openapi::Description;
use super::page;
use crate::endpoint::{Answer, Code, Endpoint, Hosts, Outcome, Refusal, Routes};
use crate::server::Client;

const OPENAPI: &str = "/openapi.json";

/// The methods that a document allows.
const METHODS: &[Method] = &[Method::GET, Method::HEAD];

/// The description and the page.
pub(crate) struct Documents {
    /// This machine's address on its network, with `--lan`. The page shows it to phones as the address
    /// of the server. With `--lan`, the page is shown although any `Host` is accepted.
    lan: Option<IpAddr>,
    description: Description,
}

impl Documents {
    pub(crate) fn new(lan: Option<IpAddr>) -> Self {
        Self { lan, description: Description::default() }
    }

    /// Returns the endpoint's answer, or the document at the path if that answer is a 404.
    pub(crate) fn or_document(
        &self,
        answer: Answer,
        gateway: &Gateway,
        head: &Parts,
        client: Client,
    ) -> Answer {
        let endpoint = gateway.endpoint();
        let Outcome::Refused(refusal) = &answer.outcome else { return answer };
        if refusal.code != Code::NotFound {
            return answer;
        }
        let path = head.uri.path();
        let is_allowed = METHODS.contains(&head.method);
        if endpoint.routes.matches(path, OPENAPI) {
            return if is_allowed {
                endpoint.respond(head, self.description.response(&endpoint.routes))
            } else {
                endpoint.refuse(head, Refusal::method_not_allowed(head, METHODS))
            };
        }
        if let Some(answer) = gateway.join_page(head) {
            return answer;
        }
        if !is_root(path, &endpoint.routes) || !self.shows_page(endpoint, head, client) {
            return answer;
        }
        if is_allowed {
            return endpoint.respond(head, page::response(endpoint, self.lan));
        }
        let mut refused = Refusal::method_not_allowed(head, METHODS);
        // A request for a token at `/` lacks the path, which the 404 names.
        refused.hint.clone_from(&refusal.hint);
        endpoint.refuse(head, refused)
    }

    /// Whether to show the page, which is only for a browser on this machine. Both address and `Host`
    /// are checked: a browser elsewhere can send a loopback name, and a proxy on this machine passes on
    /// a different name, or adds a header.
    fn shows_page(&self, endpoint: &Endpoint, head: &Parts, client: Client) -> bool {
        let is_for_this_machine =
            matches!(endpoint.hosts, Hosts::Loopback(_)) || self.lan.is_some();
        is_for_this_machine
            && !is_remote(client)
            && Hosts::names_loopback(head)
            && !is_forwarded(&head.headers)
    }
}

/// Whether a client is on another machine. Only a proxy connects to a Unix socket.
fn is_remote(client: Client) -> bool {
    !matches!(client, Client::Tcp(address) if address.ip().to_canonical().is_loopback())
}

/// Whether a proxy says that it has passed the request on.
fn is_forwarded(headers: &HeaderMap) -> bool {
    const ADDED: [&str; 3] = ["forwarded", "via", "x-real-ip"];
    let is_added = |name: &str| name.starts_with("x-forwarded-") || ADDED.contains(&name);
    headers.keys().any(|name| is_added(name.as_str()))
}

/// Whether a path is the root, with or without the base path. A browser on this machine does not go
/// through the proxy that adds the base path.
fn is_root(path: &str, routes: &Routes) -> bool {
    routes.matches(path, "/") || Routes::default().matches(path, "/")
}
