//! Addresses to listen at.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;

/// The host if an address is only a port.
const LOCALHOST: &str = "localhost";

/// An address to listen at: `HOST:PORT` (port 0 picks a free one), `unix:PATH`, or a port of
/// `localhost` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listen {
    /// A port on a host's addresses.
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

/// The address at which a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LocalAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Listen {
    /// Whether only this machine, or a Unix socket's users, can reach the address.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => {
                // Not every system resolves `*.localhost` to loopback.
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }

    /// The host, unless it is a Unix socket.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp { host, .. } => Some(host),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The address of the socket, as far as it is known before the socket is opened.
    pub(crate) fn to_local(&self) -> Option<LocalAddress> {
        match self {
            Self::Tcp { host, port } => {
                let host = if self.is_local() && host.parse::<IpAddr>().is_err() {
                    "127.0.0.1"
                } else {
                    host
                };
                let address = host.parse::<IpAddr>().ok()?;
                Some(LocalAddress::Tcp((address, *port).into()))
            }
            #[cfg(unix)]
            Self::Unix(path) => Some(LocalAddress::Unix(path.clone())),
        }
    }

    /// Whether a socket at this address takes what another address is for: they are the same, or one of
    /// them is all addresses of this machine.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (Self::Tcp { host, port }, Self::Tcp { host: other_host, port: other_port }) =
            (self, other)
        else {
            return self == other;
        };
        let ip = |host: &str| {
            let host = if host.eq_ignore_ascii_case(LOCALHOST) { "127.0.0.1" } else { host };
            host.parse::<IpAddr>().ok()
        };
        let is_same = match (ip(host), ip(other_host)) {
            (Some(one), Some(other)) if one.is_ipv4() == other.is_ipv4() => {
                one == other || one.is_unspecified() || other.is_unspecified()
            }
            (Some(_), Some(_)) => false,
            _ => host.eq_ignore_ascii_case(other_host),
        };
        *port != 0 && port == other_port && is_same
    }

    /// Whether it is a Unix socket.
    pub(crate) fn is_unix(&self) -> bool {
        self.host().is_none()
    }

    /// A port on this machine.
    pub(crate) fn at_localhost(port: u16) -> Self {
        Self::Tcp { host: LOCALHOST.to_owned(), port }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let port = text.strip_prefix(':').unwrap_or(text);
        if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
            let port =
                port.parse().map_err(|_| "ports go up to 65535; give a lower one".to_owned())?;
            return Ok(Self::at_localhost(port));
        }
        let syntax = || {
            "write it as 127.0.0.1:3000, [::1]:3000, unix:/run/lkt.sock, or a port alone".to_owned()
        };
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(syntax()) } else { Ok(Self::Unix(path.into())) };
        }
        if let Some((_, rest)) = text.split_once("://") {
            let plain = rest.split('/').next().unwrap_or_default();
            let is_address = !plain.contains("://") && plain.parse::<Self>().is_ok();
            let help = if is_address { format!("write it as {plain}") } else { syntax() };
            return Err(format!("it is no URL; {help}"));
        }
        if text.starts_with(['/', '.']) {
            return Err(format!("write a socket as unix:{text}"));
        }
        if text.contains(',') {
            return Err("give each with an option of its own".to_owned());
        }
        let is_bare_v6 = text.parse::<Ipv6Addr>().is_ok();
        let (host, port) = text.rsplit_once(':').filter(|_| !is_bare_v6).ok_or_else(|| {
            let host = if is_bare_v6 { format!("[{text}]") } else { text.to_owned() };
            let is_host = text == LOCALHOST || text.parse::<IpAddr>().is_ok();
            if is_host { format!("it has no port; write it as {host}:3000") } else { syntax() }
        })?;
        let port = port.parse::<u16>().map_err(|_| match text.split_once('/') {
            Some((address, _)) if address.parse::<Self>().is_ok() => {
                format!("write it as {address}, without a path")
            }
            None if host.starts_with('[') && text.ends_with(']') => {
                format!("it has no port; write it as {text}:3000")
            }
            _ => syntax(),
        })?;
        if host == "*" {
            return Err(format!("`*` is no address; write it as 0.0.0.0:{port}"));
        }
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
    /// The address and the port, unless it is a Unix socket.
    pub(crate) fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Whether only this machine can reach the address.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }
}
