//! What comes to the endpoint besides requests for tokens: health checks, preflights, other hosts, and
//! requests that are meant otherwise than they are written.

use http::{Request, Response};
use lkt::endpoint::{Endpoint, Hosts, Origins, Outcome};
use serde_json::{Value, json};

use crate::endpoint::{claims, endpoint, handle, json_of, request};
use crate::support::{Answer, Connection, TestServer, json_post, lkt};

fn send(
    endpoint: &Endpoint,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Response<Vec<u8>> {
    let mut builder = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    handle(endpoint, builder.body(Vec::new()).expect("a request"))
}

/// The answer of a server to these bytes.
fn http(address: std::net::SocketAddr, request: &str) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(request);
    connection.answer().expect("an answer")
}

fn header<'a>(response: &'a Response<Vec<u8>>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[test]
fn health_checks_of_proxies_are_answered_whatever_their_host() {
    let endpoint = endpoint();
    assert_eq!(endpoint.hosts, Hosts::Loopback(Vec::new()));
    for (target, allow) in [("*", "GET, HEAD, POST, OPTIONS"), ("/", "GET, HEAD, OPTIONS")] {
        for headers in [&[][..], &[("host", "backend")], &[("host", "10.0.0.7:3000")]] {
            let response = send(&endpoint, "OPTIONS", target, headers);
            assert_eq!((response.status().as_u16(), response.body().len()), (204, 0), "{target}");
            assert_eq!(header(&response, "allow"), allow);
        }
    }
    for method in ["GET", "HEAD"] {
        let response = send(&endpoint, method, "/healthz", &[("host", "lkt_cluster")]);
        assert_eq!(response.status(), 200, "{method}");
    }
    let response = send(&endpoint, "POST", "/getToken", &[("host", "lkt_cluster")]);
    assert_eq!(json_of(&response)["code"], "host_denied");
}

#[test]
fn a_server_answers_the_health_checks_of_haproxy_apache_and_envoy() {
    let server = TestServer::start("");
    for (check, status) in [
        ("OPTIONS / HTTP/1.0\r\n\r\n", 204),
        ("OPTIONS * HTTP/1.0\r\n\r\n", 204),
        ("OPTIONS * HTTP/1.1\r\nHost: lkt\r\n\r\n", 204),
        ("GET /healthz HTTP/1.1\r\nHost: lkt_cluster\r\n\r\n", 200),
        ("GET /openapi.json HTTP/1.1\r\nHost: lkt_cluster\r\n\r\n", 403),
    ] {
        assert_eq!(http(server.address(), check).status, status, "{check}");
    }
}

#[test]
fn an_address_a_fully_qualified_name_and_a_name_below_an_allowed_one_are_hosts() {
    let mut endpoint = endpoint();
    endpoint.hosts = Hosts::Loopback(vec![".ngrok-free.app".to_owned(), "tokens.test".to_owned()]);
    for (host, status) in [
        ("192.168.1.5:5173", 201),
        ("[fe80::1]:5173", 201),
        ("8.8.8.8", 201),
        ("localhost.:3000", 201),
        ("tokens.test.", 201),
        ("ngrok-free.app", 201),
        ("a-b.ngrok-free.app", 201),
        ("evilngrok-free.app", 403),
        ("a.tokens.test", 403),
        ("127.0.0.1.nip.io", 403),
        ("2130706433", 403),
    ] {
        let response = send(&endpoint, "POST", "/getToken", &[("host", host)]);
        assert_eq!(response.status(), status, "{host}");
    }
}

