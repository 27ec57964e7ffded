//! `lkt serve` as a process: starting, answering, logging, stopping.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::{
    Connection, JSON, TestServer, claims_value, json_post, lkt, post, verify_dev,
};

pub(crate) fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().arg("serve").args(arguments);
    command
}

#[test]
fn an_answer_over_http_is_the_endpoints() {
    let server = TestServer::start("");
    let answer = json_post(server.address(), "{}");
    assert_eq!((answer.status, answer.header("content-type")), (201, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("date").is_some() && answer.header("server").is_none());
    verify_dev(&answer.token());
    let names = answer.json().as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names, ["participant_token", "server_url"]);
}

#[test]
fn a_connection_is_kept_for_many_requests() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    let large = json!({"participant_metadata": "m".repeat(4000)}).to_string();
    for body in ["{}", "", "{", &large, "{}"] {
        connection.send(post("/getToken", &[JSON], body));
        let answer = connection.answer().expect("an answer");
        assert_eq!(answer.status, if body == "{" { 400 } else { 201 }, "{body}");
    }
    connection.send("OPTIONS /getToken HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.answer().expect("an answer").status, 204);
    connection.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n");
    let head = connection.answer_to_head().expect("an answer");
    assert_eq!((head.status, head.header("content-length")), (200, Some("15")));
}

#[test]
fn chunked_bodies_and_expect_continue_are_understood() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    let head = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let chunks = "7\r\n{\"room_\r\n9\r\nname\":\"c\"\r\n1\r\n}\r\n0\r\n\r\n";
    for _ in 0..2 {
        connection.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"));
        let answer = connection.answer().expect("an answer");
        assert_eq!(claims_value(&answer.token())["video"]["room"], "c");
    }
    // An empty body is `{}`, however its end is found, and needs no content type.
    let head_alone =
        "POST /getToken HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection.send(format!("{head_alone}0\r\n\r\n"));
    assert_eq!(connection.answer().expect("an answer").status, 201);
    connection.send(format!("{head_alone}2\r\n{{}}\r\n0\r\n\r\n"));
    assert_eq!(connection.answer().expect("an answer").status, 415);
    connection.send(format!("{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    assert_eq!(connection.answer().expect("an answer").status, 100);
    connection.send("{}");
    assert_eq!(connection.answer().expect("an answer").status, 201);
}

#[test]
fn paths_and_prefixes_can_be_chosen() {
    let server = TestServer::start("--path /a --path /b --base-path /livekit");
    let status = |path: &str| {
        let mut connection = Connection::open(server.address());
        connection.send(post(path, &[JSON], "{}"));
        connection.answer().expect("an answer").status
    };
    assert_eq!(
        ["/livekit/a", "/livekit/b/", "/livekit/getToken", "/a"].map(status),
        [201, 201, 404, 404]
    );
}

#[test]
fn ipv6_is_served_where_there_is_any() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // The test needs IPv6.
        return;
    }
    let server = TestServer::run(&mut serve(&["--dev", "--listen", "[::1]:0"]), "");
    assert!(server.address().is_ipv6());
    assert_eq!(json_post(server.address(), "{}").status, 201);
}

#[test]
fn listening_beyond_this_machine_needs_a_decision() {
    let error = lkt("serve --dev --listen 0.0.0.0:0").fails(2);
    assert!(error.contains("--auth-token-file") && error.contains("--allow-anonymous"), "{error}");
    let server =
        TestServer::run(&mut serve(&["--dev", "--listen", "0.0.0.0:0", "--allow-anonymous"]), "");
    let address = format!("127.0.0.1:{}", server.address().port());
    assert_eq!(json_post(address.parse().expect("an address"), "{}").status, 201);
}

