//! Asks a server whether it is up.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;

use super::http_client::{self, NoAnswer};
use super::issuer::read_body;

/// The path that says whether the server is up.
pub(crate) const HEALTH: &str = "/healthz";

/// Maximum size of the body of an answer, in bytes.
const MAX_BODY: u64 = 4096;

/// An answer to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Whether the body is one that lkt sends.
    pub(crate) is_lkts: bool,
}

/// A server to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Server {
    /// `base` is the part of the path before `/healthz`.
    Tcp {
        authority: String,
        base: String,
    },
    Unix(PathBuf),
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        let syntax = || {
            let is_plain =
                |letter: char| letter.is_ascii_alphanumeric() || ":.-[]/".contains(letter);
            let port = text.strip_prefix(':').unwrap_or(text);
            if port.parse::<u16>().is_ok() {
                format!("write it as http://127.0.0.1:{port}")
            } else if text.starts_with(char::is_alphanumeric)
                && !text.starts_with("unix:")
                && !text.contains("//")
                && text.chars().all(is_plain)
            {
                let port = if text.contains(':') { "" } else { ":3000" };
                format!("write it as http://{text}{port}")
            } else {
                "write it as http://HOST:PORT or unix:PATH".to_owned()
            }
        };
        let uri = text.parse::<Uri>().map_err(|_| syntax())?;
        if uri.scheme_str() == Some("https") {
            return Err("lkt serve speaks plain HTTP: give its own URL, not the proxy's".to_owned());
        }
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
        let authority = authority.ok_or_else(syntax)?;
        if authority.as_str().contains('@') {
            return Err("leave out user name and password: /healthz needs none".to_owned());
        }
        // `http` accepts any text as a port, and treats an invalid port as the default.
        let host_alone = authority.host().len() == authority.as_str().len();
        if !host_alone && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("it has no valid port; give a number from 1 to 65535".to_owned());
        }
        let base = uri.path().trim_end_matches('/');
        if base.ends_with("/healthz") || base.ends_with("/readyz") {
            return Err("leave out the path of the health check, which lkt health adds".to_owned());
        }
        Ok(Self::Tcp { authority: authority.to_string(), base: base.to_owned() })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { authority, base } => write!(formatter, "http://{authority}{base}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl Server {
    /// The answer to a GET of a path.
    pub(crate) fn get(&self, check: &str, timeout: Duration) -> Result<Reply, NoAnswer> {
        let (authority, base) = match self {
            Self::Tcp { authority, base } => (authority, base),
            #[cfg(unix)]
            Self::Unix(path) if unix::is_something_else(path) => {
                return Err(NoAnswer::NoServer("it is not a socket".to_owned()));
            }
            #[cfg(unix)]
            Self::Unix(path) => return unix::get(path, check, timeout),
            #[cfg(not(unix))]
            Self::Unix(_) => {
                return Err(NoAnswer::NoServer("this system has no Unix sockets".to_owned()));
            }
        };
        // `localhost` is both loopback addresses, as it is for `lkt serve`, whatever /etc/hosts says.
        let Some(port) = authority.strip_prefix("localhost").filter(|port| is_port(port)) else {
            return over_tcp(authority, base, check, timeout);
        };
        over_tcp(&format!("127.0.0.1{port}"), base, check, timeout).or_else(|problem| {
            over_tcp(&format!("[::1]{port}"), base, check, timeout).map_err(|_| problem)
        })
    }
}

/// Whether this is what follows the name of a host: nothing, or a port.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.starts_with(':')
}

fn over_tcp(
    authority: &str,
    base: &str,
    check: &str,
    timeout: Duration,
) -> Result<Reply, NoAnswer> {
    let request =
        http_client::direct_agent(timeout).get(format!("http://{authority}{base}{check}"));
    let answer = request.call().map_err(|error| NoAnswer::new(&error, timeout))?;
    let status = answer.status().as_u16();
    // A body that cannot be read is not lkt's.
    let body = read_body(answer.into_body(), MAX_BODY).unwrap_or_default();
    Ok(Reply { status, is_lkts: is_lkts(&body) })
}

/// Whether a body is the one that lkt sends: an object with a `status`.
fn is_lkts(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "status")]
        _status: String,
    }
    serde_json::from_slice::<Body>(body).is_ok()
}

/// The same request over a Unix socket, which the HTTP client does not support.
#[cfg(unix)]
mod unix {
    use std::io::{self, ErrorKind, Read, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use socket2::{Domain, SockAddr, Socket, Type};

    use super::{NoAnswer, Reply, is_lkts};

    /// Maximum size of an answer, in bytes.
    const MAX_ANSWER: usize = 8 * 1024;

    /// Whether there is a file or a directory at the path.
    pub(super) fn is_something_else(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| !metadata.file_type().is_socket())
    }

    pub(super) fn get(path: &Path, check: &str, timeout: Duration) -> Result<Reply, NoAnswer> {
        let bytes = exchange(path, check, timeout).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => NoAnswer::late(timeout),
            _ => NoAnswer::from(&error),
        })?;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(&bytes).map_err(|_| NoAnswer::NotHttp)?;
        let status = answer.code.ok_or(NoAnswer::NotHttp)?;
        let body = match parsed {
            httparse::Status::Complete(length) => bytes.get(length..).unwrap_or_default(),
            httparse::Status::Partial => &[],
        };
        Ok(Reply { status, is_lkts: is_lkts(body) })
    }

    /// The answer, up to the end of the connection.
    fn exchange(path: &Path, check: &str, timeout: Duration) -> io::Result<Vec<u8>> {
        let end = Instant::now() + timeout;
        let left = || end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.connect_timeout(&SockAddr::unix(path)?, left())?;
        let mut stream = UnixStream::from(OwnedFd::from(socket));
        stream.set_write_timeout(Some(left()))?;
        let request =
            format!("GET {check} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        while answer.len() < MAX_ANSWER {
            if Instant::now() >= end {
                return Err(ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left()))?;
            let mut part = [0; 1024];
            match stream.read(&mut part)? {
                0 if answer.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
                0 => break,
                read => answer.extend_from_slice(&part[..read]),
            }
        }
        Ok(answer)
    }
}

/// Whether a running lkt answers at an address, `HOST:PORT` or `unix:PATH`.
pub(crate) fn is_lkt(address: &str) -> bool {
    // Loopback answers immediately, or not at all.
    const TIMEOUT: Duration = Duration::from_millis(500);
    let server = match address.strip_prefix("unix:") {
        Some(path) => Server::Unix(path.into()),
        None => Server::Tcp { authority: address.to_owned(), base: String::new() },
    };
    server.get(HEALTH, TIMEOUT) == Ok(Reply { status: 200, is_lkts: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_written_as_urls_or_as_sockets() {
        for (text, shown) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000/", "http://[::1]:3000"),
            ("http://lkt/livekit/", "http://lkt/livekit"),
            ("unix:/run/lkt.sock", "unix:/run/lkt.sock"),
        ] {
            assert_eq!(text.parse::<Server>().expect(text).to_string(), shown);
        }
        for text in [
            "",
            "lkt",
            "127.0.0.1:3000",
            "unix:",
            "ws://lkt",
            "https://lkt",
            "http://a@b",
            "http://h:abc",
            "http://h:99999",
            "http://h:0",
            "http://h:",
            "http://h/livekit/healthz",
        ] {
            assert!(text.parse::<Server>().is_err(), "{text}");
        }
    }
}
