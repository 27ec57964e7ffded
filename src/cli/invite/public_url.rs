//! The URL at which guests reach `lkt serve`.

use std::str::FromStr;

use http::Uri;

use crate::cli::environment;
use crate::failure::Failure;

/// The variable that holds the URL.
const PUBLIC_URL: &str = "LKT_PUBLIC_URL";

/// Where `lkt serve` listens without further flags.
const DEFAULT: &str = "http://localhost:3000";

/// Path of the page for guests.
const JOIN: &str = "/join";

/// The URL at which guests reach `lkt serve`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicUrl {
    url: String,
    /// Whether nobody chose it.
    pub(super) is_default: bool,
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write it as https://call.example.com, with a path if there is one";
        let uri = text.parse::<Uri>().map_err(|_| wrong)?;
        let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
        let host = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let is_plain = uri.query().is_none() && !text.contains(['#', '?']);
        if text.contains('@') {
            return Err("leave out the user name and the password");
        }
        let port = uri.authority().and_then(|authority| authority.as_str().rsplit_once(':'));
        let is_port = |port: &str| port.contains(']') || port.parse::<u16>().is_ok();
        if port.is_some_and(|(_, port)| !is_port(port)) {
            return Err("give a port from 1 to 65535");
        }
        if !is_web || !is_plain || host.is_none_or(|host| host.host().is_empty()) {
            return Err(wrong);
        }
        if uri.path().trim_end_matches('/').ends_with(JOIN) {
            return Err("leave out /join, which lkt adds");
        }
        Ok(Self { url: text.trim_end_matches('/').to_owned(), is_default: false })
    }
}

impl PublicUrl {
    /// The URL of the flag, of the variable, or the default, in this order.
    pub(super) fn find(flag: Option<&Self>) -> Result<Self, Failure> {
        if let Some(url) = flag {
            return Ok(url.clone());
        }
        match environment::variable(PUBLIC_URL)?.filter(|value| !value.trim().is_empty()) {
            Some(value) => value.trim().parse().map_err(|help| {
                Failure::usage(anyhow::anyhow!("{PUBLIC_URL} is not a URL for guests"), help)
            }),
            None => Ok(Self { url: DEFAULT.to_owned(), is_default: true }),
        }
    }

    /// The link of an invitation. The code is the fragment, which browsers send to nobody.
    pub(super) fn link(&self, code: &str) -> String {
        format!("{}{JOIN}#{code}", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_web_address_without_query() {
        let link = |text: &str| text.parse::<PublicUrl>().map(|url| url.link("lkti_x"));
        for (text, expected) in [
            ("https://call.example.com", "https://call.example.com/join#lkti_x"),
            ("https://call.example.com/", "https://call.example.com/join#lkti_x"),
            ("http://[::1]:3000/livekit//", "http://[::1]:3000/livekit/join#lkti_x"),
        ] {
            assert_eq!(link(text).as_deref(), Ok(expected));
        }
        for text in [
            "",
            "call.example.com",
            "wss://call.example.com",
            "https://",
            "https://user@call.example.com",
            "https://call.example.com/?a=b",
            "https://call.example.com/#a",
            "javascript:alert(1)",
            "https://call.example.com/join",
            "https://call.example.com:99999",
        ] {
            assert!(link(text).is_err(), "{text}");
        }
    }
}
