//! The socket of `lkt serve`: the one at the address that the user gave, or one that systemd passes.

mod address;
mod failure;
#[cfg(unix)]
mod passed_socket;
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

impl Listening {
    /// Takes the socket that was passed to this process, if there is one. Call this before starting
    /// other threads, because it changes the environment.
    pub(crate) fn passed() -> Result<Option<Self>, Failure> {
        #[cfg(unix)]
        return passed_socket::take();
        #[cfg(not(unix))]
        Ok(None)
    }

    /// Opens a socket at an address.
    pub(crate) fn open(listen: &Listen) -> Result<Self, Failure> {
        let opened = match listen {
            Listen::Tcp { host, port } => open_tcp(host, *port).and_then(Self::tcp),
            #[cfg(unix)]
            Listen::Unix(path) => match socket_file::make_way(path) {
                Ok(None) => Self::create(path),
                Ok(Some(what)) => return Err(failure::taken(path, what)),
                Err(error) => Err(error),
            },
        };
        opened.map_err(|error| failure::explain(error, listen))
    }

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
