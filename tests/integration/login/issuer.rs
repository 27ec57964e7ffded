//! An issuer's server, friendly or hostile as the test requires.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The parts of a request that these tests need.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

type Answering = dyn Fn(&Asked) -> String + Send + Sync;

/// A server that answers each request on a separate thread.
pub(crate) struct IssuerServer {
    address: SocketAddr,
    answering: Arc<Mutex<Arc<Answering>>>,
    asked: Arc<AtomicUsize>,
}

impl IssuerServer {
    /// Answers with the return value of the function, including the head.
    pub(crate) fn start(answering: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let answering: Arc<Mutex<Arc<Answering>>> = Arc::new(Mutex::new(Arc::new(answering)));
        let asked = Arc::new(AtomicUsize::new(0));
        let server = Self { address, answering: Arc::clone(&answering), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                asked.fetch_add(1, Ordering::SeqCst);
                let answering = Arc::clone(&answering.lock().expect("no panic"));
                thread::spawn(move || answer(stream, &*answering));
            }
        });
        server
    }

    /// Starts a server with discovery at the usual place and this JWKS.
    pub(crate) fn with_keys(jwks: &str) -> Self {
        let server = Self::start(|_| unreachable!("set below"));
        server.answer(server.keys(jwks));
        server
    }

    /// Returns a function that answers with discovery and a JWKS.
    pub(crate) fn keys(&self, jwks: &str) -> impl Fn(&Asked) -> String + Send + Sync + 'static {
        let (url, jwks) = (self.url(""), jwks.to_owned());
        move |asked| match asked.path.as_str() {
            "/.well-known/openid-configuration" => {
                ok(&format!(r#"{{"issuer":"{url}","jwks_uri":"{url}/jwks"}}"#))
            }
            "/jwks" => ok(&jwks),
            _ => "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
        }
    }

    /// Changes the answers from now on.
    pub(crate) fn answer(&self, answering: impl Fn(&Asked) -> String + Send + Sync + 'static) {
        *self.answering.lock().expect("no panic") = Arc::new(answering);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Number of requests received.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(crate) fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn answer(stream: TcpStream, answering: &Answering) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().expect("a number"))];
    reader.read_exact(&mut body).expect("a body");
    let answer = answering(&Asked { path, head: lower, body });
    // The client may have left.
    let _ = reader.get_mut().write_all(answer.as_bytes());
}
