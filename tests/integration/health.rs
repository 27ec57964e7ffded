//! `lkt health`: results for the health check of a container, and for a script.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{TestServer, lkt};

/// Starts a server that answers one request with these bytes, and then waits for the client to leave.
fn answers(bytes: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(bytes.as_bytes()).expect("sends");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}

#[test]
fn a_server_that_runs_is_healthy_and_nothing_is_said() {
    let server = TestServer::start("--base-path /livekit");
    for url in [server.url(""), server.url("/"), server.url("/livekit")] {
        assert_eq!(lkt("health").arg(&url).succeeds(), "", "{url}");
    }
    let localhost = format!("http://localhost:{}", server.address().port());
    assert_eq!(lkt("health").arg(localhost).succeeds(), "");
}

#[test]
fn localhost_is_both_loopback_addresses() {
    // A machine without IPv6 has one of them.
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let server = TestServer::start("--listen [::1]:0");
    let localhost = format!("http://localhost:{}", server.address().port());
    assert_eq!(lkt("health").arg(localhost).succeeds(), "");
}

#[test]
fn credentials_are_not_asked_for() {
    let server = TestServer::start_after("export LKT_AUTH_TOKEN=letmein", "");
    assert_eq!(lkt("health").arg(server.url("")).succeeds(), "");
}

#[test]
fn a_unix_socket_is_asked_as_well() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = format!("unix:{}", directory.path().join("lkt.sock").display());
    lkt("health").arg(&socket).fails(1);
    let mut server = Command::new(env!("CARGO_BIN_EXE_lkt"))
        .env_clear()
        .args(["serve", "--dev", "--quiet", "--listen", &socket])
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let end = Instant::now() + Duration::from_secs(10);
    while !directory.path().join("lkt.sock").exists() && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    let healthy = lkt("health").arg(&socket).output();
    server.kill().expect("ends");
    server.wait().expect("ended");
    assert!(healthy.status.success(), "{healthy:?}");
}

#[test]
fn whatever_is_not_200_is_a_failure_that_says_what_it_was() {
    for (bytes, said) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "answers 503, not 200"),
        ("HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", "answers 301, not 200"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "is not lkt"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not answer: the server does not speak HTTP"),
        ("\u{1}\u{2}\n", "does not answer: the server does not speak HTTP"),
    ] {
        let stderr = lkt("health").arg(format!("http://{}", answers(bytes))).fails(1);
        assert!(stderr.contains(said), "{stderr}");
    }
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let stderr = lkt("health").arg(format!("http://{free}")).fails(1);
    assert!(stderr.contains("does not answer: connection refused"), "{stderr}");
}

#[test]
fn a_server_that_says_nothing_is_given_up_after_two_seconds() {
    let began = Instant::now();
    let stderr = lkt("health").arg(format!("http://{}", answers("HTTP/1.1 "))).fails(1);
    assert!(stderr.contains("does not answer: no answer within 2s"), "{stderr}");
    let took = began.elapsed();
    assert!(Duration::from_secs(2) <= took && took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_url_that_is_none_is_a_wrong_command_line() {
    for url in ["127.0.0.1:3000", "https://lkt.example", "ws://localhost:7880", "unix:"] {
        lkt("health").arg(url).fails(2);
    }
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for command in [
        "health http://u:PASSWORD@h",
        "health u:PASSWORD@h",
        "serve --dev --ask https://u:PASSWORD@h",
        "serve --dev --auth-audience a --auth-issuer https://u:PASSWORD@h",
        "serve --dev --auth-audience a --auth-issuer i --auth-jwks https://u:PASSWORD@h",
        "serve --dev --auth-audience a --auth-issuer i --auth-jwks u:PASSWORD@h",
        "check --auth-issuer https://u:PASSWORD@h",
        "check --auth-issuer i --auth-jwks https://u:PASSWORD@h",
        "check https://u:PASSWORD@h",
        "https://u:PASSWORD@h",
    ] {
        let said = lkt(command).fails(2);
        assert!(!said.contains("PASSWORD") && said.contains("not shown"), "{command}: {said}");
    }
}

#[test]
fn a_port_that_is_none_is_a_wrong_command_line() {
    for url in ["http://h:abc", "http://h:99999"] {
        let said = lkt("health").arg(url).fails(2);
        assert!(said.contains("give a number from 1 to 65535"), "{said}");
    }
}
