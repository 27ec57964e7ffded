//! What threads share: the endpoint, which can be exchanged while it serves, and the wish to stop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::LocalAddress;
use super::registry::Registry;
use crate::endpoint::Endpoint;

/// An endpoint that can be exchanged for another between two requests.
#[derive(Debug, Clone)]
pub struct SharedEndpoint(Arc<RwLock<Arc<Endpoint>>>);

impl SharedEndpoint {
    /// Takes the endpoint over.
    pub fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(endpoint))))
    }

    /// The endpoint of this moment.
    pub fn load(&self) -> Arc<Endpoint> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Requests from now on are answered by another endpoint.
    pub fn replace(&self, endpoint: Endpoint) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(endpoint);
    }
}

/// Makes a server stop.
#[derive(Debug, Clone)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    local: LocalAddress,
    registry: Arc<Registry>,
}

impl Stop {
    pub(super) fn new(local: LocalAddress, registry: Arc<Registry>) -> Self {
        Self { flag: Arc::default(), local, registry }
    }

    /// Whether the server was told to stop.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Tells the server to stop: no new connections, and requests in flight are answered.
    pub fn set(&self) {
        self.flag.store(true, Ordering::Release);
        self.registry.finish_idle();
        // The accept loop waits for a connection: here is one.
        match &self.local {
            LocalAddress::Tcp(address) => {
                let address = SocketAddr::new(reachable(address.ip()), address.port());
                let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            }
            LocalAddress::Unix(path) => {
                let _ = UnixStream::connect(path);
            }
        }
    }
}

/// An address at which a socket bound to `address` can be reached from this machine.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
