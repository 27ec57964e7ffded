//! URLs that lkt fetches from: https, or plain http on this machine.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use ureq::Agent;

use crate::endpoint::is_loopback;
use crate::printable::without_secrets;
use crate::service::http_client::{NoAnswer, agent, direct_agent};

/// A URL that may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchUrl {
    uri: Uri,
    /// The hosts that the operator trusts without TLS.
    plain_hosts: Arc<[String]>,
}

impl FromStr for FetchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::new(text, &Arc::default())
    }
}

impl fmt::Display for FetchUrl {
    /// Writes the URL without its query, which may hold a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&without_secrets(&self.uri.to_string()))
    }
}

impl FetchUrl {
    /// Parses a URL. Plain http is for this machine, and for the hosts that the operator trusts.
    ///
    /// # Errors
    /// Why it may not be fetched from.
    pub(crate) fn new(text: &str, plain_hosts: &Arc<[String]>) -> Result<Self, String> {
        let uri = text.trim().parse::<Uri>().map_err(|_| "it is not a URL".to_owned())?;
        let Some(authority) = uri.authority() else {
            return Err("it is not a URL with a host: write it as https://host/path".to_owned());
        };
        if authority.as_str().contains('@') {
            return Err("it has a user name or password in it, which lkt does not use".to_owned());
        }
        let host = authority.host();
        let is_trusted = plain_hosts.iter().any(|plain| plain.eq_ignore_ascii_case(host));
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(host) || is_trusted => {}
            Some("http") => {
                return Err(format!(
                    "it is plain http, which anyone on the way can change; use https, or \
                     --allow-http {host} if that network is yours"
                ));
            }
            _ => return Err("it is neither https nor http".to_owned()),
        }
        Ok(Self { uri, plain_hosts: Arc::clone(plain_hosts) })
    }

    /// The URL, for a client.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether the URL is on this machine.
    fn is_here(&self) -> bool {
        self.uri.host().is_some_and(is_loopback)
    }

    /// Returns a client for the URL. Requests without TLS do not go through a proxy.
    pub(crate) fn agent(&self, timeout: Duration) -> Result<Agent, NoAnswer> {
        let is_plain = self.uri.scheme_str() == Some("http");
        if self.is_here() || is_plain {
            Ok(direct_agent(timeout))
        } else {
            agent(&self.uri, timeout)
        }
    }

    /// Parses a URL that this one refers to. Only a URL on this machine may refer to this machine.
    pub(super) fn refer(&self, text: &str) -> Result<Self, String> {
        let url = Self::new(text, &self.plain_hosts)?;
        if url.is_here() && !self.is_here() {
            return Err("it is on loopback, and the server that refers to it is not".to_owned());
        }
        Ok(url)
    }

    /// Resolves a redirect (RFC 3986, section 5.2), which must stay on the same host.
    pub(super) fn redirect(&self, location: &str) -> Result<Self, String> {
        let (scheme, authority) = (self.uri.scheme_str(), self.uri.authority());
        let (scheme, authority) = scheme.zip(authority).ok_or("it has no host")?;
        let location = location.split('#').next().unwrap_or_default();
        let url = if location.is_empty() {
            return Err("it redirects without saying where".to_owned());
        } else if location.contains("://") {
            Self::new(location, &self.plain_hosts)?
        } else if location.starts_with("//") {
            Self::new(&format!("{scheme}:{location}"), &self.plain_hosts)?
        } else {
            let path = relative_path(self.uri.path(), location);
            Self::new(&format!("{scheme}://{authority}{path}"), &self.plain_hosts)?
        };
        if url.uri.scheme() == self.uri.scheme() && url.uri.authority() == self.uri.authority() {
            Ok(url)
        } else {
            Err("it redirects to another host".to_owned())
        }
    }
}

/// The path and query that a location means at a path.
fn relative_path(base: &str, location: &str) -> String {
    if location.starts_with('?') {
        return format!("{base}{location}");
    }
    if location.starts_with('/') {
        return location.to_owned();
    }
    let (path, query) = location.find('?').map_or((location, ""), |at| location.split_at(at));
    let directory = base.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut segments = directory.split('/').skip(1).collect::<Vec<_>>();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}{query}", segments.join("/"))
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
    fn a_host_may_be_trusted_without_tls_by_name() {
        let hosts = std::sync::Arc::from(["keycloak".to_owned()]);
        let from = FetchUrl::new("http://Keycloak:8080/keys", &hosts).expect("a URL");
        assert!(from.redirect("/other").is_ok() && from.refer("http://keycloak/keys").is_ok());
        assert!(FetchUrl::new("http://keycloak.example/keys", &hosts).is_err());
        assert!(from.refer("http://other/keys").is_err());
        assert!(from.refer("http://127.0.0.1/keys").is_err());
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
            "",
            "#top",
        ] {
            assert!(from.redirect(other).is_err(), "{other}");
        }
        let from = url("https://x.example/a/b?c");
        for (location, path) in [
            ("d", "/a/d"),
            ("./d?e=f", "/a/d?e=f"),
            ("../d", "/d"),
            ("../../d", "/d"),
            ("?e", "/a/b?e"),
            ("//x.example/d", "/d"),
            ("/d#e", "/d"),
        ] {
            let to = url(&format!("https://x.example{path}"));
            assert_eq!(from.redirect(location), Ok(to), "{location}");
        }
        assert_eq!(url("https://x.example/a?key=secret").to_string(), "https://x.example/a?***");
        assert!(from.refer("http://127.0.0.1/keys").is_err());
        assert!(url("http://127.0.0.1:1").refer("http://127.0.0.1:2/keys").is_ok());
    }
}
