//! The floor: a thread a connection that reads until the end of a request of known size and sends a
//! fixed answer as large as lkt's. It does nothing that an HTTP server does, so none of this kind is
//! faster.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

fn main() {
    let length = std::env::args().nth(2).and_then(|length| length.parse::<usize>().ok());
    let body = "x".repeat(length.unwrap_or(560));
    let answer = format!(
        "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
         vary: Origin\r\ndate: Tue, 24 Nov 2026 00:00:00 GMT\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let closing = answer.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    let listener = TcpListener::bind(("127.0.0.1", peers::port())).expect("binds");
    for stream in listener.incoming() {
        let (mut stream, answer, closing) = (stream.expect("accepts"), answer.clone(), closing.clone());
        stream.set_nodelay(true).expect("no delay");
        thread::spawn(move || {
            let mut buffer = [0; 64 * 1024];
            let mut have = 0;
            loop {
                match stream.read(&mut buffer[have..]) {
                    Ok(0) | Err(_) => return,
                    Ok(read) => have += read,
                }
                if !is_whole(&buffer[..have]) {
                    continue;
                }
                let last = is_last(&buffer[..have]);
                have = 0;
                let answer = if last { &closing } else { &answer };
                if stream.write_all(answer.as_bytes()).is_err() || last {
                    return;
                }
            }
        });
    }
}

/// The load ends every request with `}`, and sends no other before the answer.
fn is_whole(request: &[u8]) -> bool {
    request.last() == Some(&b'}')
}

/// The load says so in the last of its headers or the one before.
fn is_last(request: &[u8]) -> bool {
    request.windows(17).any(|bytes| bytes.eq_ignore_ascii_case(b"connection: close"))
}
