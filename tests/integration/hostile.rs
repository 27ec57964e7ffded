//! Clients that bring down plain tiny_http 0.12 do not keep this server from answering others. The full
//! list is in tests/hostile; these are the quick ones.

use std::net::{Shutdown, TcpStream};

use crate::support::{Connection, JSON, TestServer, claims_value, json_post, post};

const HEAD: &str =
    "POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/// Checks that another client gets an answer.
fn still_answers(server: &TestServer) {
    assert_eq!(json_post(server.address(), "{}").status, 201);
}

#[test]
fn an_enormous_content_length_is_refused_before_it_is_read() {
    let server = TestServer::start("");
    for length in ["1000000000000000", "9223372036854775808", "18446744073709551615"] {
        let mut connection = Connection::open(server.address());
        connection.send(format!("{HEAD}Content-Length: {length}\r\n\r\n{{"));
        assert_eq!(connection.answer().expect("an answer").status, 413, "{length}");
        still_answers(&server);
    }
}

#[test]
fn stalled_bodies_keep_nobody_waiting() {
    let server = TestServer::start("");
    let stalled = (0..10).map(|n| {
        let mut connection = Connection::open(server.address());
        // Both sizes: a body that tiny_http reads with the head, and one that it reads later.
        let length = if n % 2 == 0 { 100 } else { 10_000 };
        connection.send(format!("{HEAD}Content-Length: {length}\r\n\r\n{{"));
        connection
    });
    let stalled = stalled.collect::<Vec<_>>();
    still_answers(&server);
    drop(stalled);
    still_answers(&server);
}

#[test]
fn more_connections_than_file_descriptors_are_survived() {
    let server = TestServer::start_after("ulimit -n 64", "");
    let many = (0..100).map(|_| TcpStream::connect(server.address()).expect("connects"));
    let many = many.collect::<Vec<_>>();
    drop(many);
    // The next client may have to wait until the others are closed, but gets an answer.
    let answered = (0..200).any(|_| {
        let mut connection = Connection::open(server.address());
        connection.send(post("/getToken", &[JSON], "{}"));
        connection.answer().is_some_and(|answer| answer.status == 201)
    });
    assert!(answered);
}

#[test]
fn a_client_that_leaves_in_the_middle_harms_nobody() {
    let server = TestServer::start("");
    for part in [
        "",
        "PO",
        HEAD,
        &format!("{HEAD}Content-Length: 10\r\n\r\n{{"),
        &format!("{HEAD}Content-Length: 5000\r\n\r\n{{"),
    ] {
        let mut connection = Connection::open(server.address());
        connection.send(part);
        connection.stream().shutdown(Shutdown::Both).expect("closes");
        drop(connection);
        still_answers(&server);
    }
}

