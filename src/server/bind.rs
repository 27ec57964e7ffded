//! Creates the listening socket.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use mio::net::TcpListener;
use socket2::{Domain, Socket, Type};

use super::socket::{BACKLOG, Listener};
use super::{Listen, ListenError, LocalAddress};

impl Listen {
    pub(super) fn bind(&self) -> Result<(Listener, LocalAddress), ListenError> {
        match self {
            Self::Tcp { host, port } => self.bind_tcp(host, *port),
            #[cfg(unix)]
            Self::Unix(path) => {
                let listener = super::socket_file::bind(path)?;
                Ok((listener, LocalAddress::Unix(path.clone())))
            }
        }
    }

    fn bind_tcp(&self, host: &str, port: u16) -> Result<(Listener, LocalAddress), ListenError> {
        let addresses = (host, port).to_socket_addrs().map_err(|error| self.failed(error))?;
        let mut addresses = addresses.collect::<Vec<_>>();
        // `localhost` resolves to both families. IPv4 comes first, because 127.0.0.1 is the other usual
        // way to write it.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match listen_tcp(address) {
                Ok(listener) => {
                    let local = listener.local_addr().map_err(|error| self.failed(error))?;
                    return Ok((Listener::Tcp(listener), LocalAddress::Tcp(local)));
                }
                Err(fault) => error = fault,
            }
        }
        Err(self.failed(error))
    }

    fn failed(&self, source: io::Error) -> ListenError {
        match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse(self.to_string()),
            _ => ListenError::System { at: self.to_string(), source },
        }
    }
}

fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows, it would let another process listen at the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Connections inherit it (Linux, macOS). Without it, an answer over 1 KiB waits 40 ms for the
    // client's delayed acknowledgement.
    socket.set_tcp_nodelay(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}
