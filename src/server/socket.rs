//! Listening sockets and connections, TCP or Unix. Each is owned by one value for its whole lifetime.

use std::io::{self, Read, Write};
use std::net::{self, Shutdown};
#[cfg(unix)]
use std::os::unix;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::Client;

/// A socket that listens. Other processes may have it open too.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenSocket {
    /// A TCP socket.
    Tcp(net::TcpListener),
    /// A Unix socket. The server leaves its file in place.
    #[cfg(unix)]
    Unix(unix::net::UnixListener),
}

impl From<net::TcpListener> for OpenSocket {
    fn from(listener: net::TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

#[cfg(unix)]
impl From<unix::net::UnixListener> for OpenSocket {
    fn from(listener: unix::net::UnixListener) -> Self {
        Self::Unix(listener)
    }
}

/// A listening socket that does not block.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

/// What a TCP and a Unix connection have in common.
trait Socket: Read + Write + Source {}

impl<T: Read + Write + Source> Socket for T {}

/// A connection to a client.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Listener {
    pub(super) fn new(socket: OpenSocket) -> io::Result<Self> {
        match socket {
            OpenSocket::Tcp(listener) => {
                // Connections inherit this option (Linux, macOS). Without it, an answer over 1 KiB waits 40 ms
                // for the client's delayed acknowledgement.
                SockRef::from(&listener).set_tcp_nodelay(true)?;
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(TcpListener::from_std(listener)))
            }
            #[cfg(unix)]
            OpenSocket::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Ok(Self::Unix(UnixListener::from_std(listener)))
            }
        }
    }

    /// Accepts a connection, if one is pending.
    pub(super) fn accept(&self) -> io::Result<(Stream, Client)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept()?;
                // On other systems, it is inherited from the listening socket.
                #[cfg(windows)]
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream), Client::Tcp(address)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                Ok((Stream::Unix(stream), Client::Unix))
            }
        }
    }

    /// Has the polls of lanes report new connections. Each connection wakes one of the lanes that sleep; on
    /// other systems than Linux, always the first one.
    pub(super) fn register<'a>(
        &mut self,
        mut lanes: impl Iterator<Item = &'a Registry>,
        token: Token,
    ) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return lanes.try_for_each(|registry| {
            use rustix::event::epoll::{self, EventData, EventFlags};

            let flags = EventFlags::IN | EventFlags::ET | EventFlags::EXCLUSIVE;
            let data = EventData::new_u64(token.0 as u64);
            let added = match self {
                Self::Tcp(listener) => epoll::add(registry, listener, data, flags),
                Self::Unix(listener) => epoll::add(registry, listener, data, flags),
            };
            added.map_err(io::Error::from)
        });
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        lanes.next().map_or(Ok(()), |registry| match self {
            Self::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            #[cfg(unix)]
            Self::Unix(listener) => listener.register(registry, token, Interest::READABLE),
        })
    }
}

impl Stream {
    fn socket(&mut self) -> &mut dyn Socket {
        match self {
            Self::Tcp(stream) => stream,
            #[cfg(unix)]
            Self::Unix(stream) => stream,
        }
    }

    /// Registers for events, again if it is registered.
    pub(super) fn watch(
        &mut self,
        registry: &Registry,
        token: Token,
        wanted: Interest,
        again: bool,
    ) -> io::Result<()> {
        if again {
            registry.reregister(self.socket(), token, wanted)
        } else {
            registry.register(self.socket(), token, wanted)
        }
    }

    /// Ends the registration.
    pub(super) fn unwatch(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(self.socket())
    }

    /// Shuts down this side of the connection.
    pub(super) fn shut_down_writing(&self) {
        // An error means that it is shut down already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// Reads what has arrived. Returns `None` if nothing has.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        retry(|| self.socket().read(buffer))
    }

    /// Writes as much as there is room for. Returns `None` if there is none.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        retry(|| self.socket().write(bytes))
    }
}

/// Retries a transfer that a signal interrupted, and turns "would block" into `None`.
fn retry(mut transfer: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match transfer() {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}
