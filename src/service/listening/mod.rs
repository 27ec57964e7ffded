//! The sockets of `lkt serve`: those at the addresses that the user gave, or those that systemd passes.

mod address;
mod failure;
mod localhost;
#[cfg(unix)]
mod passed_sockets;
mod port_holder;
#[cfg(unix)]
mod socket_file;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::{Arc, Weak};

use socket2::{Domain, Socket, Type};

pub(crate) use address::{Listen, LocalAddress};

use crate::failure::Failure;
use crate::server::OpenSocket;
#[cfg(unix)]
use socket_file::SocketFile;

/// Maximum number of connections that wait to be accepted. The system's limit may be lower. A client
/// beyond it has to try again a second later.
const BACKLOG: i32 = 4096;

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) socket: OpenSocket,
    pub(crate) local: LocalAddress,
    /// The file of a Unix socket that this process created. It is removed when this value is dropped.
    #[cfg(unix)]
    file: Option<Arc<SocketFile>>,
}

/// Sockets that listen, with warnings about addresses where something else listens.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    pub(crate) sockets: Vec<Listening>,
    pub(crate) warnings: Vec<String>,
}

impl Opened {
    /// Takes the sockets that were passed to this process. Call this before starting other threads,
    /// because it changes the environment.
    pub(crate) fn passed() -> Result<Self, Failure> {
        #[cfg(unix)]
        let sockets = passed_sockets::take()?;
        #[cfg(not(unix))]
        let sockets = Vec::new();
        Ok(Self { sockets, warnings: Vec::new() })
    }

    /// Opens a socket at each address.
    pub(crate) fn at(addresses: &[Listen]) -> Result<Self, Failure> {
        let mut opened = Self::default();
        for listen in addresses {
            match listen {
                Listen::Tcp { host, port } if localhost::is_localhost(host) => {
                    let found = localhost::open(*port);
                    let found = found.map_err(|error| failure::explain(error, listen))?;
                    opened.sockets.extend(found.sockets);
                    opened.warnings.extend(found.warnings);
                }
                Listen::Tcp { host, port } => {
                    let any_v4 = Listen::Tcp { host: "0.0.0.0".to_owned(), port: *port };
                    let listener = open_tcp(host, *port, addresses.contains(&any_v4));
                    let listening = listener.and_then(Listening::tcp);
                    let listening = listening.map_err(|error| failure::explain(error, listen))?;
                    opened.sockets.push(listening);
                }
                #[cfg(unix)]
                Listen::Unix(path) => {
                    let created = match socket_file::make_way(path) {
                        Ok(None) => Listening::create(path),
                        Ok(Some(what)) => return Err(failure::taken(path, what)),
                        Err(error) => Err(error),
                    };
                    let created = created.map_err(|error| failure::explain(error, listen))?;
                    opened.sockets.push(created);
                }
            }
        }
        Ok(opened)
    }
}

impl Listening {
    /// Returns a function that removes the file of a Unix socket. Call it as soon as the server is told
    /// to stop: if the process is then made to exit at once, nothing is dropped.
    pub(crate) fn remover(&self) -> impl Fn() + Send + 'static {
        #[cfg(unix)]
        let file = self.file.as_ref().map(Arc::downgrade);
        move || {
            #[cfg(unix)]
            if let Some(file) = file.as_ref().and_then(Weak::upgrade) {
                file.remove();
            }
        }
    }

    /// The socket, and what removes its file when it is dropped.
    pub(crate) fn split(self) -> (OpenSocket, impl Sized) {
        #[cfg(unix)]
        return (self.socket, self.file);
        #[cfg(not(unix))]
        (self.socket, ())
    }

    fn tcp(listener: TcpListener) -> io::Result<Self> {
        Ok(Self {
            local: LocalAddress::Tcp(listener.local_addr()?),
            socket: listener.into(),
            #[cfg(unix)]
            file: None,
        })
    }

    /// A Unix socket, which has a path.
    #[cfg(unix)]
    fn unix(listener: UnixListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let path =
            address.as_pathname().ok_or_else(|| io::Error::other("the socket has no path"))?;
        Ok(Self { local: LocalAddress::Unix(path.to_owned()), socket: listener.into(), file: None })
    }

    /// Creates a Unix socket at a path.
    #[cfg(unix)]
    fn create(path: &Path) -> io::Result<Self> {
        let (listener, file) = socket_file::create(path)?;
        Ok(Self { file: Some(Arc::new(file)), ..Self::unix(listener)? })
    }
}

/// Opens a socket at the first address of the host at which that is possible. `v6_alone` is whether
/// another socket gets the IPv4 connections to `[::]`.
fn open_tcp(host: &str, port: u16, v6_alone: bool) -> io::Result<TcpListener> {
    let mut opened = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in (host, port).to_socket_addrs()? {
        opened = open_tcp_at(address, v6_alone);
        if opened.is_ok() {
            break;
        }
    }
    opened
}

fn open_tcp_at(address: SocketAddr, v6_alone: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows, this option would let another process listen at the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_alone)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
