//! The web pages that may request tokens, by their origin.

use std::fmt;
use std::net::Ipv6Addr;

use http::header::{HeaderValue, ORIGIN};
use http::request::Parts;
use http::{Uri, uri};

use super::Refusal;
use super::hosts::is_loopback;

/// The origins that may request tokens and read the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins {
    /// Pages on this machine, at any port: on loopback, in apps made of web pages, and on these hosts
    /// (its own addresses, as phones on the same network see them).
    Local(Vec<String>),
    /// These origins.
    Only(Vec<Origin>),
    /// These origins, and those of [`Origins::Local`] on these hosts.
    LocalAnd(Vec<String>, Vec<Origin>),
    /// Any origin.
    Any,
    /// A proxy in front of this server decides, and sets the headers.
    Proxy,
}

impl Default for Origins {
    fn default() -> Self {
        Self::Local(Vec::new())
    }
}

/// An allowed origin, as browsers spell it: `https://app.example`, or every origin one label below a
/// host: `https://*.preview.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
}

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It is not an origin.
    #[error("`{0}` is not an origin")]
    Syntax(String),
    /// A pattern must begin with `https://*.`, and may have no other `*`.
    #[error("`{0}` is not a pattern for origins")]
    Pattern(String),
    /// Anyone can have a name below the pattern's host.
    #[error("`{0}` would allow pages of everyone who has a name below `{1}`")]
    PublicSuffix(String, String),
}

/// Schemes of apps made of web pages, which have the origin `SCHEME://localhost`.
const APPS: [&str; 3] = ["tauri", "capacitor", "ionic"];

/// The origin that QtWebEngine sends for local files. Other engines send `null`.
const FILES: &str = "file://";

/// Hosts below which anyone can have a name: hosting, previews and tunnels. (Public Suffix List, section
/// "private", of 2026-11, and services that are not in it. It has thousands more.)
const SHARED: &[&str] = &[
    "amplifyapp.com",
    "appspot.com",
    "azurestaticapps.net",
    "azurewebsites.net",
    "blogspot.com",
    "bolt.host",
    "cloudfront.net",
    "cloudfunctions.net",
    "csb.app",
    "deno.dev",
    "devtunnels.ms",
    "expo.app",
    "firebaseapp.com",
    "fly.dev",
    "framer.app",
    "framer.website",
    "github.dev",
    "github.io",
    "gitlab.io",
    "gitpod.io",
    "glitch.me",
    "herokuapp.com",
    "hf.space",
    "loca.lt",
    "lovable.app",
    "netlify.app",
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "nip.io",
    "now.sh",
    "ondigitalocean.app",
    "onrender.com",
    "pages.dev",
    "pythonanywhere.com",
    "railway.app",
    "repl.co",
    "replit.app",
    "replit.dev",
    "run.app",
    "s3.amazonaws.com",
    "sslip.io",
    "streamlit.app",
    "surge.sh",
    "trycloudflare.com",
    "vercel.app",
    "vercel.dev",
    "web.app",
    "webcontainer.io",
    "webflow.io",
    "wixsite.com",
    "workers.dev",
];

/// Second levels below which countries register names: `co.uk`, `com.au`.
const SECOND_LEVELS: [&str; 10] =
    ["ac", "co", "com", "edu", "gob", "gov", "ne", "net", "or", "org"];

impl Origins {
    /// Allows only these origins. Capital letters and a trailing slash, which browsers never send,
    /// are normalized. `null` is the origin of local files and sandboxed pages. A `*` stands for one
    /// label: `https://*.preview.example.com`.
    ///
    /// # Errors
    /// [`OriginError`] names the first that is not an origin.
    pub fn only<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Result<Self, OriginError> {
        let origins = origins.into_iter().map(|origin| Origin::new(origin.as_ref()));
        origins.collect::<Result<_, _>>().map(Self::Only)
    }

