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
            return Err("leave out user name and password: /healthz asks for none".to_owned());
        }
        // `http` accepts any text as a port, and treats an invalid port as the default.
        let host_alone = authority.host().len() == authority.as_str().len();
        if !host_alone && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("a port is a number from 1 to 65535".to_owned());
        }
        let authority = authority.to_string();
        Ok(Self::Tcp { authority, base: uri.path().trim_end_matches('/').to_owned() })
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
        let answer = match self {
            Self::Tcp { authority, base } => http_client::direct_agent(timeout)
                .get(format!("http://{authority}{base}/healthz"))
                .call(),
            #[cfg(unix)]
            Self::Unix(path) => {
                http_client::unix_agent(path, timeout).get("http://127.0.0.1/healthz").call()
            }
            #[cfg(not(unix))]
            Self::Unix(_) => {
                return Err(NoAnswer::NoServer("this system has no Unix sockets".to_owned()));
            }
        };
        let answer = answer.map_err(|error| NoAnswer::new(&error, timeout))?;
        Ok(answer.status().as_u16())
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
        ] {
            assert!(text.parse::<Server>().is_err(), "{text}");
        }
    }
}