#[test]
fn a_port_that_is_taken_is_said_to_be_and_the_next_one_offered() {
    let server = TestServer::start("");
    let taken = server.address();
    let error = lkt("serve --dev --listen").arg(taken.to_string()).fails(1);
    let (error, help) = error.split_once('\n').expect("two lines");
    assert_eq!(error, format!("error: another lkt listens at `{taken}` already"));
    let offered = help.strip_prefix("help: stop it, or use `--listen ");
    let offered = offered.and_then(|offered| offered.trim_end().strip_suffix('`')).expect(help);
    let offered: std::net::SocketAddr = offered.parse().expect("an address");
    assert!(offered.ip() == taken.ip() && offered.port() > taken.port(), "{offered}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_port_that_another_program_has_is_said_to_be_its() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listener.local_addr().expect("an address");
    let name = std::fs::read_to_string("/proc/self/comm").expect("a name");
    let holder = format!("`{}` (process {})", name.trim_end(), std::process::id());
    let error = lkt("serve --dev --listen").arg(taken.to_string()).fails(1);
    let expected = format!("error: {holder} listens at `{taken}` already\nhelp: stop it, or use ");
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn a_port_alone_is_enough() {
    for arguments in ["--port 0", "-p 0", "--listen 0", "--listen :0"] {
        let server = TestServer::run(&mut serve(&["--dev"]), arguments);
        assert!(server.address().ip().is_loopback(), "{arguments}");
        assert_eq!(json_post(server.address(), "{}").status, 201, "{arguments}");
    }
}

#[test]
fn a_short_bearer_token_is_warned_about() {
    let command = |tokens: &str| {
        lkt("serve --dev --auth-token-file tokens --listen 256.0.0.1:0").file("tokens", tokens)
    };
    let long = "0123456789abcdef";
    let said = command(&format!("# all of them\n{long}\nletmein\n")).fails(1);
    let warning = "warning: the bearer token in line 3 of `tokens` has under 16 bytes, which is easy to \
                   guess; make one with `openssl rand -hex 32`";
    assert!(said.lines().any(|line| line == warning), "{said}");
    assert!(!command(long).fails(1).contains("under 16 bytes"));
}

#[test]
fn the_log_has_a_line_a_request_and_no_secret_in_it() {
    let server = TestServer::start("--log-format json -v");
    let body = json!({
        "room_name": "r\u{1b}[31m", "participant_identity": "i\n2026 fake line", "newer": 1,
        "participant_metadata": "private-metadata", "participant_attributes": {"k": "private-attribute"},
    });
    let mut connection = Connection::open(server.address());
    let path = "/getToken?access_token=private-query";
    connection.send(post(
        path,
        &[JSON, ("Authorization", "Bearer private-bearer")],
        body.to_string(),
    ));
    let token = connection.answer().expect("an answer").token();
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    connection.answer().expect("an answer");
    connection.send(format!("GET /rtc/{token}/ HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    connection.answer().expect("an answer");
    let method = "X".repeat(5000);
    connection.send(format!("{method} /getToken HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    connection.answer().expect("an answer");
    connection.send("POST /\u{7f} HTTP/1.1\r\n\r\n");
    connection.answer().expect("an answer");
    server.signal(Signal::SIGTERM);
    let (status, lines) = server.wait();
    assert!(status.success());
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect(line))
        .collect::<Vec<_>>();
    let request = &lines[0];
    assert_eq!((&request["message"], &request["status"]), (&json!("request"), &json!(201)));
    assert_eq!((&request["method"], &request["path"]), (&json!("POST"), &json!("/getToken")));
    assert_eq!(request["room"], "r\u{1b}[31m");
    assert_eq!(request["identity"], "i\n2026 fake line");
    assert!(request["took_us"].is_u64() && request["timestamp"].is_string());
    assert_eq!(
        (&lines[1]["names"], &lines[1]["more"]),
        (&json!("newer, ?access_token"), &json!(0))
    );
    assert_eq!((&lines[2]["level"], &lines[2]["status"]), (&json!("DEBUG"), &json!(200)));
    assert_eq!((&lines[3]["code"], &lines[3]["path"]), (&json!("not_found"), &json!("/rtc/***/")));
    assert_eq!(lines[3]["error"], "`/rtc/***/` is not served here");
    assert_eq!(lines[4]["path"], "/getToken");
    assert!(lines[4]["method"].as_str().is_some_and(|method| method.ends_with("X… (cut)")));
    assert_eq!(lines[5]["code"], "bad_request");
    let text = format!("{lines:?}");
    for private in ["private", "secret", &token] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

#[test]
fn a_log_for_people_is_a_line_a_request_whatever_clients_call_themselves() {
    let server = TestServer::start("");
    let names = json!({"room_name": "r\u{1b}[31m\u{202e}", "participant_identity": "i\nfake line"});
    json_post(server.address(), names.to_string());
    let line = server.wait_for_log("request");
    let shown = r#"room="r\u{1b}[31m\u{202e}" identity="i\nfake line""#;
    assert!(line.contains(shown), "{line}");
}

/// A browser shows only "CORS", so developers look in the log.
#[test]
fn a_refusal_in_the_log_says_what_to_do() {
    let server = TestServer::start("");
    let mut page = Connection::open(server.address());
    page.send(post("/getToken", &[JSON, ("Origin", "https://app.example.com")], "{}"));
    assert_eq!(page.answer().expect("an answer").status, 403);
    let line = server.wait_for_log("refused");
    assert!(line.contains("hint=\"") && line.contains("--cors-origin"), "{line}");
}

#[test]
fn probes_are_not_logged_and_quiet_is_quiet() {
    let server = TestServer::start("");
    let mut connection = Connection::open(server.address());
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    connection.answer().expect("an answer");
    connection.send(post("/getToken", &[JSON], "{}"));
    connection.answer().expect("an answer");
    server.signal(Signal::SIGINT);
    let (status, lines) = server.wait();
    assert!(status.success());
    let requests = lines.iter().filter(|line| line.contains("request")).collect::<Vec<_>>();
    assert!(requests.len() == 1 && requests[0].contains("/getToken"), "{lines:?}");
}

#[test]
fn the_same_default_identity_for_two_clients_is_warned_about() {
    let server = TestServer::start("--trusted-proxy 127.0.0.1");
    json_post(server.address(), r#"{"participant_identity":"ada"}"#);
    json_post(server.address(), r#"{"participant_identity":"ada"}"#);
    // React's StrictMode fetches twice.
    json_post(server.address(), "{}");
    json_post(server.address(), "{}");
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &[JSON, ("X-Forwarded-For", "192.0.2.1")], "{}"));
    connection.answer().expect("an answer");
    let line = server.wait_for_log("192.0.2.1");
    assert!(line.contains("quickstart-identity"), "{line}");
    let line = server.wait_for_log("kick each other out");
    assert!(line.contains("quickstart-identity") && line.contains("--fresh"), "{line}");
}

#[test]
fn fresh_gives_each_client_an_identity_and_a_room_of_its_own() {
    let server = TestServer::start("--fresh");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let claims = claims_value(&json_post(server.address(), "{}").token());
        seen.insert(claims["sub"].to_string());
        seen.insert(claims["video"]["room"].to_string());
    }
    assert_eq!(seen.len(), 40, "{seen:?}");
    let claims = claims_value(&json_post(server.address(), r#"{"room_name":"mine"}"#).token());
    assert_eq!(claims["video"]["room"], "mine");
}

#[test]
fn permissions_and_lifetime_are_those_of_the_flags_whatever_is_asked() {
    let server = TestServer::start("--no-publish --allow-update-metadata --ttl 90s");
    let asked = r#"{"ttl":99999,"video":{"roomAdmin":true},"roomAdmin":true,"canPublish":true}"#;
    let token = json_post(server.address(), asked).token();
    let claims = verify_dev(&token);
    assert_eq!(claims.exp - claims.nbf, 100);
    let video = json!({"roomJoin": true, "room": "quickstart-room", "canPublish": false, "canUpdateOwnMetadata": true});
    assert_eq!(claims_value(&token)["video"], video);
}

#[test]
fn a_token_that_moderates_a_room_needs_its_name() {
    let server = TestServer::start("--admin");
    let answer = json_post(server.address(), "{}");
    let problem = json!({
        "error": "a token that moderates a room needs a room",
        "code": "field_required",
        "hint": "send `room_name`",
    });
    assert_eq!((answer.status, answer.json()), (400, problem));
    let token = json_post(server.address(), r#"{"room_name":"demo"}"#).token();
    assert_eq!(claims_value(&token)["video"], json!({"roomAdmin": true, "room": "demo"}));
}

#[test]
fn a_hangup_signal_has_keys_read_again_or_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret");
    std::fs::write(&file, "first-secret-first-secret-first-secret").expect("writes");
    let path = file.display().to_string();
    let mut command = serve(&[
        "--url",
        "wss://x.example",
        "--api-key",
        "APIx",
        "--api-secret-file",
        &path,
        "--listen",
        "127.0.0.1:0",
    ]);
    let server = TestServer::run(&mut command, "");
    let signed_by = |secret: &str| {
        let token = json_post(server.address(), "{}").token();
        livekit_token::TokenVerifier::with_api_key("APIx", secret).verify(&token).is_ok()
    };
    assert!(signed_by("first-secret-first-secret-first-secret"));
    std::fs::write(&file, "other-secret-other-secret-other-secret\n").expect("writes");
    server.signal(Signal::SIGHUP);
    server.wait_for_log("reloaded");
    assert!(signed_by("other-secret-other-secret-other-secret"));
    std::fs::write(&file, " \n").expect("writes");
    server.signal(Signal::SIGHUP);
    let line = server.wait_for_log("not reloaded");
    assert!(line.contains("holds no secret"), "{line}");
    assert!(signed_by("other-secret-other-secret-other-secret"));
}

#[test]
fn a_reload_says_what_is_wrong_as_a_start_does_and_shows_no_password() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lkt.toml");
    let write = |text| std::fs::write(&file, text).expect("writes");
    write("dev = true\nlisten = \"127.0.0.1:0\"");
    let server = TestServer::run(&mut serve(&["--config", &file.display().to_string()]), "");
    write("dev = true\nask = \"https://user:hunter2@host/ask\"");
    server.signal(Signal::SIGHUP);
    let line = server.wait_for_log("not reloaded");
    assert!(line.contains("what stands before an `@` may be a password"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn what_a_hangup_signal_cannot_change_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lkt.toml");
    let path = file.display().to_string();
    let write = |rest| std::fs::write(&file, format!("dev = true\n{rest}")).expect("writes");
    write("listen = \"127.0.0.1:0\"");
    let server = TestServer::run(&mut serve(&["--config", &path]), "");
    write("listen = \"127.0.0.1:1\"\nmax-connections = 9");
    server.signal(Signal::SIGHUP);
    server.wait_for_log("a changed address takes effect at the next start");
    server.wait_for_log("changed limits and log options take effect at the next start");
    server.wait_for_log("reloaded");
    assert_eq!(json_post(server.address(), "{}").status, 201);
}

#[test]
fn a_log_for_programs_cannot_steer_a_terminal_either() {
    let server = TestServer::start("--log-format json");
    let name = "r\u{7f}\u{9b}31m\u{61c}\u{200f}\u{202e}\u{2066}";
    json_post(server.address(), json!({"room_name": name}).to_string());
    let line = server.wait_for_log("\"request\"");
    assert!(line.contains("r\\u007f\\u009b31m\\u061c\\u200f\\u202e\\u2066"), "{line}");
    assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON")["room"], name);
}

#[test]
fn over_the_connection_limit_whoever_has_waited_longest_makes_room() {
    let server = TestServer::start("--max-connections 2");
    let mut held = [Connection::open(server.address()), Connection::open(server.address())];
    for connection in &mut held {
        connection.send(post("/getToken", &[JSON], "{}"));
        assert_eq!(connection.answer().expect("an answer").status, 201);
    }
    assert_eq!(json_post(server.address(), "{}").status, 201);
    let [mut first, mut second] = held;
    assert!(first.answer().is_none());
    second.send(post("/getToken", &[JSON], "{}"));
    assert_eq!(second.answer().expect("an answer").status, 201);
}

#[test]
fn a_body_that_is_too_slow_is_told_so() {
    let server = TestServer::start("--request-timeout 200ms");
    for length in [5, 5000] {
        let mut connection = Connection::open(server.address());
        connection.send(format!(
            "POST /getToken HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:5173\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"
        ));
        let answer = connection.answer().expect("an answer");
        assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("timeout")), "{length}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:5173"));
        assert!(connection.answer().is_none());
    }
}

#[test]
fn requests_in_flight_are_answered_before_the_end() {
    let server = TestServer::start("");
    let address = server.address();
    let mut idle = Connection::open(address);
    let mut slow = Connection::open(address);
    let request =
        post("/getToken", &[JSON], json!({"participant_metadata": "m".repeat(5000)}).to_string());
    slow.send(&request[..200]);
    // After this answer, the server has seen everything that was sent before.
    assert_eq!(json_post(address, "{}").status, 201);
    server.signal(Signal::SIGTERM);
    // The server closes an idle connection when it stops, so this shows that stopping has begun.
    assert!(idle.answer().is_none());
    slow.send(&request[200..]);
    let answer = slow.answer().expect("an answer");
    assert_eq!((answer.status, answer.header("connection")), (201, Some("close")));
    let (status, _) = server.wait();
    assert!(status.success());
}
