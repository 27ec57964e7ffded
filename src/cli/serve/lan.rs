//! This machine's address on the local network.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::failure::Failure;

/// Returns the address that the system would send from. Nothing is sent: connecting a UDP socket only
/// looks up the route. 192.0.2.1 is reserved for documentation (RFC 5737).
pub(super) fn address() -> Result<IpAddr, Failure> {
    let route = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    let help = "connect to a network, or give --listen and --url yourself";
    let address = route().map_err(|error| {
        let error = anyhow::Error::new(error).context("this machine has no address on a network");
        Failure::failed(error, help)
    })?;
    Ok(address.ip())
}
