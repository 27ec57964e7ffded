//! A server that is started and stopped again and again. By itself, since it counts what the process has
//! open.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use lkt::endpoint::{Endpoint, Random};
use lkt::server::{Limits, Server, SharedEndpoint};
use lkt::token::KeyPair;

fn run_once() {
    let url = "ws://localhost:7880".parse().expect("a URL");
    let endpoint = Endpoint::new(KeyPair::dev(), url, Random::new(|| 42));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = Server::new(listener, Limits::default()).expect("a server");
    let stop = server.stop_handle();
    let running = thread::spawn(move || server.run(SharedEndpoint::new(endpoint)));
    let mut client = TcpStream::connect(address).expect("connects");
    let request = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    client.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    stop.set();
    running.join().expect("no panic").expect("a clean end");
}

#[test]
fn a_server_that_stopped_leaves_no_descriptor_behind() {
    let open = || std::fs::read_dir("/proc/self/fd").expect("a list").count();
    run_once();
    let before = open();
    (0..20).for_each(|_| run_once());
    // The last lanes may be about to close theirs.
    assert!(open() < before + 20, "{before} were open before, {} are now", open());
}
