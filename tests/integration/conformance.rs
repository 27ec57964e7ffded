//! One table of requests and expected answers, checked with everything that contains the endpoint: the
//! function, `lkt serve`, and the axum example.

use std::path::PathBuf;
use std::process::Command;

use http::Request;
use lkt::endpoint::Hosts;
use serde_json::{Value, json};

use crate::endpoint::{endpoint, handle};
use crate::support::{Answer, Connection, TestServer, claims_value, verify_dev};

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

/// A request and its expected answer.
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: String,
    status: u16,
    /// Expected headers of the answer.
    has: &'static [(&'static str, &'static str)],
    /// Expected values in the answer's JSON, by JSON pointer.
    says: Vec<(&'static str, Value)>,
    /// Expected values in the claims of the token, which must be valid.
    claims: Vec<(&'static str, Value)>,
}

/// A case without a body that expects only a status.
fn case(method: &'static str, path: &'static str, status: u16) -> Case {
    let (body, says, claims) = (String::new(), Vec::new(), Vec::new());
    Case { method, path, headers: &[], body, status, has: &[], says, claims }
}

/// A case that sends JSON to a path.
fn post(path: &'static str, body: impl AsRef<str>, status: u16) -> Case {
    Case { headers: JSON, body: body.as_ref().to_owned(), ..case("POST", path, status) }
}

impl Case {
    fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    fn has(self, has: &'static [(&'static str, &'static str)]) -> Self {
        Self { has, ..self }
    }

    fn says(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.says.push((pointer, value.into()));
        self
    }

    fn claims(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.claims.push((pointer, value.into()));
        self
    }

    /// Expects a refusal with this code.
    fn code(self, code: &'static str) -> Self {
        self.says("/code", code)
    }

    pub(crate) fn check(&self, answer: &Answer) {
        let shown = format!("{} {} {}: {answer:?}", self.method, self.path, self.body);
        assert_eq!(answer.status, self.status, "{shown}");
        for (name, value) in self.has {
            assert_eq!(answer.header(name), Some(*value), "{name} of {shown}");
        }
        for (pointer, value) in &self.says {
            assert_eq!(answer.json().pointer(pointer), Some(value), "{pointer} of {shown}");
        }
        if answer.status >= 400 && self.method != "HEAD" {
            let code = answer.json()["code"].as_str().map(str::to_owned);
            assert_eq!(answer.header("lkt-error"), code.as_deref(), "{shown}");
        }
        if !self.claims.is_empty() {
            let token = answer.json()["participant_token"].as_str().expect(&shown).to_owned();
            verify_dev(&token);
            let claims = claims_value(&token);
            for (pointer, value) in &self.claims {
                assert_eq!(claims.pointer(pointer), Some(value), "{pointer} of {claims}");
            }
        }
    }
}

pub(crate) fn tokens() -> Vec<Case> {
    let every = json!({
        "room_name": "r", "participant_identity": "i", "participant_name": "n 🚀",
        "participant_metadata": "m", "participant_attributes": {"k": "v"},
        "room_config": {"agents": [{"agent_name": "a"}]}, "not_known": 1,
    });
    let sandbox = "/api/v2/sandbox/connection-details";
    vec![
        post("/getToken", "{}", 201)
            .has(&[("content-type", "application/json"), ("cache-control", "no-store")])
            .says("/server_url", "ws://localhost:7880")
            .claims("/sub", "quickstart-identity")
            .claims("/video", json!({"roomJoin": true, "room": "quickstart-room"})),
        case("POST", "/getToken", 201).claims("/name", "quickstart-username"),
        post("/createToken?x=1", every.to_string(), 201)
            .claims("/video/room", "r")
            .claims("/sub", "i")
            .claims("/name", "n 🚀")
            .claims("/metadata", "m")
            .claims("/attributes", json!({"k": "v"}))
            .claims("/roomConfig", json!({"agents": [{"agentName": "a"}]})),
        post("//create-token/", r#"{"roomName":"camel"}"#, 201).claims("/video/room", "camel"),
        post("/api/token", r#"{"room_config":{}}"#, 201)
            .with(&[("content-type", "application/json, text/plain")]),
        post(sandbox, r#"{"room_name":"r"}"#, 201).says("/room_name", "r"),
        post("/api/sandbox/connection-details", r#"{"roomName":"r"}"#, 200).says("/roomName", "r"),
    ]
}

pub(crate) fn refusals() -> Vec<Case> {
    let large = json!({"participant_metadata": "m".repeat(64 * 1024)});
    let credential = r#"{"room_config":{"egress":{"tracks":{"s3":{"secret":"x"}}}}}"#;
    vec![
        post("/getToken", "{", 400).code("malformed_json"),
        post("/getToken", "[]", 400).code("malformed_json"),
        post("/getToken", r#"{"room_name":5}"#, 400).code("wrong_type").says("/field", "room_name"),
        post("/getToken", json!({"room_name": "x".repeat(257)}).to_string(), 400)
            .code("over_limit"),
        post("/getToken", credential, 403).code("credential_denied"),
        post("/getToken", large.to_string(), 413).code("body_too_large"),
        post("/getToken", "{}", 415).with(&[]).code("unsupported_media_type"),
        post("/getToken", "{}", 415)
            .with(&[("content-type", "text/plain")])
            .code("unsupported_media_type"),
        post("/gettoken", "{}", 404).code("not_found"),
        case("GET", "/getToken", 405).has(&[("allow", "POST, OPTIONS")]).code("method_not_allowed"),
        case("HEAD", "/getToken", 405),
        case("POST", "/healthz", 405).has(&[("allow", "GET, HEAD")]).code("method_not_allowed"),
    ]
}

fn browsers() -> Vec<Case> {
    vec![
        post("/getToken", "{}", 201)
            .with(&[("content-type", "application/json"), ("origin", "http://localhost:5173")])
            .has(&[
                ("access-control-allow-origin", "http://localhost:5173"),
                ("access-control-allow-credentials", "true"),
                ("vary", "Origin"),
            ]),
        case("OPTIONS", "/getToken", 204)
            .with(&[
                ("origin", "http://localhost:5173"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,content-type"),
            ])
            .has(&[("access-control-allow-headers", "authorization,content-type")]),
        post("/getToken", "{}", 403)
            .with(&[("content-type", "application/json"), ("origin", "https://evil.example")])
            .code("origin_denied"),
        post("/getToken", "{}", 403)
            .with(&[("content-type", "application/json"), ("host", "evil.example:3000")])
            .code("host_denied"),
    ]
}

fn health() -> Vec<Case> {
    vec![
        case("GET", "/healthz", 200).says("/status", "ok"),
        case("HEAD", "/healthz", 200),
        case("PUT", "/healthz", 405).has(&[("allow", "GET, HEAD")]),
        case("GET", "/healthz", 200).with(&[("host", "a_cluster")]),
    ]
}

/// Cases for the documents that `lkt serve` shows besides the endpoint.
fn documents() -> Vec<Case> {
    let page = [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ];
    let page = Box::leak(Box::new(page));
    vec![
        case("GET", "/openapi.json", 200)
            .has(&[("content-type", "application/json")])
            .says("/openapi", "3.1.0"),
        case("HEAD", "/openapi.json", 200),
        case("PUT", "/openapi.json", 405).has(&[("allow", "GET, HEAD")]),
        case("GET", "/", 200).has(page),
        case("HEAD", "/", 200).has(page),
        case("POST", "/", 405)
            .code("method_not_allowed")
            .says("/hint", "POST /getToken hands out tokens"),
        case("OPTIONS", "/", 204).has(&[("allow", "GET, HEAD, POST, OPTIONS")]),
    ]
}

fn table() -> Vec<Case> {
    [tokens(), refusals(), browsers(), health()].into_iter().flatten().collect()
}

#[test]
fn the_function_conforms() {
    let mut endpoint = endpoint();
    endpoint.hosts = Hosts::Loopback(Vec::new());
    for case in table() {
        let mut request = Request::builder().method(case.method).uri(case.path);
        if case.headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in case.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(case.body.clone().into_bytes()).expect("a request");
        let response = handle(&endpoint, request);
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        case.check(&Answer { status, headers, body: response.into_body() });
    }
}

#[test]
fn lkt_serve_conforms() {
    ask_all(&TestServer::start(""), table().into_iter().chain(documents()));
}

#[test]
fn the_axum_example_conforms() {
    ask_all(&TestServer::run(&mut Command::new(example("axum")), "127.0.0.1:0"), table());
}

#[test]
fn the_embed_example_prints_a_good_token() {
    let output = Command::new(example("embed")).output().expect("runs");
    let claims = verify_dev(&String::from_utf8(output.stdout).expect("UTF-8"));
    assert_eq!((claims.sub.as_str(), claims.video.room.as_str()), ("ada", "demo"));
}

/// The program of an example. `cargo test` builds all examples.
pub(crate) fn example(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a path");
    let folder = this.ancestors().nth(2).expect("target/debug");
    let program = folder.join("examples").join(name);
    assert!(program.exists(), "run `cargo build --examples` first: {}", program.display());
    program
}

fn ask_all(server: &TestServer, cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        let mut connection = Connection::open(server.address());
        connection.send(written(&case));
        let answer =
            if case.method == "HEAD" { connection.answer_to_head() } else { connection.answer() };
        case.check(&answer.expect("an answer"));
    }
}

fn written(case: &Case) -> Vec<u8> {
    let mut request = format!("{} {} HTTP/1.1\r\n", case.method, case.path);
    if case.headers.iter().all(|(name, _)| *name != "host") {
        request += "host: localhost\r\n";
    }
    for (name, value) in case.headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n{}", case.body.len(), case.body);
    request.into_bytes()
}
