//! Stores that reply with anything but what they should. A store that works is tested by
//! `tests/fleet/run`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use serde_json::json;

use crate::support::{TestServer, json_post};

/// The store's password. It must not be in a log, even if the store sends it back.
const PASSWORD: &str = "hunter2";

/// What the store replies to a command.
type Script = Arc<dyn Fn(&[String]) -> Vec<u8> + Send + Sync>;

/// Starts a store, which replies `+OK` to what sets a connection up and this to the rest. Returns its URL.
fn store(reply: impl Fn(&[String]) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address");
    let reply: Script = Arc::new(reply);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let reply = Arc::clone(&reply);
            // Ends when the client does.
            thread::spawn(move || converse(stream, &reply));
        }
    });
    format!("redis://user:{PASSWORD}@{address}")
}

fn converse(stream: TcpStream, reply: &Script) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let parts = (0..number(&mut reader)?).map(|_| {
            let mut part = vec![0; number(&mut reader)? + 2];
            reader.read_exact(&mut part).ok()?;
            Some(String::from_utf8_lossy(&part).trim_end().to_owned())
        });
        let command = parts.collect::<Option<Vec<_>>>()?;
        let is_setup = ["AUTH", "CLIENT", "SELECT"].contains(&command.first()?.as_str());
        let reply = if is_setup { b"+OK\r\n".to_vec() } else { reply(&command) };
        reader.get_mut().write_all(&reply).ok()?;
    }
}

/// The number in the next line, after its first character.
fn number(reader: &mut impl BufRead) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.get(1..)?.trim_end().parse().ok()
}

fn status(server: &TestServer) -> u16 {
    json_post(server.address(), json!({"participant_identity": "eve"}).to_string()).status
}

/// Each reply counts as none, and nothing of it is in the log.
#[test]
fn a_store_that_replies_nonsense_is_one_that_cannot_be_reached() {
    for reply in [
        "+OK\r\n",
        "$-1\r\n",
        "*1\r\n:0\r\n",
        "-hunter2 hunter2\r\n",
        "-ERR AUTH user hunter2\r\n",
        "-NOSCRIPT hunter2\r\n",
        "-MOVED 5 hunter2:1\r\n",
        "-READONLY hunter2\r\n",
        "-LOADING hunter2\r\n",
        "hunter2\r\n",
        ":92233720368547758070\r\n",
        ",0.0\r\n",
        "|1\r\n+a\r\n+b\r\n:0\r\n",
        "%-1\r\n",
        "*9223372036854775807\r\n",
        "$9223372036854775807\r\n",
        ">-9\r\n-ERR\r\n",
        &"*1\r\n".repeat(10_000),
    ] {
        for (on_failure, expected) in [("deny", [503, 503, 503]), ("allow", [201, 201, 429])] {
            let text = reply.to_owned();
            let url = store(move |_| text.clone().into_bytes());
            let flags = format!("--rate 2/1h --store-failure {on_failure} --store {url}");
            let server = TestServer::start(&flags);
            let said = reply.get(..reply.len().min(40));
            assert_eq!([(); 3].map(|()| status(&server)), expected, "{said:?}");
            server.signal(nix::sys::signal::Signal::SIGTERM);
            let (exit, lines) = server.wait();
            let is_told = lines.iter().any(|line| line.contains(PASSWORD));
            assert!(exit.success() && !is_told, "{said:?} {lines:?}");
        }
    }
}

/// Numbers that no script returns: nobody gets a token for them.
#[test]
fn a_count_that_cannot_be_is_over_the_rate() {
    for reply in [":-5\r\n", ":9223372036854775807\r\n"] {
        let url = store(|_| reply.as_bytes().to_vec());
        let server = TestServer::start(&format!("--rate 2/1h --store {url}"));
        assert_eq!(status(&server), 429, "{reply}");
    }
}

/// A reply of this many texts, the first of which is another one.
fn members(first: &[u8], number: usize) -> Vec<u8> {
    let mut reply = format!("*{number}\r\n${}\r\n", first.len()).into_bytes();
    reply.extend_from_slice(first);
    for entry in 1..number {
        let entry = format!("room={entry}");
        reply.extend(format!("\r\n${}\r\n{entry}", entry.len()).bytes());
    }
    reply.extend(b"\r\n");
    reply
}

/// A store with a set of this many members.
fn set(first: &'static [u8], number: usize) -> String {
    store(move |command| match command.first().map(String::as_str) {
        Some("SCARD") => format!(":{number}\r\n").into_bytes(),
        Some("SMEMBERS") => members(first, number),
        _ => b":0\r\n".to_vec(),
    })
}

#[test]
fn an_entry_that_is_no_text_takes_no_other_entry_along() {
    let url = set(b"identity=\xff*", 3);
    let server = TestServer::start(&format!("--deny-store lkt:denied --store {url}"));
    let line = server.wait_for_log("cannot be read");
    assert!(line.contains("entries=1") && line.contains("it is not UTF-8"), "{line}");
    server.wait_for_log("read the deny list in the store entries=2");
    let room = |room: &str| json_post(server.address(), json!({"room_name": room}).to_string());
    assert_eq!([room("2").status, room("3").status], [403, 201]);
}

#[test]
fn a_list_that_is_too_long_is_not_read_in_part() {
    let url = set(b"room=x", 10_001);
    let flags = format!("--deny-store lkt:denied --store-failure deny --store {url}");
    let server = TestServer::start(&flags);
    let line = server.wait_for_log("cannot read the deny list");
    assert!(line.contains("it has 10001 entries, and 10000 is the maximum"), "{line}");
    assert_eq!(status(&server), 503);
    let url = set(b"room=x", 10_000);
    let server = TestServer::start(&format!("--deny-store lkt:denied --store {url}"));
    server.wait_for_log("read the deny list in the store entries=10000");
    assert_eq!(status(&server), 201);
}