    /// Refuses a page whose origin is not allowed. Clients other than browsers send no `Origin`.
    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        match head.headers.get(ORIGIN) {
            Some(origin) if !self.allows(origin) => {
                Err(Refusal::origin(&String::from_utf8_lossy(origin.as_bytes())))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return matches!(self, Self::Any | Self::Proxy) };
        let is_known = |known: &[Origin]| known.iter().any(|known| known.matches(origin));
        match self {
            Self::Any | Self::Proxy => true,
            Self::Only(known) => is_known(known),
            Self::Local(hosts) => is_local(origin, hosts),
            Self::LocalAnd(hosts, known) => is_known(known) || is_local(origin, hosts),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Origin {
    /// Reads an origin in the form that browsers send: scheme and authority in lower case, without
    /// the scheme's default port and without a trailing slash.
    ///
    /// # Errors
    /// [`OriginError`] if browsers never send it, or if it would allow pages of anyone.
    pub fn new(origin: &str) -> Result<Self, OriginError> {
        let trimmed = origin.trim().to_ascii_lowercase();
        if trimmed.trim_end_matches('/') == "null" || trimmed.trim_end_matches('/') == "file:" {
            let text = if trimmed.starts_with("null") { "null" } else { FILES };
            return Ok(Self { text: text.to_owned() });
        }
        let trimmed = trimmed.trim_end_matches('/');
        let wrong = || OriginError::Syntax(origin.to_owned());
        let Some((scheme, authority)) = trimmed.split_once("://") else { return Err(wrong()) };
        if let Some(host) = authority.strip_prefix("*.") {
            return Self::pattern(origin, scheme, host);
        }
        let plain = authority.parse::<uri::Authority>().map_err(|_| wrong())?;
        let is_scheme = scheme.parse::<uri::Scheme>().is_ok();
        // Browsers send neither user information nor patterns.
        if !is_scheme || plain.as_str() != authority || authority.contains(['@', '*']) {
            return Err(wrong());
        }
        let default_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Ok(Self { text: trimmed.to_owned() }),
        };
        if !is_sent(plain.host(), authority) {
            return Err(wrong());
        }
        let text = trimmed.strip_suffix(default_port).unwrap_or(trimmed);
        Ok(Self { text: text.to_owned() })
    }

    fn pattern(given: &str, scheme: &str, host: &str) -> Result<Self, OriginError> {
        let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_letter);
        let labels = host.split('.').collect::<Vec<_>>();
        // A name of numbers is an address, which has nothing below it.
        let is_address = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if scheme != "https" || !labels.iter().all(|label| is_label(label)) || is_address {
            return Err(OriginError::Pattern(given.to_owned()));
        }
        if is_shared(&labels) || SHARED.contains(&host) {
            return Err(OriginError::PublicSuffix(given.to_owned(), host.to_owned()));
        }
        Ok(Self { text: format!("https://*.{host}") })
    }

    fn matches(&self, origin: &str) -> bool {
        let Some(host) = self.text.strip_prefix("https://*") else { return self.text == origin };
        let label = origin.strip_prefix("https://").and_then(|rest| rest.strip_suffix(host));
        let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
        label.is_some_and(|label| !label.is_empty() && label.bytes().all(is_letter))
    }
}

/// Whether browsers send this host, and the authority that has it: no label is empty, and a port is a
/// number in its shortest form.
fn is_sent(host: &str, authority: &str) -> bool {
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number.to_string() == port);
    let has_port = match authority.strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(is_port),
        None => false,
    };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        // The dot at the end of a fully qualified name stays.
        None => host.strip_suffix('.').unwrap_or(host).split('.').all(|label| !label.is_empty()),
    };
    has_port && is_host
}

/// Whether a name is that of a registry: one label, or two in a country that has second levels.
fn is_shared(labels: &[&str]) -> bool {
    match labels {
        [_] => true,
        [second, country] => country.len() == 2 && SECOND_LEVELS.contains(second),
        _ => false,
    }
}

/// Whether an origin is on this machine. `null` is not, since it is not a URL.
fn is_local(origin: &str, hosts: &[String]) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
    match scheme {
        "http" | "https" => is_loopback(host) || hosts.iter().any(|known| known == host),
        scheme => APPS.contains(&scheme) && host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_that_browsers_send() {
        let only = |origin: &str| Origin::new(origin).map(|origin| origin.to_string()).ok();
        for (given, sent) in [
            ("https://App.example", "https://app.example"),
            (" https://app.example/ ", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:80/", "http://app.example"),
            ("https://app.example:80", "https://app.example:80"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("https://app.example.", "https://app.example."),
            ("https://a_b.example:8443", "https://a_b.example:8443"),
            ("app://.", "app://."),
            ("null", "null"),
            ("file://", "file://"),
            ("https://*.Preview.example.com/", "https://*.preview.example.com"),
            ("https://*.team.vercel.app", "https://*.team.vercel.app"),
        ] {
            assert_eq!(only(given).as_deref(), Some(sent), "{given}");
        }
        for wrong in [
            "app.example",
            "/path",
            "https://",
            "https://app.example/path",
            "https://app.example?x",
            "https://user@app.example",
            "https://.example",
            "https://a..example",
            "https://.",
            "https://app.example:",
            "https://app.example:0443",
            "https://app.example:99999",
            "https://[app]",
            "*",
            "",
            "http://*.example.com",
            "https://*",
            "https://*.",
            "https://a.*.example.com",
            "https://*.*.example.com",
            "https://*.example.com:8443",
            "https://*.127.0.0.1",
            "https://*.com",
            "https://*.co.uk",
            "https://*.vercel.app",
        ] {
            assert_eq!(only(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pattern_matches_one_label() {
        let origin = Origin::new("https://*.preview.example.com").expect("a pattern");
        for (text, matches) in [
            ("https://pr-1.preview.example.com", true),
            ("https://.preview.example.com", false),
            ("https://preview.example.com", false),
            ("https://a.b.preview.example.com", false),
            ("https://evil.com/.preview.example.com", false),
            ("https://x@evil.preview.example.com", false),
            ("http://pr-1.preview.example.com", false),
            ("https://pr-1.preview.example.com:444", false),
            ("https://pr-1xpreview.example.com", false),
        ] {
            assert_eq!(origin.matches(text), matches, "{text}");
        }
    }
}
