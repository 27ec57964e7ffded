//! This machine's address on the local network.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use if_addrs::Interface;

use crate::failure::Failure;
use crate::service::listening::Listen;
use crate::service::settings::Lan;

/// Beginnings of the names of interfaces that lead to no network of phones: tunnels of VPNs, and bridges
/// of containers and virtual machines.
const VIRTUAL: &[&str] = &[
    "tun",
    "tap",
    "utun",
    "ipsec",
    "ppp",
    "wg",
    "tailscale",
    "zt",
    "nordlynx",
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "lxc",
    "lxdbr",
    "cni",
    "flannel",
    "cali",
    "podman",
    "vEthernet",
    "awdl",
    "llw",
    "bridge",
];

/// Chooses the address for phones: one that the user listens at, or else a private one of a network
/// interface, or else the one that the system sends from.
pub(super) fn choose(addresses: &[Listen]) -> Result<Lan, Failure> {
    // Without a list of interfaces, there is still the route.
    let mut interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.retain(|interface| interface.ip().is_ipv4() && !interface.is_loopback());
    let hosts = addresses.iter().filter_map(Listen::host);
    let mut ips = hosts.filter_map(|host| host.parse::<IpAddr>().ok());
    let given = ips.find(|ip| !ip.is_unspecified());
    let address = given.or_else(|| best(&interfaces, route())).ok_or_else(|| {
        let error = anyhow::anyhow!("this machine has no address on a network");
        Failure::failed(error, "connect to a network, or give --listen and --url yourself")
    })?;
    let others = interfaces.iter().filter(|interface| interface.ip() != address && given.is_none());
    let others = others.map(|Interface { name, addr, .. }| format!("{} ({name})", addr.ip()));
    Ok(Lan { address, others: others.collect() })
}

/// The private address of an interface that is not virtual: the one that the system sends from if it is
/// one of these, else the first one. A VPN may have taken over the route.
fn best(interfaces: &[Interface], route: Option<IpAddr>) -> Option<IpAddr> {
    let is_private =
        |ip: IpAddr| matches!(ip, IpAddr::V4(ip) if ip.is_private() || ip.is_link_local());
    let is_virtual = |name: &str| VIRTUAL.iter().any(|virtual_| name.starts_with(virtual_));
    let mut real = interfaces.iter().filter(|interface| !is_virtual(&interface.name));
    let real = real.by_ref().map(Interface::ip).filter(|ip| is_private(*ip)).collect::<Vec<_>>();
    route.filter(|ip| real.contains(ip)).or_else(|| real.first().copied()).or(route)
}

/// The address that the system sends from. Nothing is sent: connecting a UDP socket only looks up the
/// route. 192.0.2.1 is reserved for documentation (RFC 5737).
fn route() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use if_addrs::{IfAddr, Ifv4Addr};

    use super::*;

    fn interface(name: &str, ip: &str) -> Interface {
        let addr = Ifv4Addr {
            ip: ip.parse().expect(ip),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            prefixlen: 24,
            broadcast: None,
        };
        Interface {
            name: name.to_owned(),
            addr: IfAddr::V4(addr),
            index: None,
            oper_status: if_addrs::IfOperStatus::Up,
            is_p2p: false,
        }
    }

    #[test]
    fn the_network_of_the_phones_is_preferred_to_that_of_a_vpn() {
        let wifi = ("wlan0", "192.168.1.23");
        let (vpn, docker) = (("tun0", "10.8.0.2"), ("docker0", "172.17.0.1"));
        let (public, cable) = (("eth1", "203.0.113.5"), ("enp3s0", "10.0.0.7"));
        for (interfaces, route, expected) in [
            (vec![wifi], Some(wifi.1), Some(wifi.1)),
            (vec![docker, vpn, wifi], Some(vpn.1), Some(wifi.1)),
            (vec![cable, wifi], Some(wifi.1), Some(wifi.1)),
            (vec![cable, wifi], Some(vpn.1), Some(cable.1)),
            (vec![public, docker], Some(public.1), Some(public.1)),
            (vec![vpn, docker], Some(vpn.1), Some(vpn.1)),
            (vec![wifi], None, Some(wifi.1)),
            (vec![docker], None, None),
        ] {
            let ip = |text: &str| text.parse::<IpAddr>().expect(text);
            let made = interfaces.iter().map(|(name, ip)| interface(name, ip)).collect::<Vec<_>>();
            assert_eq!(best(&made, route.map(ip)), expected.map(ip), "{interfaces:?} {route:?}");
        }
    }

    #[test]
    fn an_address_that_was_given_wins() {
        let addresses = ["192.0.2.7:3000".parse().expect("an address")];
        let lan = choose(&addresses).expect("an address");
        assert_eq!((lan.address.to_string(), lan.others), ("192.0.2.7".to_owned(), Vec::new()));
    }
}