/// A preflight of an allowed origin is answered on any path and host, so that the page can read why the
/// request itself is refused.
#[test]
fn a_page_can_read_why_its_request_is_refused() {
    let endpoint = endpoint();
    let origin = ("origin", "http://localhost:5173");
    for (method, path, host, code) in [
        ("POST", "/getTokens", "localhost", "not_found"),
        ("POST", "/getToken", "evil.example", "host_denied"),
        ("PUT", "/getToken", "localhost", "method_not_allowed"),
        ("POST", "/healthz", "localhost", "method_not_allowed"),
    ] {
        let asked = [origin, ("host", host), ("access-control-request-method", method)];
        let preflight = send(&endpoint, "OPTIONS", path, &asked);
        assert_eq!(preflight.status(), 204, "{method} {path} {host}");
        assert_eq!(header(&preflight, "access-control-allow-origin"), origin.1);
        let methods = header(&preflight, "access-control-allow-methods");
        assert!(methods.split(", ").any(|allowed| allowed == method), "{methods}");
        let response = send(&endpoint, method, path, &[origin, ("host", host)]);
        assert_eq!(json_of(&response)["code"], code);
        assert_eq!(header(&response, "access-control-allow-origin"), origin.1);
        assert_eq!(
            header(&response, "access-control-expose-headers"),
            "Lkt-Error, Lkt-Ignored, Retry-After, WWW-Authenticate, X-Request-Id"
        );
    }
    let foreign = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let response = send(&endpoint, "OPTIONS", "/getTokens", &foreign);
    assert_eq!(json_of(&response)["code"], "origin_denied");
    assert_eq!(header(&response, "access-control-allow-origin"), "");
    // Without a requested method it is no preflight.
    assert_eq!(send(&endpoint, "OPTIONS", "/getTokens", &[origin]).status(), 404);
}

#[test]
fn apps_made_of_web_pages_are_local_and_a_pattern_allows_one_label() {
    let pattern = Origins::only(["https://*.preview.example.com"]).expect("a pattern");
    let local = |with: Origins| match with {
        Origins::Only(origins) => Origins::LocalAnd(Vec::new(), origins),
        other => other,
    };
    for (origin, allowed) in [
        ("tauri://localhost", [true, false, true]),
        ("capacitor://localhost", [true, false, true]),
        ("ionic://localhost", [true, false, true]),
        ("http://tauri.localhost", [true, false, true]),
        ("tauri://evil.example", [false, false, false]),
        ("chrome-extension://localhost", [false, false, false]),
        ("https://pr-7.preview.example.com", [false, true, true]),
        ("https://a.b.preview.example.com", [false, false, false]),
    ] {
        let rules = [Origins::default(), pattern.clone(), local(pattern.clone())];
        for (rule, allowed) in rules.into_iter().zip(allowed) {
            let mut endpoint = endpoint();
            endpoint.origins = rule;
            let response = send(&endpoint, "POST", "/getToken", &[("origin", origin)]);
            assert_eq!(response.status() == 201, allowed, "{origin} {:?}", endpoint.origins);
        }
    }
}

#[test]
fn an_origin_option_says_what_it_replaces() {
    let server = TestServer::start("--cors-origin https://*.preview.example.com");
    let post = |origin: &str| {
        let head = format!(
            "POST /getToken HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nContent-Length: 0\r\n\r\n"
        );
        http(server.address(), &head)
    };
    // TestServer has --dev.
    assert_eq!(post("http://localhost:5173").status, 201);
    assert_eq!(post("https://pr-1.preview.example.com").status, 201);
    let refused = post("https://other.example").json();
    assert_eq!(refused["error"], "the origin `https://other.example` is not allowed");
    assert_eq!(
        refused["hint"],
        "start lkt with --cors-origin and that origin; unless --dev is given, it replaces the default, \
         pages on localhost"
    );
    for origin in ["null", "file://"] {
        let hint = post(origin).json()["hint"].clone();
        assert_eq!(
            hint,
            "open the page from a web server, such as http://localhost; --cors-origin null would \
             allow every local file and every page in a sandbox"
        );
    }
    for (origin, error) in [
        ("https://*.vercel.app", "would allow pages of everyone who has a name below `vercel.app`"),
        ("http://*.example.com", "is not a pattern for origins"),
    ] {
        let said = lkt(&format!("serve --dev --cors-origin {origin}")).fails(2);
        assert!(said.contains(&format!("`{origin}` {error}")), "{said}");
    }
}

