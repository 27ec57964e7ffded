//! Web pages that may ask, and host names that the server answers to: the whole table.

use http::{Request, Response};
use lkt::endpoint::{Endpoint, Hosts, Origins};

use crate::endpoint::{endpoint, handle, json_of};

fn with(origins: Origins) -> Endpoint {
    let mut endpoint = endpoint();
    endpoint.origins = origins;
    endpoint
}

fn send(
    endpoint: &Endpoint,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<Vec<u8>> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    handle(endpoint, builder.body(Vec::new()).expect("a request"))
}

fn header<'a>(response: &'a Response<Vec<u8>>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

/// Origin × rule: whether the page may ask.
#[test]
fn origins_under_each_rule() {
    let only = || Origins::only(["https://app.example"]).expect("an origin");
    let lan = || Origins::Local(vec!["192.168.1.5".to_owned()]);
    let none: fn() -> Origins = Origins::default;
    let cases: [(&str, [bool; 4]); 13] = [
        // origin, and whether it is allowed by: default, --cors-origin, --cors-origin *, --lan
        ("http://localhost:5173", [true, false, true, true]),
        ("https://localhost", [true, false, true, true]),
        ("http://127.0.0.1:8080", [true, false, true, true]),
        ("http://[::1]:3000", [true, false, true, true]),
        ("http://app.localhost:3000", [true, false, true, true]),
        ("https://app.example", [false, true, true, false]),
        ("https://app.example:444", [false, false, true, false]),
        ("http://app.example", [false, false, true, false]),
        ("https://evil.example", [false, false, true, false]),
        ("http://localhost.evil.example", [false, false, true, false]),
        ("http://192.168.1.5:5173", [false, false, true, true]),
        ("null", [false, false, true, false]),
        ("file://", [false, false, true, false]),
    ];
    for (origin, allowed) in cases {
        let rules = [none(), only(), Origins::Any, lan()];
        for (rule, allowed) in rules.into_iter().zip(allowed) {
            let endpoint = with(rule.clone());
            for method in ["POST", "OPTIONS", "GET"] {
                let response = send(&endpoint, method, "/getToken", &[("origin", origin)]);
                let shown = header(&response, "access-control-allow-origin");
                assert_eq!(shown, allowed.then_some(origin), "{method} {origin} {rule:?}");
                let foreign = response.status() == 403;
                assert_eq!(foreign, !allowed, "{method} {origin} {rule:?}");
                let credentials = header(&response, "access-control-allow-credentials");
                assert_eq!(credentials.is_some(), allowed && origin != "null", "{origin} {rule:?}");
                let vary = response.headers().get_all("vary").iter().any(|value| value == "Origin");
                assert!(vary, "{method} {origin}");
            }
        }
    }
}

#[test]
fn a_preflight_allows_what_it_was_asked_for_on_every_path() {
    for path in [
        "/getToken",
        "/api/token",
        "/api/v2/sandbox/connection-details",
        "/api/sandbox/connection-details",
    ] {
        let response = send(
            &endpoint(),
            "OPTIONS",
            path,
            &[
                ("origin", "http://localhost:5173"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,content-type,x-sandbox-id"),
                ("access-control-request-private-network", "true"),
            ],
        );
        assert_eq!((response.status().as_u16(), response.body().len()), (204, 0), "{path}");
        let allowed = header(&response, "access-control-allow-headers");
        assert_eq!(allowed, Some("authorization,content-type,x-sandbox-id"));
        assert!(
            header(&response, "access-control-allow-methods")
                .is_some_and(|methods| methods.contains("POST"))
        );
        assert_eq!(header(&response, "access-control-allow-private-network"), Some("true"));
    }
    let plain = send(&endpoint(), "OPTIONS", "/getToken", &[("origin", "http://localhost:1")]);
    assert_eq!(header(&plain, "access-control-allow-private-network"), None);
}

#[test]
fn a_preflight_needs_no_credentials() {
    let mut endpoint = endpoint();
    endpoint.callers.bearer = lkt::endpoint::BearerTokens::from_lines("t0ken");
    let response = send(&endpoint, "OPTIONS", "/getToken", &[("origin", "http://localhost:1")]);
    assert_eq!(response.status(), 204);
    let response = send(&endpoint, "POST", "/getToken", &[("origin", "http://localhost:1")]);
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "access-control-allow-origin"), Some("http://localhost:1"));
}

#[test]
fn errors_can_be_read_by_a_page_too() {
    let origin = ("origin", "http://localhost:1");
    for (method, path, status) in [("POST", "/nowhere", 404), ("GET", "/getToken", 405)] {
        let response = send(&endpoint(), method, path, &[origin]);
        assert_eq!(response.status(), status);
        assert_eq!(header(&response, "access-control-allow-origin"), Some("http://localhost:1"));
        assert_eq!(
            header(&response, "access-control-expose-headers"),
            Some("Lkt-Error, Lkt-Ignored, Retry-After, WWW-Authenticate, X-Request-Id")
        );
    }
}

