//! Finds out where a request comes from, and whether a trusted proxy sent it.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

use crate::server::Client;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether to trust the headers about the user and the client. On a Unix socket, only the proxy in
/// front can connect.
pub(crate) fn is_trusted(client: Client, proxies: &[IpNet]) -> bool {
    match client {
        Client::Unix => true,
        Client::Tcp(peer) => is_proxy(peer.ip(), proxies),
    }
}

fn is_proxy(address: IpAddr, proxies: &[IpNet]) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|network| network.contains(&address))
}

/// The address of the client. `X-Forwarded-For` is read only as far as trusted proxies wrote it: from
/// the end, up to the first address that does not belong to one of them.
pub(crate) fn address(client: Client, headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    let mut found = match client {
        Client::Tcp(peer) => Some(peer.ip().to_canonical()),
        Client::Unix => None,
    };
    if !is_trusted(client, proxies) {
        return found;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().collect::<Vec<_>>();
    let parts = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','));
    for part in parts {
        let Some(address) = std::str::from_utf8(part).ok().and_then(parse) else { break };
        found = Some(address.to_canonical());
        if !is_proxy(address, proxies) {
            break;
        }
    }
    found
}

/// Parses an address as proxies write it: some add a port, and put IPv6 addresses in brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let ip = |text: &str| text.parse::<IpAddr>().expect(text);
        let tcp = |text: &str| Client::Tcp((ip(text), 1).into());
        for (client, header, expected) in [
            (tcp("192.0.2.1"), "198.51.100.7", Some("192.0.2.1")),
            (tcp("10.0.0.1"), "198.51.100.7", Some("198.51.100.7")),
            (tcp("::ffff:10.0.0.1"), "1.1.1.1, 198.51.100.7", Some("198.51.100.7")),
            (tcp("10.0.0.1"), "1.1.1.1, 198.51.100.7, 10.0.0.2", Some("198.51.100.7")),
            (tcp("10.0.0.1"), "198.51.100.7:4321", Some("198.51.100.7")),
            (tcp("10.0.0.1"), "[2001:db8::1]:44", Some("2001:db8::1")),
            (tcp("10.0.0.1"), "[2001:db8::1]", Some("2001:db8::1")),
            (tcp("10.0.0.1"), "nonsense", Some("10.0.0.1")),
            (tcp("10.0.0.1"), "\u{eb}, 198.51.100.7", Some("198.51.100.7")),
            (Client::Unix, "1.1.1.1, 198.51.100.7", Some("198.51.100.7")),
            (Client::Unix, "", None),
        ] {
            let headers = [(FORWARDED_FOR, header)];
            let headers = headers
                .map(|(name, value)| (name.parse().expect(name), value.parse().expect(value)));
            let found = address(client, &headers.into_iter().collect(), &proxies);
            assert_eq!(found, expected.map(ip), "{client} {header}");
        }
    }
}
