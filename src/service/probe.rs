//! Asks a server whether it is up.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;

use super::http_client::{self, NoAnswer};

/// A server to ask.
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
        let syntax = || "write it as http://HOST:PORT or unix:PATH".to_owned();
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
            return Err("a port is a number from 1 to 65535".to_owned());
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
    /// The status code of the answer to `GET /healthz`.
    pub(crate) fn status(&self, timeout: Duration) -> Result<u16, NoAnswer> {
        let (authority, base) = match self {
            Self::Tcp { authority, base } => (authority, base),
            #[cfg(unix)]
            Self::Unix(path) => return unix::status(path, timeout),
            #[cfg(not(unix))]
            Self::Unix(_) => {
                return Err(NoAnswer::NoServer("this system has no Unix sockets".to_owned()));
            }
        };
        let request =
            http_client::direct_agent(timeout).get(format!("http://{authority}{base}/healthz"));
        let answer = request.call().map_err(|error| NoAnswer::new(&error, timeout))?;
        Ok(answer.status().as_u16())
    }
}

/// The same request over a Unix socket, which the HTTP client does not support.
#[cfg(unix)]
mod unix {
    use std::io::{self, ErrorKind, Read, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use socket2::{Domain, SockAddr, Socket, Type};

    use super::NoAnswer;

    const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    /// Maximum size of the head of an answer, in bytes.
    const MAX_HEAD: usize = 8 * 1024;

    pub(super) fn status(path: &Path, timeout: Duration) -> Result<u16, NoAnswer> {
        let head = head(path, timeout).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => NoAnswer::late(timeout),
            _ => NoAnswer::from(&error),
        })?;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        answer.parse(&head).map_err(|_| NoAnswer::NotHttp)?;
        answer.code.ok_or(NoAnswer::NotHttp)
    }

    /// The first bytes of the answer, up to the end of its first line or more.
    fn head(path: &Path, timeout: Duration) -> io::Result<Vec<u8>> {
        let end = Instant::now() + timeout;
        let left = || end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.connect_timeout(&SockAddr::unix(path)?, left())?;
        let mut stream = UnixStream::from(OwnedFd::from(socket));
        stream.set_write_timeout(Some(left()))?;
        stream.write_all(REQUEST)?;
        let mut head = Vec::new();
        while !head.contains(&b'\n') && head.len() < MAX_HEAD {
            if Instant::now() >= end {
                return Err(ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left()))?;
            let mut part = [0; 1024];
            match stream.read(&mut part)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => head.extend_from_slice(&part[..read]),
            }
        }
        Ok(head)
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
    server.status(TIMEOUT) == Ok(200)
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
