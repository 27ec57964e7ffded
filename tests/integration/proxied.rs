//! `lkt serve` behind a proxy: which headers are believed, and what is shown to whom.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::support::{Answer, Connection, JSON, TestServer, lkt, post};

fn ask(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &[&[JSON], headers].concat(), "{}"));
    connection.answer().expect("an answer")
}

#[test]
fn a_proxy_is_known_by_its_address_in_ipv6_form_too() {
    let server =
        TestServer::start("--auth-header Remote-User --trusted-proxy ::ffff:127.0.0.0/104");
    assert_eq!(ask(&server, &[("Remote-User", "ada")]).status, 201);
}

#[test]
fn a_header_that_clients_send_cannot_name_a_user() {
    for header in ["Host", "Content-Type", "content-length", "Connection", "Authorization"] {
        let error = lkt("serve --dev --trusted-proxy 127.0.0.1 --auth-header").arg(header).fails(2);
        let expected = format!(
            "error: invalid value `{header}` for `--auth-header <NAME>`: clients send this header \
             themselves\nhelp: name the one in which the proxy puts the user, such as Remote-User\n"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn the_user_that_apache_does_not_know_is_nobody() {
    let server = TestServer::start("--auth-header Remote-User --trusted-proxy 127.0.0.1");
    let refused = ask(&server, &[("Remote-User", "(null)")]);
    assert_eq!((refused.status, &refused.json()["code"]), (401, &"unauthorized".into()));
}

#[test]
fn the_start_names_every_header_that_the_proxy_must_set_or_remove() {
    let server = TestServer::start(
        "--auth-header Remote-User --trusted-proxy 127.0.0.1 \
         --set participant_name={header.Remote-Name} --allow-room {header.X-Team}-*",
    );
    assert_eq!(
        server.wait_for_log("the proxy must").trim(),
        "the proxy must remove what clients send as remote-name, remote-user, x-team, and set it itself"
    );
}

#[test]
fn the_page_is_not_shown_to_what_a_proxy_passes_on() {
    let server = TestServer::start("");
    let page = |header: &str| {
        let mut connection = Connection::open(server.address());
        connection.send(format!("GET / HTTP/1.1\r\nHost: localhost:3000\r\n{header}\r\n"));
        connection.answer().expect("an answer").status
    };
    assert_eq!(page(""), 200);
    for header in ["X-Forwarded-For: 192.0.2.1", "forwarded: for=192.0.2.1", "Via: 1.1 proxy"] {
        assert_eq!(page(&format!("{header}\r\n")), 404, "{header}");
    }
}

/// Reads the question of the next request to a backend.
fn question(backend: &TcpListener) -> (TcpStream, Value) {
    let (stream, _) = backend.accept().expect("a connection");
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    (stream, serde_json::from_slice(&body).expect("JSON"))
}

#[test]
fn one_client_does_not_keep_the_backend_from_others() {
    let backend = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/ask", backend.local_addr().expect("an address"));
    let server = TestServer::start(&format!("--ask {url} --trusted-proxy 127.0.0.1"));
    let send = |client: &str| {
        let mut connection = Connection::open(server.address());
        connection.send(post("/getToken", &[JSON, ("X-Forwarded-For", client)], "{}"));
        connection
    };
    let _greedy = (0..60).map(|_| send("198.51.100.1")).collect::<Vec<_>>();
    // The backend answers none of them, and all threads that one client may have wait for it.
    let mut held = (0..24).map(|_| question(&backend)).collect::<Vec<_>>();
    for (_, question) in &held {
        assert_eq!(question["remote"], "198.51.100.1", "{question}");
    }
    let mut other = send("198.51.100.2");
    let (mut stream, question) = question(&backend);
    assert_eq!(question["remote"], "198.51.100.2", "{question}");
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").expect("sends");
    assert_eq!(other.answer().expect("an answer").status, 201);
    held.clear();
}
