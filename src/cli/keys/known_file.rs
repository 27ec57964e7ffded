//! Files that hold keys and are known by sight: what they are, and how lkt is given them.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use zeroize::Zeroizing;

use super::RawSecret;
use super::key_list::first_document;
use crate::failure::Failure;
use crate::printable::looks_like_token;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownFile {
    EnvFile,
    /// The configuration of livekit-server.
    ServerConfig,
    /// The configuration of egress, ingress or SIP; or the same names in JSON.
    ServiceConfig,
    /// `key: secret` lines.
    KeyLines,
    /// The configuration of LiveKit's CLI.
    CliConfig,
    HelmValues,
    Compose,
    KubernetesSecret,
    /// A document of which SOPS has encrypted the values.
    Sops,
    /// What `livekit-server generate-keys` prints.
    GeneratedKeys,
    Json,
    Pem,
    Token,
    Html,
}

/// The names in the configuration of a service that uses LiveKit's API, and in JSON with the same contents.
#[derive(Deserialize)]
pub(super) struct Service {
    #[serde(alias = "apiKey", alias = "LIVEKIT_API_KEY")]
    pub(super) api_key: String,
    #[serde(alias = "apiSecret", alias = "LIVEKIT_API_SECRET")]
    pub(super) api_secret: RawSecret,
    #[serde(
        default,
        alias = "url",
        alias = "wsUrl",
        alias = "serverUrl",
        alias = "server_url",
        alias = "LIVEKIT_URL"
    )]
    pub(super) ws_url: Option<String>,
}

impl KnownFile {
    /// Recognises a text that is YAML or JSON.
    pub(super) fn of_document(text: &str) -> Option<Self> {
        let value = serde_saphyr::from_str::<Value>(first_document(text)).ok()?;
        let members = value.as_object()?;
        let has = |name: &str| members.contains_key(name);
        let is_map = |name: &str| members.get(name).is_some_and(Value::is_object);
        let service = |key: &str, secret: &str| has(key) && has(secret);
        let kind = members.get("kind").and_then(Value::as_str);
        Some(match kind {
            Some("Secret" | "SealedSecret" | "ExternalSecret" | "ConfigMap") => {
                Self::KubernetesSecret
            }
            _ if is_map("sops") => Self::Sops,
            _ if service("API Key", "API Secret") => Self::GeneratedKeys,
            _ if has("services") => Self::Compose,
            _ if has("projects") && (has("default_project") || has("device_name")) => {
                Self::CliConfig
            }
            _ if service("api_key", "api_secret")
                || service("apiKey", "apiSecret")
                || service("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET") =>
            {
                Self::ServiceConfig
            }
            _ if is_map("keys") || is_map("rtc") || has("key_file") => Self::ServerConfig,
            _ if is_map("livekit") || is_map("egress") || is_map("ingress") || is_map("sip") => {
                Self::HelmValues
            }
            _ if text.trim_start().starts_with('{') => Self::Json,
            _ => return None,
        })
    }

    /// Recognises a text that stands where a secret is due.
    pub(super) fn in_place_of_secret(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("-----BEGIN") {
            return Some(Self::Pem);
        }
        if looks_like_token(text) {
            return Some(Self::Token);
        }
        if text.starts_with("<!") || text.starts_with("<html") {
            return Some(Self::Html);
        }
        let is_assignment = |line: &str| is_assignment(line, text.contains('\n'));
        if text.lines().any(is_assignment) {
            return Some(Self::EnvFile);
        }
        if let Some(known) = Self::of_document(text) {
            return Some(known);
        }
        if text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok() {
            return Some(Self::Json);
        }
        let is_pair = |line: &str| {
            let pair = line.split_once(": ");
            pair.is_some_and(|(key, secret)| !key.contains(' ') && !secret.trim().is_empty())
        };
        text.lines().any(is_pair).then_some(Self::KeyLines)
    }

