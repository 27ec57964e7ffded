//! Finding credentials in a room configuration: whoever holds a token can read it.

use serde_json::Value;

/// What carries a credential, in canonical proto JSON: the outputs' secrets that LiveKit's Go SDK
/// looks at (`CheckCredentials` in `auth/grants.go`), and those beside them that it does not.
const SECRETS: &[&str] = &[
    "secret",       // S3Upload, AliOSSUpload
    "sessionToken", // S3Upload
    "credentials",  // GCPUpload
    "accountKey",   // AzureBlobUpload
    "password",     // ProxyConfig
];

/// A stream's URL holds its key: any stream output counts as a credential.
const STREAMS: &[&str] = &["streamOutputs", "stream"];

/// The path of the first credential below a canonical room configuration's `egress`.
pub(super) fn find(room_config: &Value) -> Option<String> {
    let egress = room_config.get("egress")?;
    find_below(egress, "room_config.egress")
}

fn find_below(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match name.as_str() {
                // The user's own names and values: object metadata of an upload.
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

/// Whether a text is a URL with user info: of a proxy, a webhook, a page to record, an endpoint. Any
/// `@` counts, since readers disagree on where user info ends.
fn has_user_info(text: &str) -> bool {
    text.split_once("//").is_some_and(|(_, rest)| rest.contains('@'))
}
