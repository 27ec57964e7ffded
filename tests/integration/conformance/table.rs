//! The table of requests and expected answers.

use serde_json::{Value, json};

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
pub(crate) fn case(method: &'static str, path: &'static str, status: u16) -> Case {
    let (body, says, claims) = (String::new(), Vec::new(), Vec::new());
    Case { method, path, headers: &[], body, status, has: &[], says, claims }
}

/// A case that sends JSON to a path.
pub(crate) fn post(path: &'static str, body: impl AsRef<str>, status: u16) -> Case {
    Case { headers: JSON, body: body.as_ref().to_owned(), ..case("POST", path, status) }
}

impl Case {
    pub(crate) fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    pub(crate) fn has(self, has: &'static [(&'static str, &'static str)]) -> Self {
        Self { has, ..self }
    }

    pub(crate) fn says(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.says.push((pointer, value.into()));
        self
    }

    pub(crate) fn claims(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.claims.push((pointer, value.into()));
        self
    }

    /// Expects a refusal with this code.
    pub(crate) fn code(self, code: &'static str) -> Self {
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

/// All cases that every server with the endpoint passes.
pub(crate) fn table() -> Vec<Case> {
    [tokens(), refusals(), browsers(), health()].into_iter().flatten().collect()
}

/// Sends each request on a new connection, and checks the answers.
pub(crate) fn ask_all(server: &TestServer, cases: impl IntoIterator<Item = Case>) {
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
