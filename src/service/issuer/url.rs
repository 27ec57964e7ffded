//! URLs that lkt fetches from: https, or plain http on this machine.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use ureq::Agent;

use crate::printable::without_secrets;
use crate::service::http_client::{agent, direct_agent};

/// A URL that may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchUrl(Uri);

impl FromStr for FetchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri = text.trim().parse::<Uri>().map_err(|_| "it is not a URL".to_owned())?;
        let Some(authority) = uri.authority() else {
            return Err("it is not a URL with a host: write it as https://host/path".to_owned());
        };
        if authority.as_str().contains('@') {
            return Err("it has a user name or password in it, which lkt does not use".to_owned());
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if is_loopback(authority.host()) => Ok(Self(uri)),
            Some("http") => Err("it is plain http, which anyone on the way can change; use https \
                                 (http is for this machine alone)"
                .to_owned()),
            _ => Err("it is neither https nor http".to_owned()),
        }
    }
}

impl fmt::Display for FetchUrl {
    /// Writes the URL without its query, which may hold a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&without_secrets(&self.0.to_string()))
    }
}

impl FetchUrl {
    /// The URL, for a client.
    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether the URL is on this machine.
    fn is_here(&self) -> bool {
        self.0.host().is_some_and(is_loopback)
    }

    /// Returns a client for the URL. Requests to this machine do not go through a proxy.
    pub(crate) fn agent(&self, timeout: Duration) -> Agent {
        if self.is_here() { direct_agent(timeout) } else { agent(timeout) }
    }

    /// Parses a URL that this one refers to. Only a URL on this machine may refer to this machine.
    pub(super) fn refer(&self, text: &str) -> Result<Self, String> {
        let url = text.parse::<Self>()?;
        if url.is_here() && !self.is_here() {
            return Err("it is on loopback, and the server that refers to it is not".to_owned());
        }
        Ok(url)
    }

    /// Resolves a redirect, which must stay on the same host.
    pub(super) fn redirect(&self, location: &str) -> Result<Self, String> {
        let url = if location.starts_with('/') && !location.starts_with("//") {
            let (scheme, authority) = (self.0.scheme_str(), self.0.authority());
            let (scheme, authority) = scheme.zip(authority).ok_or("it has no host")?;
            format!("{scheme}://{authority}{location}").parse::<Self>()?
        } else {
            location.parse::<Self>()?
        };
        if url.0.scheme() == self.0.scheme() && url.0.authority() == self.0.authority() {
            Ok(url)
        } else {
            Err("it redirects to another host".to_owned())
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::FetchUrl;

    fn url(text: &str) -> FetchUrl {
        text.parse().expect(text)
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for good in
            ["https://x.example", "http://127.0.0.1:8080/a", "http://[::1]/", "http://localhost"]
        {
            url(good);
        }
        for bad in [
            "http://x.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "ftp://x.example",
            "file:///etc/passwd",
            "/path",
            "x.example",
            "https://a:b@x.example",
            "",
        ] {
            assert!(bad.parse::<FetchUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_stays_on_its_host_and_scheme() {
        let from = url("https://x.example/a");
        assert_eq!(from.redirect("/b"), Ok(url("https://x.example/b")));
        assert_eq!(from.redirect("https://x.example/b"), Ok(url("https://x.example/b")));
        for other in [
            "https://y.example/b",
            "//y.example/b",
            "http://x.example/b",
            "https://x.example:8443/b",
            "http://127.0.0.1/b",
            "b",
        ] {
            assert!(from.redirect(other).is_err(), "{other}");
        }
        assert_eq!(url("https://x.example/a?key=secret").to_string(), "https://x.example/a?***");
        assert!(from.refer("http://127.0.0.1/keys").is_err());
        assert!(url("http://127.0.0.1:1").refer("http://127.0.0.1:2/keys").is_ok());
    }
}
