//! From where a request comes, and whether it is from a proxy that is believed.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Peer {
    /// An address.
    Ip(IpAddr),
    /// A Unix socket, where only the proxy in front can connect.
    Unix,
}

const FORWARDED_FOR: &str = "x-forwarded-for";

impl Peer {
    /// Whether what its headers say about the user and the client is believed.
    pub(super) fn is_trusted(self, proxies: &[IpNet]) -> bool {
        match self {
            Self::Unix => true,
            Self::Ip(address) => {
                let address = address.to_canonical();
                proxies.iter().any(|network| network.contains(&address))
            }
        }
    }

    /// The address of the client. Of `X-Forwarded-For`, only what trusted proxies wrote is read: from
    /// its end, up to the first address that is not one of theirs.
    pub(super) fn client(self, headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
        let own = match self {
            Self::Ip(address) => Some(address.to_canonical()),
            Self::Unix => None,
        };
        if !self.is_trusted(proxies) {
            return own;
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let lines = lines.collect::<Vec<_>>();
        let mut client = own;
        for text in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            client = Some(address.to_canonical());
            if !Self::Ip(address).is_trusted(proxies) {
                break;
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let ip = |text: &str| text.parse::<IpAddr>().expect(text);
        for (peer, header, client) in [
            (Peer::Ip(ip("192.0.2.1")), "198.51.100.7", Some("192.0.2.1")),
            (Peer::Ip(ip("10.0.0.1")), "198.51.100.7", Some("198.51.100.7")),
            (Peer::Ip(ip("::ffff:10.0.0.1")), "1.1.1.1, 198.51.100.7", Some("198.51.100.7")),
            (Peer::Ip(ip("10.0.0.1")), "1.1.1.1, 198.51.100.7, 10.0.0.2", Some("198.51.100.7")),
            (Peer::Ip(ip("10.0.0.1")), "nonsense", Some("10.0.0.1")),
            (Peer::Unix, "1.1.1.1, 198.51.100.7", Some("198.51.100.7")),
            (Peer::Unix, "", None),
        ] {
            let headers = [(FORWARDED_FOR, header)];
            let headers = headers.map(|(name, value)| {
                (name.parse().expect(name), value.parse().expect(value))
            });
            let found = peer.client(&headers.into_iter().collect(), &proxies);
            assert_eq!(found, client.map(ip), "{peer:?} {header}");
        }
    }
}
