//! The proxy for lkt's own requests, from the environment, as curl and Go choose it.
//!
//! `HTTPS_PROXY` is for https and `HTTP_PROXY` for http; `ALL_PROXY` is for both where these are not set.
//! `NO_PROXY` lists the hosts that need no proxy. Each may be in lower case. ureq's own reading takes any
//! of the three for every request, and knows neither blanks, nor ports, nor networks in `NO_PROXY`.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;
use ureq::{Proxy, ProxyProtocol};

/// The reason why a proxy cannot be used. It leaves out the value, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnusableProxy {
    #[error("the value of {0} is not the URL of a proxy: write it as http://HOST:PORT")]
    NotUrl(&'static str),
    #[error(
        "{0} names a SOCKS proxy, which lkt cannot use: name an HTTP proxy, or the host in NO_PROXY"
    )]
    Socks(&'static str),
}

/// The proxy for a request to `target`, if it needs one. `variable` reads the environment.
pub(super) fn proxy(
    target: &Uri,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, UnusableProxy> {
    let set = |name: &str| {
        let value = variable(name).or_else(|| variable(&name.to_ascii_lowercase()))?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let of_scheme = if is_https(target) { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let mut named = [of_scheme, "ALL_PROXY"].into_iter();
    let Some((name, value)) = named.find_map(|name| Some((name, set(name)?))) else {
        return Ok(None);
    };
    if set("NO_PROXY").is_some_and(|list| is_exempt(target, &list)) {
        return Ok(None);
    }
    let proxy = Proxy::new(&value).map_err(|_| UnusableProxy::NotUrl(name))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(Some(proxy)),
        // ureq is built without SOCKS, and would send the request without any proxy.
        _ => Err(UnusableProxy::Socks(name)),
    }
}

fn is_https(target: &Uri) -> bool {
    target.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// Whether `NO_PROXY` lists the host of `target`.
fn is_exempt(target: &Uri, list: &str) -> bool {
    let Some(host) = target.host() else { return false };
    let host = bare(host);
    let port = target.port_u16().unwrap_or(if is_https(target) { 443 } else { 80 });
    let mut entries = list.split(|letter: char| letter == ',' || letter.is_whitespace());
    entries.any(|entry| matches(entry, &host, port))
}

/// Whether an entry is for this host: `*`, an address, a network, or a name, which includes the names
/// under it. An address and a name may have a port.
fn matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if let Ok(network) = entry.parse::<IpNet>() {
        return address.is_some_and(|address| network.contains(&address));
    }
    let (name, wanted) = split_port(entry);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = bare(name);
    if let Ok(listed) = name.parse::<IpAddr>() {
        return address == Some(listed);
    }
    let name = name.trim_start_matches('*').trim_start_matches('.');
    let under = |rest: &str| rest.is_empty() || rest.ends_with('.');
    // What ends in a listed name is no address.
    !name.is_empty() && address.is_none() && host.strip_suffix(name).is_some_and(under)
}

/// A host without brackets and without the dot at the end of a full name, in lower case.
fn bare(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Splits `HOST:PORT`. The colons of an IPv6 address are no port's, unless it is in brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let split =
        entry.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    match split.and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host, Some(port)),
        None => (entry, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host and port of the proxy in this environment, or the reason why there is none.
    fn chosen(target: &str, environment: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = environment.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match proxy(&target.parse().expect(target), variable) {
            Ok(Some(proxy)) => format!("{}:{}", proxy.host(), proxy.port()),
            Ok(None) => "direct".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_scheme_has_its_own_variable() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "p:2"), ("ALL_PROXY", "a:3")];
        for (target, environment, expected) in [
            ("https://x.example", &both[..], "s:1"),
            ("http://x.example", &both[..], "p:2"),
            ("http://x.example", &both[..1], "direct"),
            ("https://x.example", &both[1..2], "direct"),
            ("https://x.example", &both[2..], "a:3"),
            ("http://x.example", &both[2..], "a:3"),
            ("https://x.example", &[("https_proxy", "http://u:p@l:4")], "l:4"),
            ("https://x.example", &[("HTTPS_PROXY", " "), ("ALL_PROXY", "a:3")], "a:3"),
            ("https://x.example", &[("HTTPS_PROXY", "")], "direct"),
            ("https://x.example", &[], "direct"),
        ] {
            assert_eq!(chosen(target, environment), expected, "{target} {environment:?}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_never_passed_over() {
        for (value, expected) in [
            (
                "socks5://s:1",
                "HTTPS_PROXY names a SOCKS proxy, which lkt cannot use: name an HTTP \
                              proxy, or the host in NO_PROXY",
            ),
            (
                "ftp://u:secret@s",
                "the value of HTTPS_PROXY is not the URL of a proxy: write it as \
                                  http://HOST:PORT",
            ),
            (
                "/secret",
                "the value of HTTPS_PROXY is not the URL of a proxy: write it as \
                         http://HOST:PORT",
            ),
        ] {
            assert_eq!(chosen("https://x.example", &[("HTTPS_PROXY", value)]), expected);
            let exempt = [("HTTPS_PROXY", value), ("NO_PROXY", "x.example")];
            assert_eq!(chosen("https://x.example", &exempt), "direct");
        }
    }

    /// The cases of curl 8's `noproxy` tests and of Go's `httpproxy`, where the two agree, and curl's
    /// reading of a leading dot where they do not.
    #[test]
    fn no_proxy_is_read_as_curl_and_go_read_it() {
        for (list, exempt, proxied) in [
            (
                "x.example",
                &["x.example", "a.x.example", "X.EXAMPLE:8443", "x.example."][..],
                &["ax.example", "x.example.org", "example"][..],
            ),
            (".x.example", &["x.example", "a.x.example"], &["ax.example"]),
            ("*.x.example", &["x.example", "a.x.example"], &["ax.example"]),
            ("x.example.", &["x.example"], &["y.example"]),
            ("a.example, b.example", &["a.example", "b.example"], &["c.example"]),
            ("a.example b.example\tc.example", &["b.example", "c.example"], &["d.example"]),
            (" , ,", &[], &["a.example"]),
            ("*", &["a.example", "10.0.0.1", "[fd00::1]"], &[]),
            ("x.example:8443", &["x.example:8443", "a.x.example:8443"], &["x.example"]),
            ("x.example:443", &["x.example", "x.example:443"], &["x.example:444"]),
            ("10.0.0.0/8", &["10.1.2.3", "10.1.2.3:8443"], &["11.0.0.1", "a.example"]),
            ("10.0.0.1", &["10.0.0.1"], &["10.0.0.11", "110.0.0.1", "10.0.0.1.example"]),
            ("0.0.1", &[], &["10.0.0.1"]),
            ("10.0.0.1:8443", &["10.0.0.1:8443"], &["10.0.0.1"]),
            ("fd00::/8", &["[fd00::1]", "[fd12::1]:8443"], &["[fe80::1]", "10.0.0.1"]),
            ("fd00::1", &["[fd00::1]"], &["[fd00::2]"]),
            ("[fd00::1]:8443", &["[fd00::1]:8443"], &["[fd00::1]"]),
            ("x.example:no", &[], &["x.example"]),
        ] {
            for (hosts, expected) in [(exempt, "direct"), (proxied, "p:1")] {
                for host in hosts {
                    let environment = [("HTTPS_PROXY", "p:1"), ("NO_PROXY", list)];
                    let target = format!("https://{host}/a");
                    assert_eq!(chosen(&target, &environment), expected, "{host} in {list:?}");
                }
            }
        }
    }
}