#[test]
fn what_tiny_http_gets_stuck_on_never_reaches_it() {
    let server = TestServer::start("");
    for (request, status) in [
        ("POST /getToken HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("\u{16}\u{3}\u{1}\u{2}", 400),
        ("GET /\r\n\r\n", 400),
        ("POST /getToken HTTP/1.1\r\n\r\n", 400),
        ("POST /getToken HTTP/1.1\nHost: localhost\n\n", 400),
    ] {
        let mut connection = Connection::open(server.address());
        connection.send(request);
        let answer = connection.answer().expect(request);
        assert_eq!(
            (answer.status, answer.header("connection")),
            (status, Some("close")),
            "{request:?}"
        );
        assert!(connection.answer().is_none());
    }
    still_answers(&server);
}

#[test]
fn one_connections_bytes_are_never_two_requests_to_one_reader() {
    let server = TestServer::start("");
    for lengths in [
        "Content-Length: 2\r\nContent-Length: 40",
        "Content-Length: +2",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
    ] {
        let mut connection = Connection::open(server.address());
        connection.send(format!(
            "{HEAD}{lengths}\r\n\r\n{{}}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
        assert_eq!(connection.answer().expect("an answer").status, 400, "{lengths}");
        assert!(connection.answer().is_none(), "{lengths}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    let json = [JSON];
    let request = |room: i32| post("/getToken", &json, format!(r#"{{"room_name":"{room}"}}"#));
    connection.send((0..10).map(request).collect::<Vec<_>>().concat());
    for room in 0..10 {
        let answer = connection.answer().expect("an answer");
        assert_eq!(claims_value(&answer.token())["video"]["room"], room.to_string());
    }
    still_answers(&server);
}

#[test]
fn an_upgrade_is_answered_and_the_connection_closed() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    connection.send(post(
        "/getToken",
        &[("Content-Type", "application/json"), ("Connection", "upgrade")],
        "{}",
    ));
    assert_eq!(connection.answer().expect("an answer").status, 201);
    assert!(connection.answer().is_none());
}

#[test]
fn deep_json_is_refused_and_not_descended_into() {
    let server = TestServer::start("");
    let deep = |prefix: &str, depth: usize| format!("{prefix}{}", "[".repeat(depth));
    for body in [
        "[".repeat(64 * 1024),
        deep(r#"{"room_config":"#, 60_000),
        deep(r#"{"x":"#, 60_000),
        format!(r#"{{"room_config":{}"#, r#"{"a":"#.repeat(12_000)),
    ] {
        assert_eq!(json_post(server.address(), body).status, 400);
    }
    still_answers(&server);
}

#[test]
fn a_body_over_the_limit_is_answered_and_logged_however_small_the_limit() {
    let server = TestServer::start("--max-body 100");
    for body in ["x".repeat(101), "x".repeat(3000), "x".repeat(70_000)] {
        assert_eq!(json_post(server.address(), body).status, 413);
        let line = server.wait_for_log("body_too_large");
        assert!(line.contains("status=413"), "{line}");
    }
}

#[test]
fn chunked_bodies_are_taken_up_to_the_limit_with_extensions_and_trailers() {
    let server = TestServer::start("--max-body 70000");
    let mut connection = Connection::open(server.address());
    let chunk = format!("3e8;a=\"b\"\r\n{}\r\n", " ".repeat(1000));
    let head = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    for (chunks, status) in [(69, 201), (70, 413)] {
        let body = format!("{}2\r\n{{}}\r\n0\r\nX-Trailer: a\r\n\r\n", chunk.repeat(chunks));
        connection.send(format!("{head}{body}"));
        assert_eq!(connection.answer().expect("an answer").status, status, "{chunks}");
    }
}

#[test]
fn unknown_names_make_one_line_of_the_log_however_many_they_are() {
    let server = TestServer::start("--log-format json");
    let names = (0..10_000).map(|n| format!("\"\u{202e}{n}\":1")).collect::<Vec<_>>().join(",");
    assert_eq!(json_post(server.address(), format!("{{{names}}}")).status, 413);
    let names = (0..1_000).map(|n| format!("\"\u{202e}{n}\":1")).collect::<Vec<_>>().join(",");
    assert_eq!(json_post(server.address(), format!("{{{names}}}")).status, 201);
    assert_eq!(json_post(server.address(), "[").status, 400);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, lines) = server.wait();
    let warnings = lines.iter().filter(|line| line.contains("unknown fields")).collect::<Vec<_>>();
    let [warning] = warnings[..] else { panic!("{} lines", warnings.len()) };
    assert!(warning.len() < 4096 && warning.contains("\"more\":995"), "{warning}");
    assert!(lines.iter().all(|line| line.len() <= 4096));
    // Control characters from a client are escaped.
    assert!(!warning.contains('\u{202e}') && warning.contains("\\u202e"), "{warning}");
}

#[test]
fn a_password_in_the_target_of_a_request_is_neither_answered_nor_logged() {
    let server = TestServer::start("-v");
    let mut connection = Connection::open(server.address());
    connection
        .send("GET http://user:PASSWORD@localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = connection.answer().expect("an answer");
    assert_eq!(answer.status, 400);
    assert!(!String::from_utf8_lossy(&answer.body).contains("PASSWORD"));
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, lines) = server.wait();
    assert!(lines.iter().any(|line| line.contains("bad_request")));
    assert!(!lines.iter().any(|line| line.contains("PASSWORD")), "{lines:?}");
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_request_and_no_signal() {
    let server = TestServer::start_unread("");
    let mut connection = Connection::open(server.address());
    for _ in 0..2_000 {
        connection.send(post("/getToken", &[JSON], "["));
        assert_eq!(connection.answer().expect("an answer").status, 400);
    }
    server.signal(nix::sys::signal::Signal::SIGHUP);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(server.wait().0.success());
}

#[test]
fn header_lines_of_one_name_are_one_to_both_readers_empty_ones_too() {
    let server = TestServer::start("");
    for lines in ["A: b\r\nA:", "A:\r\nA: b", "A:\r\nA:", "A:", "A: b\r\nA: c\r\na:  "] {
        let mut connection = Connection::open(server.address());
        connection.send(format!("{HEAD}{lines}\r\nContent-Length: 2\r\n\r\n{{}}"));
        assert_eq!(connection.answer().expect("an answer").status, 201, "{lines:?}");
    }
}

#[test]
fn a_head_of_any_allowed_size_is_answered() {
    let server = TestServer::start("--max-header-bytes 64KiB");
    let mut connection = Connection::open(server.address());
    for kibibytes in [40, 60, 1] {
        let large = "x".repeat(kibibytes * 1024);
        connection.send(post("/getToken", &[JSON, ("X-Large", &large)], "{}"));
        assert_eq!(connection.answer().expect("an answer").status, 201, "{kibibytes} KiB");
    }
}

#[test]
fn header_lines_may_have_characters_beyond_ascii() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    for (name, value) in [("Remote-Name", "Zo\u{eb}"), ("Accept", "a,\tb"), ("X.Y", "z")] {
        connection.send(post("/getToken", &[JSON, (name, value)], "{}"));
        assert_eq!(connection.answer().expect("an answer").status, 201, "{name}: {value}");
    }
}

#[test]
fn a_web_page_can_read_why_its_head_was_refused() {
    let server = TestServer::start("");
    let origin = "http://localhost:5173";
    for (more, status) in
        [("Cookie: ".to_owned() + &"x".repeat(20_000), 431), ("Host: b".to_owned(), 400)]
    {
        let mut connection = Connection::open(server.address());
        connection.send(format!(
            "POST /getToken HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n{more}\r\n\r\n"
        ));
        let answer = connection.answer().expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    }
}

#[test]
fn a_client_that_has_stalled_and_makes_room_is_told_so() {
    let server = TestServer::start("--max-connections 1");
    let mut stalled = Connection::open(server.address());
    stalled.send(format!("{HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    // The head of its request has arrived.
    assert_eq!(stalled.answer_to_head().expect("an answer").status, 100);
    let mut next = Connection::open(server.address());
    next.send(post("/getToken", &[JSON], "{}"));
    assert_eq!(next.answer().expect("an answer").status, 201);
    assert_eq!(stalled.answer().expect("an answer").status, 408);
}

#[test]
fn a_request_that_has_arrived_is_answered_though_another_client_wants_room() {
    let server = TestServer::start("--max-connections 1");
    let request = post("/getToken", &[JSON], "{}");
    let mut busy = Connection::open(server.address());
    busy.send(request.repeat(200));
    let mut next = Connection::open(server.address());
    next.send(&request);
    for number in 0..200 {
        assert_eq!(busy.answer().map(|answer| answer.status), Some(201), "{number}");
    }
    assert_eq!(next.answer().expect("an answer").status, 201);
}
