//! The body of a webhook. LiveKit signs it with a token whose claim `sha256` is the body's hash in base64.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Why a server, or the receiver of a webhook, refuses the token, and what to do.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) help: String,
}

/// A body as it was received.
pub(super) struct Body(Vec<u8>);

impl Body {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Why a receiver would refuse the body with a token that has this claim.
    pub(super) fn refusal(&self, claim: &str) -> Option<Refusal> {
        if claim == hash(&self.0) {
            return None;
        }
        let (reason, help) = self.explain(claim);
        Some(Refusal { reason: reason.to_owned(), help: help.to_owned() })
    }

    fn explain(&self, claim: &str) -> (&'static str, &'static str) {
        if claim.is_empty() {
            let reason = "it has no `sha256`, so it is not the token of a webhook";
            return (reason, "give the token of the `Authorization` header of the webhook");
        }
        if claim.eq_ignore_ascii_case(&hex(&self.0)) {
            let reason = "its `sha256` is the body's hash in hex, and LiveKit's is base64";
            return (reason, "encode the hash itself in base64");
        }
        for (bytes, reason) in self.variants() {
            if hash(&bytes) == claim {
                return (reason, "hash the bytes of the body as they were received");
            }
        }
        let reason = "its `sha256` is not the hash of this body";
        let help = "hash the bytes as they were received: JSON that was parsed and written again has others";
        (reason, help)
    }

    /// The body as it may have been before it was changed by mistake.
    fn variants(&self) -> Vec<(Vec<u8>, &'static str)> {
        let text = String::from_utf8_lossy(&self.0);
        let mut variants = vec![
            (
                text.trim_end_matches(['\r', '\n']).as_bytes().to_vec(),
                "its `sha256` is the hash of this body without the line end that was added",
            ),
            (
                format!("{text}\n").into_bytes(),
                "its `sha256` is the hash of this body with the line end that was removed",
            ),
            (
                text.replace("\r\n", "\n").into_bytes(),
                "its `sha256` is the hash of this body with other line ends",
            ),
        ];
        // Sorted or not, with or without blanks: the JSON was written again.
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
            let reason = "its `sha256` is the hash of the same JSON, written in another way";
            variants.push((json.to_string().into_bytes(), reason));
            variants.push((without_blanks(&text).into_bytes(), reason));
        }
        variants
    }
}

/// JSON without the blanks between its parts.
fn without_blanks(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = json.chars().filter(|letter| {
        let is_kept = in_string || !letter.is_whitespace();
        if *letter == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && *letter == '\\' && !escaped;
        is_kept
    });
    kept.collect()
}

fn hash(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

fn hex(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
