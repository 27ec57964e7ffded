//! The requests of proxies, dev servers and HTTP clients, byte for byte: `known/recorded.json`.

use serde::Deserialize;

use crate::support::{Connection, TestServer};

const RECORDED: &str = include_str!("known/recorded.json");

#[derive(Deserialize)]
struct Recorded {
    /// The program that sent it, with its version.
    sender: String,
    request: String,
    status: u16,
    /// Whether the connection is kept for the next request.
    keeps: bool,
}

#[test]
fn what_proxies_dev_servers_and_clients_send_is_answered_over_the_connections_that_they_keep() {
    let server = TestServer::start("--allow-host tokens.example.com --no-env-file");
    let recorded = serde_json::from_str::<Vec<Recorded>>(RECORDED).expect("the table");
    for Recorded { sender, request, status, keeps } in recorded {
        let mut connection = Connection::open(server.address());
        for _ in 0..if keeps { 3 } else { 1 } {
            connection.send(&request);
            let answer = connection.answer().unwrap_or_else(|| panic!("{sender}: no answer"));
            assert_eq!(answer.status, status, "{sender}: {answer:?}");
            if status == 201 {
                answer.token();
            }
        }
        if !keeps {
            assert!(connection.answer().is_none(), "{sender}: the connection stays open");
        }
    }
}
