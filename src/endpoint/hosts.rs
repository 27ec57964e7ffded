//! The host names that this server answers to (`Host`).
//!
//! A page whose name resolves to 127.0.0.1 (DNS rebinding) is same-origin with a server there, so
//! no CORS rule stops it. But its requests have the page's name in `Host`.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::HOST;
use http::request::Parts;

use super::Refusal;

/// The address at which programs in the Android emulator reach the host machine
/// (<https://developer.android.com/studio/run/emulator-networking>). Their connections come from
/// loopback.
pub const ANDROID_EMULATOR: &str = "10.0.2.2";

/// The `Host` headers that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts {
    /// Any name, for a server with a public name.
    Any,
    /// Loopback names, addresses, and these names, at any port. A name with a leading dot stands for
    /// itself and every name below it. An address is safe to accept: unlike a name, it cannot be made to
    /// resolve to loopback.
    Loopback(Vec<String>),
}

/// Why no `Host` of a request can match a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// Only a leading dot stands for other names.
    #[error("`*` has no meaning here; write .example.com for that name and all names below it")]
    Pattern,
    /// It is a URL or a path.
    #[error("give the name of the host alone, such as tokens.example.com")]
    Url,
    /// Browsers send the name in ASCII.
    #[error("write it in ASCII, as browsers send it: its labels begin with xn--")]
    Unicode,
    /// It is no name.
    #[error("write it as tokens.example.com, or as .example.com for it and all names below it")]
    Name,
}

impl Default for Hosts {
    /// Only names of this machine. A server with a public name needs that name, or [`Hosts::Any`].
    fn default() -> Self {
        Self::Loopback(Vec::new())
    }
}

impl Hosts {
    /// Checks that a name for [`Hosts::Loopback`] can be that of a request.
    ///
    /// # Errors
    /// [`HostError`] if it can match none.
    pub fn check_name(name: &str) -> Result<(), HostError> {
        if name.contains('*') {
            return Err(HostError::Pattern);
        }
        if name.contains('/') {
            return Err(HostError::Url);
        }
        if !name.is_ascii() {
            return Err(HostError::Unicode);
        }
        let host = without_dot(without_port(name));
        let labels = host.strip_prefix('.').unwrap_or(host);
        if labels.split('.').all(is_name) || is_address(host) || name.parse::<Ipv6Addr>().is_ok() {
            Ok(())
        } else {
            Err(HostError::Name)
        }
    }

    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        let Self::Loopback(more) = self else { return Ok(()) };
        // A request in HTTP/1.0 may have no `Host`. No browser sends HTTP/1.0.
        let Some(text) = authority(head) else { return Ok(()) };
        let host = without_port(text);
        let is_known = |name: &String| is_same_or_below(without_dot(host), without_port(name));
        if is_loopback(host) || is_address(host) || more.iter().any(is_known) {
            Ok(())
        } else {
            Err(Refusal::host(host))
        }
    }

    /// Whether the `Host` of a request is a loopback name or address.
    pub fn names_loopback(head: &Parts) -> bool {
        named(head).is_some_and(is_loopback)
    }
}

/// Whether a host is the one with this name, or is below it if the name begins with a dot.
fn is_same_or_below(host: &str, name: &str) -> bool {
    let name = without_dot(name);
    let Some(parent) = name.strip_prefix('.') else { return host.eq_ignore_ascii_case(name) };
    let start = host.len().checked_sub(parent.len()).and_then(|at| host.split_at_checked(at));
    start.is_some_and(|(below, end)| {
        let is_below = below.strip_suffix('.').is_some_and(is_name);
        end.eq_ignore_ascii_case(parent) && (below.is_empty() || is_below)
    })
}

/// Without the dot at the end of a fully qualified name.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether a host is an address, with an IPv6 address in brackets.
fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok(),
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
pub(super) fn authority(head: &Parts) -> Option<&str> {
    match head.headers.get(HOST) {
        Some(host) => Some(host.to_str().unwrap_or_default()),
        None => head.uri.authority().map(http::uri::Authority::as_str),
    }
}

/// Whether a host is this machine. The host is written as in a URL or in `Host`: a name or an
/// address, with an IPv6 address in brackets.
pub(crate) fn is_loopback(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let host = without_dot(host);
    is_same_or_below(host, ".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a text has only characters of host names, so that no other parser sees the host end
/// earlier.
fn is_name(text: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b".-_".contains(&letter);
    !text.is_empty() && text.bytes().all(plain)
}

/// Returns the host of `host:port`. If the text after the colon is not a port, returns everything,
/// which then matches no name. The colons inside an IPv6 address in brackets are part of the host.
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
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "a.localhost",
            "a.localhost.",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "10.0.0.1",
            "",
            "notlocalhost",
            "localhost..",
            ".",
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

    #[test]
    fn a_name_that_can_match_nothing_is_an_error() {
        let good =
            ["a.example", "A.example.", ".example", "a_b", "a:3000", "10.0.2.2", "[::1]", "::1"];
        for name in good {
            assert_eq!(Hosts::check_name(name), Ok(()), "{name}");
        }
        for (name, error) in [
            ("*", HostError::Pattern),
            ("*.example", HostError::Pattern),
            ("https://a.example", HostError::Url),
            ("a.example/x", HostError::Url),
            ("\u{fc}.example", HostError::Unicode),
            ("", HostError::Name),
            (".", HostError::Name),
            ("a..example", HostError::Name),
            ("..example", HostError::Name),
            ("a example", HostError::Name),
            ("a,b", HostError::Name),
            ("a:b", HostError::Name),
            ("[a]", HostError::Name),
        ] {
            assert_eq!(Hosts::check_name(name), Err(error), "{name}");
        }
    }

    #[test]
    fn a_leading_dot_allows_a_name_and_what_is_below_it() {
        for (host, name, expected) in [
            ("a.example", "a.example", true),
            ("A.example", "a.EXAMPLE", true),
            ("b.a.example", "a.example", false),
            ("a.example", ".a.example", true),
            ("b.a.example", ".a.example", true),
            ("c.b.A.example", ".a.example", true),
            ("ba.example", ".a.example", false),
            (".a.example", ".a.example", false),
            ("evil.com/.a.example", ".a.example", false),
            ("example", ".a.example", false),
            ("é.a.example", ".a.example", false),
        ] {
            assert_eq!(is_same_or_below(host, name), expected, "{host} {name}");
        }
    }
}
