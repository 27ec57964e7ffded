//! The names that this server goes by (`Host`).
//!
//! A page that has its own name resolve to 127.0.0.1 (DNS rebinding) is same-origin with a server
//! there, so no CORS rule stops it; but its requests carry its own name in `Host`.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::HOST;
use http::request::Parts;

use super::Refusal;

/// The address by which programs in the Android emulator reach the machine that it runs on
/// (<https://developer.android.com/studio/run/emulator-networking>). Their connections come from loopback.
pub const ANDROID_EMULATOR: &str = "10.0.2.2";

/// Which `Host` headers are answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts {
    /// Any name, for a server with a public name.
    #[default]
    Any,
    /// Loopback names, [`ANDROID_EMULATOR`], and these. A name can be made to resolve to loopback; an
    /// address cannot.
    Loopback(Vec<String>),
}

impl Hosts {
    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        let Self::Loopback(more) = self else { return Ok(()) };
        // HTTP/1.0 has none; no browser speaks it.
        let Some(text) = authority(head) else { return Ok(()) };
        let host = without_port(text);
        let known = is_loopback(host)
            || host == ANDROID_EMULATOR
            || more.iter().any(|name| name.eq_ignore_ascii_case(host));
        if known { Ok(()) } else { Err(Refusal::host(text)) }
    }

    /// Whether the `Host` of a request is a loopback name or address.
    pub fn names_loopback(head: &Parts) -> bool {
        named(head).is_some_and(is_loopback)
    }
}

/// Whether a request comes from the Android emulator.
pub(super) fn is_from_emulator(head: &Parts) -> bool {
    named(head) == Some(ANDROID_EMULATOR)
}

/// The host that a request names, without a port.
fn named(head: &Parts) -> Option<&str> {
    authority(head).map(without_port)
}

/// The `Host` of a request, or its counterpart in HTTP/2, `:authority`.
fn authority(head: &Parts) -> Option<&str> {
    match head.headers.get(HOST) {
        Some(host) => Some(host.to_str().unwrap_or_default()),
        None => head.uri.authority().map(http::uri::Authority::as_str),
    }
}

/// Whether a host names this machine. The host is as in a URL or in `Host`: a name, or an address, an
/// IPv6 address in brackets.
pub(super) fn is_loopback(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let host = host.to_ascii_lowercase();
    let under_localhost = host.strip_suffix(".localhost").is_some_and(is_name);
    host == "localhost"
        || under_localhost
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a text has only characters of host names, and none that another reader could take for
/// the end of the host.
fn is_name(text: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b".-_".contains(&letter);
    !text.is_empty() && text.bytes().all(plain)
}

/// The host of `host:port`. What follows the colon must be a port; anything else is left as it is, and
/// then matches no name. The colons inside an IPv6 address in brackets are part of the host.
pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.bytes().all(|at| at.is_ascii_digit()) => {
            host
        }
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
        for host in [
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "10.0.0.1",
            "",
            "notlocalhost",
            "evil.com/.localhost",
            ".localhost",
            "[localhost]",
            "[127.0.0.1]",
            "::1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
        assert_eq!(without_port("[::1]:3000"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("localhost:3000"), "localhost");
        assert_eq!(without_port("localhost"), "localhost");
        assert_eq!(without_port("localhost:evil.com"), "localhost:evil.com");
    }
}
