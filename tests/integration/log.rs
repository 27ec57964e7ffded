//! The log's lines, and the ids by which a request is found in several logs. `tests/fleet/run` holds the
//! lines against `docs/log.schema.json` with a validator of JSON Schema; here they are compared field by
//! field.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Map, Value, json};

use crate::support::{Answer, Connection, JSON, TestServer, post};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn send(server: &TestServer, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut connection = Connection::open(server.address());
    let headers = [&[JSON], headers].concat();
    connection.send(post("/getToken", &headers, body));
    connection.answer().expect("an answer")
}

/// The next line about a request.
fn line(server: &TestServer, message: &str) -> Map<String, Value> {
    let line = server.wait_for_log(&format!(r#""message":"{message}""#));
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Checks the names and types of a line's fields against the schema.
fn check(line: &Map<String, Value>) {
    let schema = include_str!("../../docs/log.schema.json");
    let schema = serde_json::from_str::<Value>(schema).expect("JSON");
    let message = line["message"].as_str().expect("a message");
    let kind = &schema["$defs"][message];
    for name in kind["required"].as_array().expect("a list") {
        assert!(line.contains_key(name.as_str().expect("a name")), "{name} is not in {line:?}");
    }
    for (name, value) in line {
        let mut field = &kind["properties"][name];
        assert!(field.is_object(), "`{name}` is not in the schema");
        if let Some(place) = field["$ref"].as_str() {
            field = schema.pointer(&place[1..]).expect(place);
        }
        let is_valid = match field["type"].as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_u64(),
            _ if field["const"].is_string() => field["const"] == *value,
            _ => field["enum"].as_array().expect(name).contains(value),
        };
        assert!(is_valid, "{name}: {value}");
    }
}

#[test]
fn the_line_of_a_token_says_who_got_what_and_from_which_key() {
    let server = TestServer::start(
        "--log-format json --auth-header Remote-User --trusted-proxy 127.0.0.1 --join --no-publish \
         --grant sip.call -v",
    );
    let body = r#"{"room_config":{"agents":[{"agent_name":"bot"}]}}"#;
    send(&server, &[("Remote-User", "ada")], body);
    let user = line(&server, "request");
    check(&user);
    let fields = ["caller", "sub", "key", "grants", "agents", "room", "status"];
    let fields = fields.map(|name| user[name].clone());
    let grants = "roomJoin canPublish=false sip.call";
    let expected = json!(["user", "ada", "devkey", grants, "bot", "quickstart-room", 201]);
    assert_eq!(Value::from(fields.to_vec()), expected);

    send(&server, &[], "{}");
    let refused = line(&server, "refused");
    check(&refused);
    assert_eq!(refused["code"], "unauthorized");
    server.ask("GET", "/healthz", "localhost");
    let probe = line(&server, "request");
    check(&probe);
    assert!(probe["level"] == "DEBUG" && !probe.contains_key("key"), "{probe:?}");
}

#[test]
fn the_line_of_a_token_for_a_server_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "the-token-of-the-backend").expect("written");
    let options = format!("--log-format json --auth-token-file {}", tokens.display());
    let server = TestServer::start(&options);
    let bearer = [("Authorization", "Bearer the-token-of-the-backend"), ("traceparent", TRACE)];
    send(&server, &bearer, "{}");
    let line = line(&server, "request");
    check(&line);
    assert_eq!((&line["caller"], &line["grants"]), (&"server".into(), &"roomJoin".into()));
    let ids = (&line["trace_id"], &line["span_id"]);
    assert_eq!(ids, (&TRACE[3..35].into(), &TRACE[36..52].into()));
}

#[test]
fn the_line_of_a_token_is_there_however_long_its_values_are() {
    let server = TestServer::start("--log-format json --no-limits");
    let long = "\u{1f512}\"".repeat(60);
    let body = json!({
        "room_name": long, "participant_identity": long,
        "room_config": {"agents": [{"agent_name": long}]},
    });
    let id = "x".repeat(128);
    let headers = [("X-Request-Id", id.as_str()), ("traceparent", TRACE)];
    let answer = send(&server, &headers, &body.to_string());
    assert_eq!(answer.status, 201);
    let line = line(&server, "request");
    check(&line);
    assert_eq!((&line["request_id"], &line["trace_id"]), (&id.into(), &TRACE[3..35].into()));
}

#[test]
fn an_id_is_carried_into_log_and_answer_or_made() {
    let server = TestServer::start("--log-format json");
    let id_of = |answer: &Answer| answer.header("x-request-id").expect("an id").to_owned();
    let named = send(&server, &[("X-Request-Id", "7b6e2a7c/1")], "{}");
    assert_eq!((id_of(&named).as_str(), named.status), ("7b6e2a7c/1", 201));
    assert_eq!(line(&server, "request")["request_id"], "7b6e2a7c/1");
    // What is no id is replaced: it never gets into the log.
    for (name, value) in [("X-Request-Id", "no id\" status=500"), ("X-Other", "x")] {
        let answer =
            send(&server, &[(name, value), ("traceparent", "00-1-2-3")], r#"{"room_name":1}"#);
        let id = id_of(&answer);
        assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        let line = line(&server, "refused");
        assert_eq!(line["request_id"], id.as_str());
        assert!(!line.contains_key("trace_id"), "{line:?}");
    }
}

/// A backend that agrees, and returns the headers of each request in lower case.
fn backend(listener: &TcpListener) -> Vec<String> {
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let lines = reader.by_ref().lines().map(|line| line.expect("a line").to_ascii_lowercase());
    let headers = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>();
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).expect("a length");
    reader.read_exact(&mut vec![0; length]).expect("a body");
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").expect("sends");
    headers
}

#[test]
fn the_ids_go_on_to_the_backend() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/ask", listener.local_addr().expect("an address"));
    let server = TestServer::start(&format!("--log-format json --ask {url}"));
    let sent = |headers: &[(&str, &str)]| {
        thread::scope(|scope| {
            let asked = scope.spawn(|| backend(&listener));
            let answer = send(&server, headers, "{}");
            assert_eq!(answer.status, 201);
            (answer, asked.join().expect("headers"))
        })
    };
    let (answer, asked) =
        sent(&[("X-Request-Id", "mine"), ("traceparent", TRACE), ("tracestate", "a=1,b=2")]);
    assert_eq!(answer.header("x-request-id"), Some("mine"));
    for line in ["x-request-id: mine", &format!("traceparent: {TRACE}"), "tracestate: a=1,b=2"] {
        assert!(asked.iter().any(|header| header == line), "{line} is not in {asked:?}");
    }
    // An id that was made is the same everywhere, and a trace that is none goes nowhere.
    let (answer, asked) = sent(&[("traceparent", "00-1-2-3"), ("tracestate", "a=1")]);
    let id = answer.header("x-request-id").expect("an id");
    assert!(asked.iter().any(|header| *header == format!("x-request-id: {id}")), "{asked:?}");
    assert!(!asked.iter().any(|header| header.starts_with("trace")), "{asked:?}");
    let logged = [line(&server, "request"), line(&server, "request")];
    assert_eq!(logged[1]["request_id"], id);
}
