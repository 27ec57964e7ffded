//! A plain HTTP client. Requests are sent byte for byte, since a real client would correct them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The token in the answer.
    pub(crate) fn token(&self) -> String {
        self.json()["participant_token"].as_str().expect("a token").to_owned()
    }
}

/// A connection that stays open.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connects");
        // If the server hangs, the test must fail instead of running forever.
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("sends");
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Reads the next answer. Returns `None` at the end of the connection.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.answer_to_head()?;
        let length = answer.header("content-length");
        let length = length.map_or(0, |length| length.parse().expect("a number"));
        answer.body.resize(length, 0);
        self.0.read_exact(&mut answer.body).expect("a whole body");
        Some(answer)
    }

    /// Reads the next answer, to a request whose body has not been sent.
    pub(crate) fn answer_to_head(&mut self) -> Option<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let mut headers = Vec::new();
        while let Some(line) = self.line().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").expect("a header");
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        Some(Answer { status, headers, body: Vec::new() })
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}

/// The header that a request with a body needs.
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request with a body and its length.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n", body.len());
    [request.as_bytes(), body].concat()
}

/// Sends JSON to `/getToken` on a new connection, and returns the answer.
pub(crate) fn json_post(address: SocketAddr, body: impl AsRef<[u8]>) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(post("/getToken", &[("Content-Type", "application/json")], body));
    connection.answer().expect("an answer")
}
