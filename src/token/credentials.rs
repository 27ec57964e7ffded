//! Finds credentials in a room configuration, which anyone who holds the token can read.

use serde_json::Value;

/// Names of fields that hold a credential, in canonical proto JSON: the secrets of outputs that
/// LiveKit's Go SDK checks (`CheckCredentials` in `auth/grants.go`), and those that it does not
/// check.
const SECRETS: &[&str] = &[
    "secret",       // S3Upload, AliOSSUpload
    "sessionToken", // S3Upload
    "credentials",  // GCPUpload
    "accountKey",   // AzureBlobUpload
    "password",     // ProxyConfig
];

/// Names of stream outputs. A stream's URL contains its key, so any stream output counts as a
/// credential.
const STREAMS: &[&str] = &["streamOutputs", "stream"];

/// Returns the path of the first credential in the `egress` of a canonical room configuration.
pub(super) fn find(room_config: &Value) -> Option<String> {
    let egress = room_config.get("egress")?;
    find_below(egress, "room_config.egress")
}

fn find_below(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match name.as_str() {
                // Object metadata of an upload, whose names and values are the user's own.
                "metadata" => None,
                name if SECRETS.contains(&name) || STREAMS.contains(&name) => Some(path),
                _ => find_below(value, &path),
            }
        }),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| find_below(value, &format!("{path}[{index}]"))),
        Value::String(text) => has_user_info(text).then(|| path.to_owned()),
        _ => None,
    }
}

/// Replaces the credentials in JSON that may contain a room configuration, or a part of one, in either
/// spelling of names. Returns whether there were any.
#[cfg(feature = "cli")]
pub(crate) fn mask(value: &mut Value) -> bool {
    mask_below(value, false)
}

#[cfg(feature = "cli")]
fn mask_below(value: &mut Value, is_secret: bool) -> bool {
    let is_named = |name: &str| {
        let name = name.replace('_', "");
        SECRETS.iter().chain(STREAMS).any(|known| known.eq_ignore_ascii_case(&name))
    };
    match value {
        Value::Object(members) => {
            let mut masked = false;
            for (name, value) in members {
                masked |= mask_below(value, is_secret || is_named(name));
            }
            masked
        }
        Value::Array(values) => {
            let mut masked = false;
            for value in values {
                masked |= mask_below(value, is_secret);
            }
            masked
        }
        Value::String(text) if is_secret || has_user_info(text) => {
            "***".clone_into(text);
            true
        }
        _ => false,
    }
}

/// Whether a text is a URL with user info, such as that of a proxy, a webhook, a page to record or
/// an endpoint. Any `@` counts, since parsers disagree on where user info ends.
fn has_user_info(text: &str) -> bool {
    text.split_once("//").is_some_and(|(_, rest)| rest.contains('@'))
}
