//! A listening socket that another process opened and passed on, as systemd does for a socket unit.
//!
//! It outlives this process, and others may have it open as well. So its file is not removed, and
//! connections that wait to be accepted when this process ends are left for the next one.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use socket2::SockRef;

use super::socket::Listener;
use super::{Listen, ListenError, LocalAddress};

/// A listening socket that was passed to this process.
#[derive(Debug)]
pub struct PassedSocket {
    pub(super) listener: Listener,
    pub(super) local: LocalAddress,
}

impl PassedSocket {
    /// Takes the socket that `LISTEN_FDS` and `LISTEN_PID` tell of, if they are meant for this process.
    /// The variables are removed, so that no child takes them for its own: call this before other
    /// threads start.
    ///
    /// # Errors
    /// [`ListenError::Passed`] when what was passed cannot be served.
    pub fn take() -> Result<Option<Self>, ListenError> {
        let mut passed = ListenFd::from_env();
        match passed.len() {
            0 => return Ok(None),
            1 => {}
            many => return Err(wrong(format!("{many} sockets were passed, and one is served"))),
        }
        // A socket that is not a Unix socket stays in its place.
        let taken = match passed.take_unix_listener(0) {
            Ok(Some(listener)) => Self::unix(listener),
            _ => match passed.take_tcp_listener(0) {
                Ok(Some(listener)) => Self::tcp(listener),
                Ok(None) => return Ok(None),
                Err(error) => Err(error),
            },
        };
        taken.map(Some).map_err(|error| wrong(error.to_string()))
    }

    fn unix(listener: UnixListener) -> io::Result<Self> {
        check_listens(&SockRef::from(&listener))?;
        let address = listener.local_addr()?;
        let path = address.as_pathname().ok_or_else(|| io::Error::other("it has no path"))?;
        let local = LocalAddress::Unix(path.to_owned());
        listener.set_nonblocking(true)?;
        Ok(Self { listener: Listener::Unix(mio::net::UnixListener::from_std(listener)), local })
    }

    fn tcp(listener: TcpListener) -> io::Result<Self> {
        check_listens(&SockRef::from(&listener))?;
        let local = LocalAddress::Tcp(listener.local_addr()?);
        // What a socket of our own has from the start (see `listen`).
        SockRef::from(&listener).set_tcp_nodelay(true)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener: Listener::Tcp(mio::net::TcpListener::from_std(listener)), local })
    }

    /// Where it listens.
    pub fn local_address(&self) -> &LocalAddress {
        &self.local
    }

    /// The same as a place to listen.
    pub fn listen(&self) -> Listen {
        match &self.local {
            LocalAddress::Tcp(address) => {
                Listen::Tcp { host: address.ip().to_string(), port: address.port() }
            }
            LocalAddress::Unix(path) => Listen::Unix(path.clone()),
        }
    }
}

/// A connection, which `Accept=yes` passes, would only ever fail to accept. Where there is no systemd,
/// the system cannot always tell.
fn check_listens(socket: &SockRef<'_>) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    if !socket.is_listener()? {
        return Err(io::Error::other("it does not listen (Accept=yes?)"));
    }
    let _ = socket;
    Ok(())
}

fn wrong(reason: impl Into<String>) -> ListenError {
    ListenError::Passed(reason.into())
}
