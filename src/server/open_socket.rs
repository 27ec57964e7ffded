//! A socket that listens already: the program that starts the server opened it, or it was passed to the
//! process.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

use socket2::SockRef;

use super::LocalAddress;
use super::socket::Listener;
#[cfg(unix)]
use super::socket_file::{self, SocketFile};

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
            Self::Unix(listener) => socket_file::path(listener).map(LocalAddress::Unix),
        }
    }

    /// Makes the socket ready for a server. If the server has opened it itself, the file of a Unix
    /// socket is removed once the listener is dropped.
    #[cfg_attr(not(unix), allow(unused_variables))] // only a Unix socket has a file
    pub(super) fn into_listener(self, is_own: bool) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => {
                // Connections inherit it (Linux, macOS). Without it, an answer over 1 KiB waits 40 ms
                // for the client's delayed acknowledgement.
                SockRef::from(&listener).set_tcp_nodelay(true)?;
                listener.set_nonblocking(true)?;
                Ok(Listener::Tcp(mio::net::TcpListener::from_std(listener)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let file = is_own.then(|| SocketFile::of(&listener)).transpose()?;
                listener.set_nonblocking(true)?;
                let listener = mio::net::UnixListener::from_std(listener);
                Ok(Listener::Unix { listener, _file: file })
            }
        }
    }
}
