//! What HTTP clients and proxies send besides plain requests, and what they are answered.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Connection, JSON, TestServer, json_post, post};

const HEAD: &str =
    "POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/// Sends each request on one connection, and returns the statuses of the answers.
fn statuses(server: &TestServer, requests: &[String]) -> Vec<u16> {
    let mut connection = Connection::open(server.address());
    let answers = requests.iter().map_while(|request| {
        connection.send(request);
        connection.answer()
    });
    answers.map(|answer| answer.status).collect()
}

#[test]
fn a_connection_goes_on_after_requests_that_are_unusual_and_plain() {
    let server = TestServer::start("");
    let request = |lines: &str, body: &str| format!("{HEAD}{lines}\r\n{body}");
    let requests = [
        request("Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        request(
            "TRANSFER-ENCODING: CHUNKED\r\n",
            "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nTrailer: a\r\n\r\n",
        ),
        request(
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA\r\n\
             Content-Length: 2\r\n",
            "{}",
        ),
        format!("\r\n{}", request("Content-Length: 2\r\n", "{}\r\n")),
        request(
            "Accept: a\r\nAccept: b\r\nX-Name: Zo\u{eb}\r\nX.Y!: \tz\t\r\nContent-Length: 2\r\n",
            "{}",
        ),
        // Twice the same head, with another body.
        request("Content-Length: 2\r\n", "{}"),
        request("Content-Length: 2\r\n", "{ "),
    ];
    assert_eq!(statuses(&server, &requests), [201, 201, 201, 201, 201, 201, 400]);
}

#[test]
fn a_compressed_body_is_refused_with_what_is_accepted() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &[JSON, ("Content-Encoding", "gzip")], "\u{1f}"));
    let answer = connection.answer().expect("an answer");
    assert_eq!((answer.status, answer.header("accept-encoding")), (415, Some("identity")));
    assert_eq!(answer.json()["error"], "the body is compressed");
    connection.send(post("/getToken", &[JSON, ("Content-Encoding", "identity")], "{}"));
    assert_eq!(connection.answer().expect("an answer").status, 201);
}

#[test]
fn the_proxy_protocol_is_named() {
    let server = TestServer::start("");
    for start in ["PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "\r\n\r\n\0\r\nQUIT\n"] {
        let mut connection = Connection::open(server.address());
        connection.send(start);
        let answer = connection.answer().expect("an answer");
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (400, &"bad_request".into()));
        assert_eq!(body["error"], "this server does not speak the PROXY protocol");
    }
}

#[test]
fn a_body_that_never_comes_is_named_with_its_likely_cause() {
    let server = TestServer::start("--request-timeout 1s");
    let mut connections = ["", "{"].map(|body| {
        let mut connection = Connection::open(server.address());
        connection.send(format!("{HEAD}Content-Length: 17\r\n\r\n{body}"));
        connection
    });
    let answers = connections.each_mut().map(|connection| connection.answer().expect("an answer"));
    let errors = answers.map(|answer| {
        assert_eq!(answer.status, 408);
        answer.json()["error"].clone()
    });
    assert_eq!(
        errors[0],
        "0 of 17 bytes of the body arrived in time: something in front of this server may have \
         read them, such as express.json() before a proxy"
    );
    assert_eq!(errors[1], "1 of 17 bytes of the body arrived in time");
}

#[test]
fn a_web_page_can_read_why_a_large_request_was_refused() {
    let server = TestServer::start("");
    let origin = "Origin: http://localhost:5173\r\n";
    let body = "x".repeat(5 << 20);
    for (request, status) in [
        (format!("{HEAD}{origin}Content-Length: {}\r\n\r\n{body}", body.len()), 413),
        (
            format!(
                "{HEAD}{origin}Transfer-Encoding: chunked\r\n\r\n500000\r\n{body}\r\n0\r\n\r\n"
            ),
            413,
        ),
        (format!("{HEAD}{origin}Cookie: {}\r\n\r\n", "x".repeat(20_000)), 431),
    ] {
        let mut connection = Connection::open(server.address());
        connection.send(request);
        let answer = connection.answer().expect("an answer");
        assert_eq!(answer.status, status);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, Some("http://localhost:5173"));
    }
}

#[cfg(unix)]
#[test]
fn with_few_open_files_the_server_serves_or_says_why_not() {
    let mut served = 0;
    for limit in (8..48).step_by(2) {
        let script = format!("ulimit -n {limit}; exec \"$0\" serve --dev --listen 127.0.0.1:0");
        let mut command = Command::new("/bin/sh");
        command.env_clear().args(["-c", &script, env!("CARGO_BIN_EXE_lkt")]).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = String::new();
        for line in lines.map_while(Result::ok) {
            if let Some(url) = line.strip_prefix("listening at http://") {
                let address = url.split('/').next().expect("an authority");
                assert_eq!(json_post(address.parse().expect("an address"), "{}").status, 201);
                served += 1;
                child.kill().expect("stops");
                break;
            }
            told += &line;
        }
        let status = child.wait().expect("ends");
        assert!(!told.contains("panicked"), "{limit}: {told}");
        assert!(status.code().is_none_or(|code| code == 1 && told.contains("help: ")), "{told}");
    }
    assert!(served > 0);
}

#[test]
fn a_repeated_request_is_answered_by_its_body() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    for room in ["one", "two"] {
        connection.send(post("/getToken", &[JSON], format!(r#"{{"room_name":"{room}"}}"#)));
        let answer = connection.answer().expect("an answer");
        assert_eq!(crate::support::claims_value(&answer.token())["video"]["room"], room);
    }
}
