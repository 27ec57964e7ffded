//! The names that this server goes by (`Host`).
//!
//! A page that has its own name resolve to 127.0.0.1 (DNS rebinding) is same-origin with a server
//! there, so no CORS rule stops it; but its requests carry its own name in `Host`.

use http::header::HOST;
use http::request::Parts;

use super::Refusal;

/// Which `Host` headers are answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts {
    /// Any. What a server with a name of its own wants.
    #[default]
    Any,
    /// Loopback names, and these.
    Loopback(Vec<String>),
}

impl Hosts {
    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        let Self::Loopback(more) = self else { return Ok(()) };
        // HTTP/1.0 has no `Host`; no browser speaks it.
        let Some(header) = head.headers.get(HOST) else { return Ok(()) };
        let text = header.to_str().unwrap_or_default();
        let host = without_port(text);
        let known = is_loopback(host) || more.iter().any(|name| name.eq_ignore_ascii_case(host));
        if known { Ok(()) } else { Err(Refusal::host(text)) }
    }
}

impl Hosts {
    /// Whether a browser on this machine asks a server that is for this machine.
    pub(super) fn is_at_home(&self, head: &Parts) -> bool {
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        matches!(self, Self::Loopback(_))
            && host.is_some_and(|host| is_loopback(without_port(host)))
    }
}

/// Whether a host, as it stands in a URL or in `Host` (IPv6 in brackets), is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    address.is_ok_and(|address| address.is_loopback())
        || bare.eq_ignore_ascii_case("localhost")
        || bare.to_ascii_lowercase().ends_with(".localhost")
}

/// `host:port` without the port; the colons inside an IPv6 address in brackets are not one.
pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && !host.is_empty() => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_names_that_look_like_it() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "a.localhost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "", "notlocalhost"] {
            assert!(!is_loopback(host), "{host}");
        }
        assert_eq!(without_port("[::1]:3000"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("localhost:3000"), "localhost");
        assert_eq!(without_port("localhost"), "localhost");
    }
}