#[test]
fn a_proxy_that_sets_the_headers_is_left_to_it() {
    for method in ["POST", "OPTIONS"] {
        let response =
            send(&with(Origins::Proxy), method, "/getToken", &[("origin", "https://evil.example")]);
        assert!(response.status().is_success());
        let cors =
            response.headers().keys().any(|name| name.as_str().starts_with("access-control"));
        assert!(!cors && header(&response, "vary").is_none(), "{response:?}");
    }
}

#[test]
fn clients_that_are_no_browser_send_no_origin_and_are_served() {
    let only = with(Origins::only(["https://app.example"]).expect("an origin"));
    assert_eq!(send(&only, "POST", "/getToken", &[]).status(), 201);
}

#[test]
fn dns_rebinding_is_refused() {
    let mut endpoint = endpoint();
    endpoint.hosts = Hosts::Loopback(vec!["token.test".to_owned()]);
    for (host, status) in [
        ("localhost:3000", 201),
        ("127.0.0.1:3000", 201),
        ("[::1]:3000", 201),
        ("LOCALHOST", 201),
        ("token.test:3000", 201),
        ("evil.example:3000", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:3000", 403),
        ("169.254.169.254", 201),
        ("localhost:evil.com", 403),
        ("localhost:80:80", 403),
        ("localhost:", 201),
        ("10.0.2.2:3000", 201),
        ("10.0.2.20", 201),
        ("evil.com/.localhost", 403),
        ("evil.com#.localhost", 403),
        ("evil@localhost", 403),
        ("[localhost]", 403),
        ("[[::1]]", 403),
        ("[::1]evil", 403),
        (".localhost", 403),
        ("", 403),
    ] {
        let response = send(&endpoint, "POST", "/getToken", &[("host", host)]);
        assert_eq!(response.status(), status, "{host}");
        if status == 403 {
            assert_eq!(json_of(&response)["code"], "host_denied");
        }
    }
}

#[test]
fn a_client_in_the_android_emulator_gets_a_url_that_it_can_reach() {
    let mut endpoint = endpoint();
    for (server_url, host, expected) in [
        ("ws://localhost:7880", "10.0.2.2:3000", "ws://10.0.2.2:7880"),
        ("ws://localhost:7880", "localhost:3000", "ws://localhost:7880"),
        ("wss://x.livekit.cloud", "10.0.2.2:3000", "wss://x.livekit.cloud"),
    ] {
        endpoint.server_url = server_url.parse().expect(server_url);
        let response = send(&endpoint, "POST", "/getToken", &[("host", host)]);
        assert_eq!(json_of(&response)["server_url"], expected, "{server_url} {host}");
    }
}

#[test]
fn a_bearer_token_is_asked_for_and_compared_as_a_whole() {
    let mut endpoint = endpoint();
    endpoint.callers.bearer = lkt::endpoint::BearerTokens::from_lines("# ours\n t0ken \n\nother\n");
    let status = |endpoint: &Endpoint, lines: &[&str]| {
        let headers = lines.iter().map(|line| ("authorization", *line)).collect::<Vec<_>>();
        send(endpoint, "POST", "/getToken", &headers).status().as_u16()
    };
    for line in ["Bearer t0ken", "bearer other", "BEARER  t0ken"] {
        assert_eq!(status(&endpoint, &[line]), 201, "{line}");
    }
    for line in [
        "Bearer t0ke",
        "Bearer t0kenx",
        "Bearer",
        "Bearer ",
        "Basic t0ken",
        "t0ken",
        "Bearer # ours",
        "",
    ] {
        assert_eq!(status(&endpoint, &[line]), 401, "{line}");
    }
    assert_eq!(status(&endpoint, &[]), 401);
    assert_eq!(status(&endpoint, &["Bearer t0ken", "Bearer t0ken"]), 401);
    // A token that is in the file twice is accepted like any other.
    endpoint.callers.bearer = lkt::endpoint::BearerTokens::from_lines("t0ken\nt0ken\n");
    let response = send(&endpoint, "POST", "/getToken", &[("authorization", "Bearer t0ken")]);
    assert_eq!(response.status(), 201);
    let response = send(&endpoint, "POST", "/getToken", &[]);
    assert!(header(&response, "www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
}

#[test]
fn a_sandbox_id_is_checked_where_it_is_sent() {
    let mut endpoint = endpoint();
    endpoint.callers.sandbox_id = Some("my-app-1abc".to_owned());
    let path = "/api/v2/sandbox/connection-details";
    for (id, status) in [("my-app-1abc", 201), ("\"my-app-1abc\"", 201), ("other", 403), ("", 403)]
    {
        assert_eq!(send(&endpoint, "POST", path, &[("x-sandbox-id", id)]).status(), status, "{id}");
    }
    assert_eq!(send(&endpoint, "POST", path, &[]).status(), 403);
    assert_eq!(send(&endpoint, "POST", "/getToken", &[]).status(), 201);
    // A sandbox ID without letters and digits protects too.
    endpoint.callers.sandbox_id = Some("__".to_owned());
    for (id, status) in [("__", 201), ("--", 403), ("", 403)] {
        assert_eq!(send(&endpoint, "POST", path, &[("x-sandbox-id", id)]).status(), status, "{id}");
    }
    assert_eq!(send(&endpoint, "POST", path, &[]).status(), 403);
    assert!(!format!("{:?}", endpoint.callers).contains("__"));
}