#[test]
fn older_starters_are_answered_only_at_a_path_that_is_given() {
    let target = "/api/connection-details?roomName=my+room&participantName=Ada%20L&region=x";
    assert_eq!(send(&endpoint(), "GET", target, &[]).status(), 404);
    let mut endpoint = endpoint();
    endpoint.routes.connection_details = vec!["/api/connection-details".to_owned()];
    let response = send(&endpoint, "GET", target, &[("origin", "http://localhost:3000")]);
    let answer = json_of(&response);
    assert_eq!((response.status().as_u16(), &answer["roomName"]), (200, &json!("my room")));
    assert_eq!(answer["participantName"], "Ada L");
    assert_eq!(answer["serverUrl"], "ws://localhost:7880");
    let token = answer["participantToken"].as_str().expect("a token");
    assert_eq!(crate::support::claims_value(token)["video"]["room"], "my room");
    assert_eq!(header(&response, "lkt-ignored"), "?region");
    assert_eq!(send(&endpoint, "POST", target, &[]).status(), 405);
    endpoint.policy.deny.insert("room_name".parse().expect("a field"));
    assert_eq!(json_of(&send(&endpoint, "GET", target, &[]))["code"], "field_denied");
    let said = lkt("serve --dev --connection-details details").fails(2);
    assert!(said.contains("write it as `/details`"), "{said}");
}

#[test]
fn a_request_that_names_a_field_otherwise_is_refused_if_it_sets_none() {
    let post = |target: &str, body: &Value| {
        let mut request = request(body.to_string());
        *request.uri_mut() = target.parse().expect("a target");
        handle(&endpoint(), request)
    };
    for (target, body, field, hint) in [
        ("/getToken", json!({"room": "a"}), "room", "send `room_name` instead"),
        (
            "/getToken",
            json!({"new": 1, "user_id": "a"}),
            "user_id",
            "send `participant_identity` instead",
        ),
        ("/getToken?roomName=a", json!({}), "?roomName", "send {\"room_name\": …} as a JSON body"),
        (
            "/getToken?room=a&b",
            json!({"room_name": ""}),
            "?room",
            "send {\"room_name\": …} as a JSON body",
        ),
    ] {
        let answer = json_of(&post(target, &body));
        assert_eq!(answer["code"], "mistaken_name", "{answer}");
        assert_eq!((&answer["field"], &answer["hint"]), (&json!(field), &json!(hint)));
    }
    // With a field, or a name that could be a newer client's, it is answered, and says what it ignores.
    for (target, body, ignored) in [
        ("/getToken?room=a", json!({"room_name": "b"}), "?room"),
        ("/getToken", json!({"room": "a", "participant_name": "b"}), "room"),
        ("/getToken?x=1&y", json!({"new_field": "a"}), "new_field, ?x, ?y"),
    ] {
        let response = post(target, &body);
        claims(&response);
        assert_eq!(header(&response, "lkt-ignored"), ignored);
    }
    let json = [("content-type", "application/json")];
    let response = send(&endpoint(), "POST", "/getToken", &json);
    assert_eq!(header(&response, "lkt-ignored"), "a body without Content-Length");
    let json = [("content-type", "application/json"), ("content-length", "0")];
    assert_eq!(header(&send(&endpoint(), "POST", "/getToken", &json), "lkt-ignored"), "");
}

#[test]
fn an_answer_that_the_esp32_client_cuts_off_is_reported() {
    let cut_off = |path: &str, letters: usize| {
        let body = json!({"participant_metadata": "x".repeat(letters)}).to_string();
        let mut request = request(body);
        *request.uri_mut() = path.parse().expect("a path");
        let answer = endpoint().handle(request, crate::support::now());
        let length = answer.response.body().len();
        match answer.outcome {
            Outcome::Minted(minted) => (minted.cut_off, length),
            other => panic!("{other:?}"),
        }
    };
    let esp32 = "/api/sandbox/connection-details";
    assert_eq!(cut_off(esp32, 100).0, None);
    let (reported, length) = cut_off(esp32, 2000);
    assert_eq!(reported, Some(length));
    assert_eq!(cut_off("/getToken", 2000).0, None);
    let server = TestServer::start("");
    let body = json!({"participant_metadata": "x".repeat(2000)}).to_string();
    let head = format!(
        "POST {esp32} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(http(server.address(), &head).status, 200);
    assert_eq!(json_post(server.address(), "{}").status, 201);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, lines) = server.wait();
    let warned = lines.iter().filter(|line| line.contains("the ESP32 client")).count();
    assert_eq!(warned, 1, "{lines:?}");
}