    /// What it is, and how to give it to lkt.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::EnvFile => ("an env file", "use --env-file"),
            Self::ServerConfig => ("the configuration of a LiveKit server", "use --keys-file"),
            Self::ServiceConfig => {
                ("a configuration with `api_key` and `api_secret`", "use --keys-file")
            }
            Self::KeyLines => ("`key: secret` lines", "use --keys-file"),
            Self::CliConfig => ("the configuration of LiveKit's CLI", "use --project NAME"),
            Self::HelmValues => (
                "the values of a Helm chart",
                "put its key and secret into LIVEKIT_API_KEY and LIVEKIT_API_SECRET",
            ),
            Self::Compose => (
                "a compose file",
                "put the key and the secret into an env file, which compose reads too",
            ),
            Self::KubernetesSecret => (
                "a Kubernetes resource",
                "mount it, and give the mounted file; or decode its values with `kubectl get secret \
                 NAME -o jsonpath='{.data.KEY}' | base64 -d`",
            ),
            Self::Sops => {
                ("encrypted with SOPS", "decrypt it first: `sops exec-file FILE 'lkt … {}'`")
            }
            Self::GeneratedKeys => (
                "what `livekit-server generate-keys` prints",
                "write key and secret on one line, as `KEY: SECRET`, for --keys-file",
            ),
            Self::Json => ("JSON", "give the value alone"),
            Self::Pem => (
                "a PEM file",
                "LiveKit signs with a shared secret: take the API secret, not a key or certificate",
            ),
            Self::Token => ("a token", "take the API secret, which signs tokens"),
            Self::Html => ("HTML", "take the API secret from the project's page of keys"),
        }
    }

    /// The failure when it is given where something else is due.
    pub(super) fn in_place(self, name: &str, wanted: &str) -> Failure {
        let (what, way) = self.words();
        Failure::usage(anyhow::anyhow!("{name} is {what}, not {wanted}"), way)
    }
}

/// Reads a configuration of the kind [`KnownFile::ServiceConfig`].
pub(super) fn service(text: &str) -> Result<Service, Failure> {
    // Without the parser's message: it quotes the text, and so a secret.
    serde_saphyr::from_str(first_document(&Zeroizing::new(text.to_owned()))).map_err(|_| {
        let error = anyhow::anyhow!("`api_key`, `api_secret` or the URL is not a text");
        Failure::usage(error, "put quotes around their values")
    })
}

/// Whether a line is `NAME=value`. A secret in base64 may end in `=`, and may have upper-case letters
/// alone, so a text of one line needs a name that says what it is.
fn is_assignment(line: &str, has_more_lines: bool) -> bool {
    let line = line.trim().trim_start_matches("export ").trim_start_matches("set ");
    let Some((name, value)) = line.split_once('=') else { return false };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let says =
        ["LIVEKIT", "SECRET", "API_KEY", "TOKEN", "URL"].iter().any(|word| name.contains(word));
    !name.is_empty()
        && name.chars().all(is_name)
        && !value.trim_matches('=').is_empty()
        && (says || has_more_lines)
}

#[cfg(test)]
mod tests {
    use super::KnownFile;

    #[test]
    fn what_stands_in_the_place_of_a_secret_is_known_by_sight() {
        for (text, known) in [
            ("LIVEKIT_API_SECRET=x", Some(KnownFile::EnvFile)),
            ("# my keys\nexport A=b\nC=d\n", Some(KnownFile::EnvFile)),
            ("LIVEKIT_API_SECRET='x'\n", Some(KnownFile::EnvFile)),
            ("APIabc: x\n", Some(KnownFile::KeyLines)),
            ("port: 7880\nkeys:\n  APIabc: x\n", Some(KnownFile::ServerConfig)),
            ("key_file: keys.yaml\n", Some(KnownFile::ServerConfig)),
            ("rtc:\n  tcp_port: 7881\n", Some(KnownFile::ServerConfig)),
            ("api_key: a\napi_secret: b\nws_url: c\n", Some(KnownFile::ServiceConfig)),
            (r#"{"url":"a","api_key":"b","api_secret":"c"}"#, Some(KnownFile::ServiceConfig)),
            (r#"{"secret":"c"}"#, Some(KnownFile::Json)),
            (r#"[{"secret": "c"}]"#, Some(KnownFile::Json)),
            ("services:\n  lkt: {}\n", Some(KnownFile::Compose)),
            ("apiVersion: v1\nkind: Secret\ndata: {}\n", Some(KnownFile::KubernetesSecret)),
            ("livekit:\n  keys: {}\n", Some(KnownFile::HelmValues)),
            ("default_project: a\nprojects: []\n", Some(KnownFile::CliConfig)),
            ("APIabc: ENC[AES256_GCM,data:x]\nsops:\n    version: 3.10.2\n", Some(KnownFile::Sops)),
            ("API Key:  APIabc\nAPI Secret:  x\n", Some(KnownFile::GeneratedKeys)),
            ("-----BEGIN PRIVATE KEY-----\nx\n", Some(KnownFile::Pem)),
            ("eyJhbGciOi.eyJhIjox.abc", Some(KnownFile::Token)),
            ("a-plain-secret\n", None),
            ("QUJDREVGR0g=", None),
            ("AAAA==", None),
            ("a=b&c", None),
        ] {
            assert_eq!(KnownFile::in_place_of_secret(text), known, "{text}");
        }
    }
}
