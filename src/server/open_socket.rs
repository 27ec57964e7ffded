//! A socket that listens already: the program that starts the server opened it, or it was passed to the
//! process.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

use socket2::SockRef;

use super::LocalAddress;
use super::socket::Listener;

/// A socket that listens already. Other processes may have it open too, so it may outlive the server.
/// For this reason, the file of a Unix socket is not removed, and connections that still wait to be
/// accepted when the server stops are left for the next server.
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
    /// The address at which the socket listens.
    ///
    /// # Errors
    /// An error of the system, or a Unix socket that has no path.
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
                // The same options as for a socket that the server opens itself (see `listen`).
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
