//! `lkt health`: whether a server answers, for a container's health check and for scripts.
//!
//! HTTP by hand: one request, of which the status line is read, is no work for a client library,
//! and a Unix socket is asked the same way.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;
use http::Uri;

use super::failure::Failure;
use super::notes::Notes;

/// How long everything may take, from looking up the name to the status line.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a status line may be, in bytes.
const LONGEST_LINE: u64 = 1024;

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// The server: http://HOST:PORT, with its base path if it has one, or unix:PATH
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:3000")]
    server: Server,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Server {
    Tcp { authority: String, base: String },
    Unix(PathBuf),
}

/// Why a server is not healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("`{0}` cannot be asked")]
    Unreachable(Server, #[source] io::Error),
    #[error("`{0}` does not answer within {patience} seconds", patience = PATIENCE.as_secs())]
    Late(Server),
    #[error("`{0}` answers something that is no HTTP")]
    NoHttp(Server),
    #[error("`{0}` answers {1}, not 200")]
    Status(Server, u16),
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
            return Err("lkt serve speaks plain HTTP: ask it, not the proxy before it".to_owned());
        }
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
        let authority = authority.filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(syntax)?.to_string();
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

pub(super) fn run(args: &HealthArgs, notes: Notes) -> Result<(), Failure> {
    in_time(&args.server).map_err(explain)?;
    notes.note(|| format!("`{}` is up", args.server));
    Ok(())
}

/// On a thread of its own, since nothing else bounds the look-up of a name, or a server that sends
/// a byte a second. Where it is late, the process ends and the thread with it.
fn in_time(server: &Server) -> Result<(), Unhealthy> {
    let (sender, receiver) = mpsc::channel();
    let asked = server.clone();
    let work = move || sender.send(asked.ask()).unwrap_or_default();
    let unreachable = |error| Unhealthy::Unreachable(server.clone(), error);
    thread::Builder::new().spawn(work).map_err(unreachable)?;
    receiver.recv_timeout(PATIENCE).map_err(|_| Unhealthy::Late(server.clone()))?
}

impl Server {
    fn ask(&self) -> Result<(), Unhealthy> {
        let line = self.status_line().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Unhealthy::NoHttp(self.clone()),
            _ => Unhealthy::Unreachable(self.clone(), error),
        })?;
        match status(&line) {
            Some(200) => Ok(()),
            Some(status) => Err(Unhealthy::Status(self.clone(), status)),
            None => Err(Unhealthy::NoHttp(self.clone())),
        }
    }

    fn status_line(&self) -> io::Result<String> {
        match self {
            Self::Unix(path) => exchange(UnixStream::connect(path)?, "localhost", ""),
            Self::Tcp { authority, base } => {
                let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| {
                    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
                });
                let port = if has_port { "" } else { ":80" };
                let stream = TcpStream::connect(format!("{authority}{port}"))?;
                exchange(stream, authority, base)
            }
        }
    }
}

/// Asks, and reads the first line of the answer.
fn exchange(mut stream: impl Read + Write, host: &str, base: &str) -> io::Result<String> {
    let request =
        format!("GET {base}/healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line)?;
    Ok(line)
}

fn status(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("HTTP/1.").filter(|(before, _)| before.is_empty())?;
    rest.split(' ').nth(1)?.trim_end().parse().ok()
}

fn explain(unhealthy: Unhealthy) -> Failure {
    let help = match unhealthy {
        Unhealthy::Unreachable(..) => "start `lkt serve`, or give the URL that it listens at",
        Unhealthy::Late(_) => "see its log: it may be out of connections, or not be lkt at all",
        Unhealthy::NoHttp(_) => "see what listens there; lkt speaks plain HTTP",
        Unhealthy::Status(..) => "see what listens there, and its log",
    };
    Failure::failed(unhealthy, help)
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
        for text in ["", "lkt", "127.0.0.1:3000", "unix:", "ws://lkt", "https://lkt", "http://a@b"]
        {
            assert!(text.parse::<Server>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_status_line_is_told_from_anything_else() {
        assert_eq!(status("HTTP/1.1 200 OK\r\n"), Some(200));
        assert_eq!(status("HTTP/1.0 503\r\n"), Some(503));
        for line in ["", "SSH-2.0-OpenSSH_9\r\n", "xHTTP/1.1 200 OK", "HTTP/1.1 OK"] {
            assert_eq!(status(line), None, "{line}");
        }
    }
}
