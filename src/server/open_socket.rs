//! A socket that listens already, opened by whoever starts the server or passed on to its process.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

use socket2::SockRef;

use super::LocalAddress;
use super::socket::Listener;

/// A socket that listens already. It may outlive the server: others may have it open as well. So a
/// Unix socket's file is not removed, and connections that wait to be accepted when the server stops
/// are left for the next one.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenSocket {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket with a path.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl OpenSocket {
    /// Where it listens.
    ///
    /// # Errors
    /// An error of the system, or a Unix socket without a path.
    pub fn local_address(&self) -> io::Result<LocalAddress> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(LocalAddress::Tcp),
            #[cfg(unix)]
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname();
                let path = path.ok_or_else(|| io::Error::other("the socket has no path"))?;
                Ok(LocalAddress::Unix(path.to_owned()))
            }
        }
    }

    pub(super) fn into_listener(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => {
                // What a socket of the server's own has from the start (see `listen`).
                SockRef::from(&listener).set_tcp_nodelay(true)?;
                listener.set_nonblocking(true)?;
                Ok(Listener::Tcp(mio::net::TcpListener::from_std(listener)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Ok(Listener::Unix(mio::net::UnixListener::from_std(listener)))
            }
        }
    }
}
