//! Finds the token in text that people paste.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The names of tokens in JSON: in the answer of a token endpoint of LiveKit's, and of OAuth 2.0.
const IN_JSON: [&str; 6] =
    ["participant_token", "participantToken", "access_token", "accessToken", "id_token", "token"];

/// Returns the token in an answer of a token endpoint, a link with a token in its query, the lines of
/// `lkt mint -o env` or `lk token create`, an `Authorization` header, or quotes. Returns any other text
/// unchanged.
pub(super) fn token_in(text: &str) -> String {
    let text = without_quotes(text.trim());
    let found = in_answer(text).or_else(|| in_variables(text)).or_else(|| in_header(text));
    let found = found.or_else(|| in_lines(text)).or_else(|| in_link(text));
    found.unwrap_or_else(|| text.to_owned())
}

/// A text without the quotes around it, as JSON and shells have them.
fn without_quotes(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('"').or_else(|| inside('\'')).or_else(|| inside('`'));
    inside.map_or(text, str::trim)
}

fn in_answer(text: &str) -> Option<String> {
    let answer = text.starts_with('{').then(|| serde_json::from_str::<Value>(text))?.ok()?;
    let tokens = || IN_JSON.iter().filter_map(|name| answer.get(name)?.as_str());
    // An access token may be opaque, next to an ID token. A header that cannot be read is for `inspect` to
    // name.
    let is_jwt = |token: &&str| token.matches('.').count() == 2;
    tokens().find(is_jwt).or_else(|| tokens().next()).map(str::to_owned)
}

/// Finds the line `Access token: …` of LiveKit's CLI.
fn in_lines(text: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| after(line.trim(), "access token:"));
    lines.next().map(|token| without_quotes(token.trim()).to_owned())
}

/// Finds the token in `LIVEKIT_TOKEN='…'`, or in the form for other shells.
fn in_variables(text: &str) -> Option<String> {
    let after = text.lines().find_map(|line| line.split_once("LIVEKIT_TOKEN"))?.1;
    let around = |letter: char| letter.is_whitespace() || "='\";".contains(letter);
    Some(after.trim_matches(around).to_owned())
}

/// Finds the token in an `Authorization` header. LiveKit's webhooks have it without `Bearer`.
fn in_header(text: &str) -> Option<String> {
    let header = after(text, "authorization:").map(str::trim);
    let bearer = after(header.unwrap_or(text), "bearer ").map(str::trim);
    bearer.or(header).map(|token| without_quotes(token).to_owned())
}

/// Returns the text after a prefix, which may be in upper or lower case.
fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Finds `token` in links of LiveKit Meet, and `access_token` in URLs that clients request.
fn in_link(text: &str) -> Option<String> {
    let (_, query) = text.split_once("://")?.1.split_once(['?', '#'])?;
    let token = query.split(['&', '#', '?']).find_map(|pair| {
        pair.strip_prefix("token=").or_else(|| pair.strip_prefix("access_token="))
    })?;
    Some(percent_decode_str(token).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::token_in;

    #[test]
    fn a_token_is_found_wherever_it_is_copied_from() {
        for text in [
            "a.b.c",
            " a.b.c\r\n",
            r#"{"server_url":"ws://x","participant_token":"a.b.c"}"#,
            r#"{"participantToken":"a.b.c"}"#,
            "https://meet.livekit.io/custom?liveKitUrl=ws%3A%2F%2Fx&token=a.b.c",
            "https://meet.livekit.io/custom?token=a%2Eb.c&liveKitUrl=ws%3A%2F%2Fx#e2ee",
            "wss://x.livekit.cloud/rtc?access_token=a.b.c",
            "LIVEKIT_URL='ws://x'\nLIVEKIT_TOKEN='a.b.c'\n",
            "export LIVEKIT_TOKEN=a.b.c",
            "set -gx LIVEKIT_URL 'ws://x';\nset -gx LIVEKIT_TOKEN 'a.b.c';",
            "$env:LIVEKIT_TOKEN = \"a.b.c\"\r\n",
            "Bearer a.b.c",
            "bearer  a.b.c ",
            "Authorization: Bearer a.b.c",
            "Authorization: Bearer \"a.b.c\"",
            "\"a.b.c\"\n",
            "'a.b.c'",
            "'Bearer a.b.c'",
            r#"{"access_token": "a.b.c", "id_token": "d.e.f", "token_type": "Bearer"}"#,
            r#"{"access_token": "ory_at_x.y", "id_token": "a.b.c"}"#,
            r#"{"token": "a.b.c"}"#,
            "Token grants:\n{}\n\nProject URL: ws://x\nAccess token: a.b.c\n",
            "access token:   a.b.c",
            "authorization: a.b.c\r\n",
        ] {
            assert_eq!(token_in(text), "a.b.c", "{text}");
        }
        assert_eq!(token_in(r#"{"access_token": "opaque"}"#), "opaque");
        assert_eq!(token_in("\""), "\"");
        assert_eq!(token_in("{"), "{");
        assert_eq!(token_in("ü"), "ü");
    }
}
