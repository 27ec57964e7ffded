//! Reads tokens with code other than lkt's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use livekit_token::TokenVerifier;
use serde_json::Value;

/// Verifies a token of `--dev` with LiveKit's own verifier.
pub(crate) fn verify_dev(token: &str) -> livekit_token::Claims {
    let verifier = TokenVerifier::with_api_key("devkey", "secret");
    verifier.verify(token.trim()).expect("LiveKit's verifier takes it")
}

/// The header of a token, decoded but not parsed.
pub(crate) fn header_text(token: &str) -> String {
    part(token, 0)
}

/// The claims of a token, decoded but not parsed.
pub(crate) fn claims_of(token: &str) -> String {
    part(token, 1)
}

/// The claims without the times.
pub(crate) fn claims_value(token: &str) -> Value {
    let mut claims = serde_json::from_str::<Value>(&claims_of(token)).expect("JSON");
    let members = claims.as_object_mut().expect("an object");
    for time in ["iat", "nbf", "exp"] {
        assert!(members.remove(time).is_some_and(|at| at.is_u64()), "{time} in {token}");
    }
    claims
}

fn part(token: &str, index: usize) -> String {
    let part = token.trim().split('.').nth(index).expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    String::from_utf8(bytes).expect("UTF-8")
}
