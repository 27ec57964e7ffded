//! Addresses to listen at, and the sockets that listen there.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;

use socket2::{Domain, Socket, Type};

use super::OpenSocket;
#[cfg(unix)]
use super::socket_file;

/// Maximum number of connections that wait to be accepted. The system's limit may be lower. A client
/// beyond it has to try again a second later.
pub(super) const BACKLOG: i32 = 4096;

/// An address to listen at: `HOST:PORT` (port 0 picks a free one) or `unix:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listen {
    /// A TCP port on a host's addresses.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port number; 0 picks a free port.
        port: u16,
    },
    /// A Unix socket at this path.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// The address at which a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// An error that keeps a server from listening.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The text is not an address to listen at.
    #[error("`{0}` is neither HOST:PORT nor unix:PATH")]
    Syntax(String),
    /// Another socket already listens at the address.
    #[error("something listens at `{0}` already")]
    InUse(String),
    /// The path of the Unix socket is taken by something else.
    #[error("`{path}` exists and is {what}")]
    #[cfg(unix)]
    Taken {
        /// The path.
        path: String,
        /// The kind of file at the path, with an article.
        what: &'static str,
    },
    /// The system refuses.
    #[error("cannot listen at `{at}`")]
    System {
        /// The address.
        at: String,
        /// The system's error.
        source: io::Error,
    },
}

impl Listen {
    /// Opens a socket that listens at the address.
    pub(super) fn open(&self) -> Result<OpenSocket, ListenError> {
        let opened = match self {
            Self::Tcp { host, port } => open_tcp(host, *port).map(OpenSocket::Tcp),
            #[cfg(unix)]
            Self::Unix(path) => match socket_file::make_way(path) {
                Ok(None) => socket_file::open(path).map(OpenSocket::Unix),
                Ok(Some(what)) => {
                    return Err(ListenError::Taken { path: path.display().to_string(), what });
                }
                Err(error) => Err(error),
            },
        };
        opened.map_err(|error| self.failed(error))
    }

    pub(super) fn failed(&self, source: io::Error) -> ListenError {
        match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse(self.to_string()),
            _ => ListenError::System { at: self.to_string(), source },
        }
    }
}

/// Opens a socket at the first address of the host at which that is possible.
fn open_tcp(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut addresses = (host, port).to_socket_addrs()?.collect::<Vec<_>>();
    // `localhost` resolves to both families. IPv4 comes first, because 127.0.0.1 is the other usual
    // way to write it.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let mut opened = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        opened = open_tcp_at(address);
        if opened.is_ok() {
            break;
        }
    }
    opened
}

fn open_tcp_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows, this option would let another process listen at the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = || ListenError::Syntax(text.to_owned());
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(syntax()) } else { Ok(Self::Unix(path.into())) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(syntax)?;
        let port = port.parse::<u16>().map_err(|_| syntax())?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.unwrap_or(host);
        // An IPv6 address must be in brackets, as in a URL.
        if host.is_empty() || (bare.is_none() && host.contains(':')) {
            return Err(syntax());
        }
        Ok(Self::Tcp { host: host.to_owned(), port })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(formatter, "{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for LocalAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            #[cfg(unix)]
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl From<LocalAddress> for Listen {
    fn from(address: LocalAddress) -> Self {
        match address {
            LocalAddress::Tcp(address) => {
                Self::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            #[cfg(unix)]
            LocalAddress::Unix(path) => Self::Unix(path),
        }
    }
}

impl LocalAddress {
    /// Whether only this machine can reach the address.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }
}
