//! The forms in which a token is printed. They are stable: scripts rely on them.

use clap::ValueEnum;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::failure::Failure;
use crate::cli::keys::Found;
use crate::endpoint::{ServerUrl, body};
use crate::token::{Claims, KeyPair};

/// Where LiveKit Meet takes a server and a token.
const MEET: &str = "https://meet.livekit.io/custom";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// The token and a newline.
    Token,
    /// What the token endpoint answers.
    Json,
    /// The claims, unsigned.
    Claims,
    /// Variables for a shell.
    Env,
    /// A link that opens LiveKit Meet.
    Meet,
}

impl Output {
    pub(super) fn needs_url(self) -> bool {
        matches!(self, Self::Json | Self::Env | Self::Meet)
    }
}

/// Prints tokens in one form.
pub(super) struct Printer {
    output: Output,
    url: Option<ServerUrl>,
}

impl Printer {
    pub(super) fn new(output: Output, found: &Found) -> Self {
        Self { output, url: found.url.as_ref().map(|url| url.value.clone()) }
    }

    pub(super) fn shows_url(&self) -> bool {
        self.output.needs_url()
    }

    /// Claims as text: what is signed, or printed as it is.
    pub(super) fn text(&self, claims: &Claims) -> Result<String, Failure> {
        let text = match self.output {
            Output::Claims => serde_json::to_string_pretty(claims),
            _ => serde_json::to_string(claims),
        };
        text.map_err(|error| Failure::failed(error, "leave out what LiveKit does not know"))
    }

    /// Appends one token in this form, with a newline, and returns the token's length.
    pub(super) fn print(&self, claims: &str, keys: &KeyPair, out: &mut Vec<u8>) -> usize {
        if self.output == Output::Claims {
            out.extend(claims.as_bytes());
            out.push(b'\n');
            return 0;
        }
        let token = keys.sign_text(claims.as_bytes());
        match (self.output, &self.url) {
            (Output::Json, Some(url)) => out.extend(body(url, &token)),
            (Output::Env, Some(url)) => {
                out.extend(format!("LIVEKIT_URL={}\n", quoted(url.as_str())).bytes());
                out.extend(format!("LIVEKIT_TOKEN={}", quoted(&token)).bytes());
            }
            (Output::Meet, Some(url)) => {
                let url = utf8_percent_encode(url.as_str(), NON_ALPHANUMERIC);
                out.extend(format!("{MEET}?liveKitUrl={url}&token={token}").bytes());
            }
            (Output::Token | Output::Claims, _) | (_, None) => out.extend(token.as_bytes()),
        }
        out.push(b'\n');
        token.len()
    }
}

/// One word to any POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
