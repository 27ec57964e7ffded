//! Chooses the connections of a lane that are evicted for new ones.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use super::Client;

/// How long a request or an answer must have taken before its connection may be evicted. It is a quarter
/// of the time that a new connection waits for room (`lane`): if a flood brings four unfinished
/// requests for each connection that fits, every new connection still gets its turn.
const UNFINISHED_TIME: Duration = Duration::from_millis(200);

/// How long a connection must be idle before it may be evicted. Right after the connection was made, or
/// after an answer, the next request is probably on its way already.
const IDLE_TIME: Duration = Duration::from_millis(20);

/// An address with more than this part of the connections makes room before all others.
const GREEDY_PART: usize = 8;

/// What a connection waits for, and since when. Idle connections are evicted before others, and those
/// that have waited longest first. A client that sends a byte now and then gains nothing: a request
/// counts from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wait {
    /// A request.
    Idle(Instant),
    /// The rest of a request, or the client, which takes an answer or ends the connection.
    Unfinished(Instant),
}

impl Wait {
    /// Whether the connection may be evicted.
    pub(super) fn is_over(self, now: Instant) -> bool {
        let (since, least) = match self {
            Self::Idle(since) => (since, IDLE_TIME),
            Self::Unfinished(since) => (since, UNFINISHED_TIME),
        };
        now.saturating_duration_since(since) >= least
    }
}

/// Chooses at most `most` of the connections. Each has a number, and does not wait for its client if
/// there is no [`Wait`].
pub(super) fn choose(
    connections: impl Iterator<Item = (usize, Client, Option<Wait>)>,
    most: usize,
    now: Instant,
) -> Vec<usize> {
    let (mut total, mut counts, mut candidates) = (0, HashMap::new(), Vec::new());
    for (number, client, wait) in connections {
        let address = address(client);
        total += 1;
        *counts.entry(address).or_insert(0) += 1;
        candidates
            .extend(wait.filter(|wait| wait.is_over(now)).map(|wait| (number, address, wait)));
    }
    let greed = |address: Option<IpAddr>| {
        // Behind a Unix socket is a proxy with the clients of many addresses.
        let count = address.and_then(|_| counts.get(&address)).copied().unwrap_or(0);
        if count > total / GREEDY_PART { count } else { 0 }
    };
    candidates.sort_by_cached_key(|&(_, address, wait)| (Reverse(greed(address)), wait));
    candidates.truncate(most);
    candidates.into_iter().map(|(number, ..)| number).collect()
}

/// The address of a client, or its network: one client has all of an IPv6 /64.
fn address(client: Client) -> Option<IpAddr> {
    match client {
        Client::Tcp(address) => Some(match address.ip().to_canonical() {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
            ip @ IpAddr::V4(_) => ip,
        }),
        Client::Unix => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client::Tcp(format!("{address}:1").parse().expect("an address"))
    }

    fn chosen(connections: &[(&str, Option<Wait>)], most: usize, now: Instant) -> Vec<usize> {
        let connections = connections.iter().enumerate();
        choose(connections.map(|(at, &(address, wait))| (at, client(address), wait)), most, now)
    }

    #[test]
    fn the_longest_idle_makes_room_before_the_oldest_unfinished_request() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let connections = [
            ("192.0.2.1", None),
            ("192.0.2.2", Some(Wait::Unfinished(at(0)))),
            ("192.0.2.3", Some(Wait::Unfinished(at(90)))),
            ("192.0.2.4", Some(Wait::Idle(at(150)))),
            ("192.0.2.5", Some(Wait::Idle(at(100)))),
        ];
        let chosen = |most, now| chosen(&connections, most, at(now));
        assert_eq!(chosen(9, 119), [] as [usize; 0]);
        assert_eq!(chosen(9, 120), [4]);
        assert_eq!(chosen(9, 199), [4, 3]);
        assert_eq!(chosen(9, 200), [4, 3, 1]);
        assert_eq!(chosen(9, 290), [4, 3, 1, 2]);
        assert_eq!(chosen(1, 290), [4]);
    }

    #[test]
    fn an_address_with_many_connections_makes_room_first() {
        let start = Instant::now();
        let (old, young) = (Some(Wait::Idle(start)), Some(Wait::Unfinished(start)));
        let now = start + Duration::from_secs(1);
        let mut connections = vec![("192.0.2.1", old), ("[2001:db8::1]", old)];
        // One network of IPv6 is one client.
        connections.extend([("[2001:db8:0:1::1]", young), ("[2001:db8:0:1::2]", young)]);
        assert_eq!(chosen(&connections, 9, now), [2, 3, 0, 1]);
        // Two of many connections are not greedy.
        let others = (3..20).map(|number| format!("192.0.2.{number}")).collect::<Vec<_>>();
        connections.extend(others.iter().map(|address| (address.as_str(), old)));
        assert_eq!(chosen(&connections, 2, now), [0, 1]);
    }

    #[test]
    fn clients_of_a_proxy_do_not_make_room_before_others() {
        let start = Instant::now();
        let (idle, later) = (start, start + Duration::from_millis(1));
        let connections = [
            (0, Client::Unix, Some(Wait::Idle(later))),
            (1, Client::Unix, Some(Wait::Idle(later))),
            (2, client("192.0.2.1"), Some(Wait::Idle(idle))),
        ];
        let now = start + Duration::from_secs(1);
        assert_eq!(choose(connections.into_iter(), 3, now), [2, 0, 1]);
    }
}
