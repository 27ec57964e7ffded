//! The URL that clients are told to connect to.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::request::Parts;
use http::uri::Authority;

use super::hosts::{self, ANDROID_EMULATOR};

/// The schemes that LiveKit's clients connect to.
const SCHEMES: [&str; 4] = ["ws", "wss", "http", "https"];

/// A URL of a LiveKit server: `ws`, `wss`, `http` or `https`, with a host. It is handed out as it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    text: String,
    uri: Uri,
}

/// Why a URL cannot be handed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerUrlError {
    /// Not a URL with a scheme and a host.
    #[error("`{0}` is not a URL with a scheme and a host")]
    Invalid(String),
    /// A scheme that no LiveKit client connects to.
    #[error("`{0}` is neither ws, wss, http nor https")]
    Scheme(String),
    /// A port that is not a number from 0 to 65535.
    #[error("`{0}` has a port that is no number from 0 to 65535")]
    Port(String),
    /// A user name or a password, which every client would see. It is not quoted.
    #[error("the URL holds `@`: a user name or a password would reach every client")]
    UserInfo,
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // This check comes first and looks for an `@` anywhere: parsers disagree on where user info
        // ends, and no message may quote a password.
        if text.contains('@') {
            return Err(ServerUrlError::UserInfo);
        }
        let invalid = || ServerUrlError::Invalid(text.to_owned());
        let uri = text.parse::<Uri>().map_err(|_| invalid())?;
        let scheme = uri.scheme_str().ok_or_else(invalid)?;
        if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(ServerUrlError::Scheme(scheme.to_owned()));
        }
        let authority = uri.authority().ok_or_else(invalid)?;
        if authority.host().is_empty() {
            return Err(invalid());
        }
        if !has_valid_port(authority) {
            return Err(ServerUrlError::Port(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), uri })
    }
}

/// Whether the text after the host is a port, or empty. The `http` crate accepts any text there.
fn has_valid_port(authority: &Authority) -> bool {
    match authority.as_str().strip_prefix(authority.host()) {
        None | Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
        }),
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl ServerUrl {
    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the host without the port. An IPv6 address is in brackets.
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// Whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        ["wss", "https"].iter().any(|secure| scheme.eq_ignore_ascii_case(secure))
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        hosts::is_loopback(self.host())
    }

    /// Returns the URL for the client that sent this request. For a client in the Android emulator,
    /// a loopback host is replaced, since there it would be the emulator itself.
    pub(super) fn for_client(&self, head: &Parts) -> Cow<'_, Self> {
        if !hosts::is_from_emulator(head) || !self.is_loopback() {
            return Cow::Borrowed(self);
        }
        // An address is always a valid host.
        self.with_host(ANDROID_EMULATOR).map_or(Cow::Borrowed(self), Cow::Owned)
    }

    /// Returns the same URL with another host.
    ///
    /// # Errors
    /// [`ServerUrlError::Invalid`] if `host` is not a host.
    pub fn with_host(&self, host: &str) -> Result<Self, ServerUrlError> {
        let start = self.text.find("://").map_or(0, |at| at + 3);
        let end = start + self.host().len();
        let (head, tail) = (self.text.get(..start), self.text.get(end..));
        format!("{}{host}{}", head.unwrap_or_default(), tail.unwrap_or_default()).parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_schemes_of_livekit_pass_as_they_are() {
        for text in ["ws://localhost:7880", "wss://x.livekit.cloud", "http://[::1]:1/", "https://a"]
        {
            assert_eq!(text.parse::<ServerUrl>().expect(text).to_string(), text);
        }
        let padded = " wss://a.example \n".parse::<ServerUrl>().expect("trims");
        assert_eq!(padded.as_str(), "wss://a.example");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "localhost:7880", "ftp://a", "ws://", "ws:///x", "wss://u:p@a", "wss://a b"]
        {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_is_a_number_of_16_bits() {
        for text in [
            "ws://99.9:99999",
            "ws://h:99999",
            "ws://h:65536",
            "ws://h:abc",
            "ws://h:",
            "ws://[::1]:x/y",
        ] {
            let error = ServerUrlError::Port(text.to_owned());
            assert_eq!(text.parse::<ServerUrl>(), Err(error));
        }
        for text in ["ws://h:65535", "ws://80.1:80", "ws://[::1]:7880/x", "ws://[::1]"] {
            assert!(text.parse::<ServerUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn user_info_in_any_reading_is_refused_and_never_quoted() {
        for text in [
            "wss://user:PASSWORD@host",
            "wss://user:pa#PASSWORD@host",
            "wss://user:pa/PASSWORD@host",
            "wss://user:pa?PASSWORD@host",
            r"wss:\\user:PASSWORD@host",
            "wss//user:PASSWORD@host",
            "user:PASSWORD@host",
            "wss://user:PASS WORD@host",
            "ftp://user:PASSWORD@host",
            "PASSWORD@",
        ] {
            let error = text.parse::<ServerUrl>().expect_err(text);
            assert_eq!(error, ServerUrlError::UserInfo, "{text}");
            assert!(!format!("{error} {error:?}").contains("WORD"), "{text}");
        }
    }

    #[test]
    fn the_scheme_may_be_written_in_any_case() {
        let url = "WSS://x.livekit.cloud".parse::<ServerUrl>().expect("a URL");
        assert!(url.is_secure());
        assert_eq!(url.as_str(), "WSS://x.livekit.cloud");
    }

    #[test]
    fn a_host_can_be_replaced() {
        let url = "ws://localhost:7880/x".parse::<ServerUrl>().expect("a URL");
        assert_eq!(url.with_host("10.0.0.7").expect("a URL").as_str(), "ws://10.0.0.7:7880/x");
        let url = "ws://[::1]:7880".parse::<ServerUrl>().expect("a URL");
        assert!(url.is_loopback());
        assert_eq!(url.with_host("10.0.0.7").expect("a URL").as_str(), "ws://10.0.0.7:7880");
    }
}
