//! What the start lines and `--print-config` show of the values of `--set` and `--default`.

use serde_json::Value;

use crate::printable::without_secrets;
use crate::token::credentials;

/// A value without the credentials in it: those of egress outputs, and passwords in URLs.
pub(super) fn masked(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) if value.is_object() || value.is_array() => {
            // Only a value that had to change is written anew.
            if credentials::mask(&mut value) { value.to_string() } else { text.to_owned() }
        }
        _ if text.contains("//") && text.contains('@') => without_secrets(text),
        _ => text.to_owned(),
    }
}

/// A value as `FIELD=VALUE`, without the credentials in it.
pub(super) fn masked_assignment(text: &str) -> String {
    match text.split_once('=') {
        Some((field, value)) => format!("{field}={}", masked(value)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_and_the_rest_is_as_it_was_written() {
        for (text, shown) in [
            ("user-{random}", "user-{random}"),
            (r#"{"b": 1, "a": "//x"}"#, r#"{"b": 1, "a": "//x"}"#),
            (
                r#"{"egress":{"room":{"fileOutputs":[{"s3":{"bucket":"b","secret":"k"}}]}}}"#,
                r#"{"egress":{"room":{"fileOutputs":[{"s3":{"bucket":"b","secret":"***"}}]}}}"#,
            ),
            (r#"[{"session_token":"k"}]"#, r#"[{"session_token":"***"}]"#),
            (r#"{"stream":{"urls":["rtmp://h/k"]}}"#, r#"{"stream":{"urls":["***"]}}"#),
            (r#"{"url":"https://u:p@h"}"#, r#"{"url":"***"}"#),
            ("https://u:p@h/a", "https://***@h/a"),
        ] {
            assert_eq!(masked(text), shown);
        }
        assert_eq!(
            masked_assignment(r#"room_config={"secret":"k"}"#),
            r#"room_config={"secret":"***"}"#
        );
    }
}
