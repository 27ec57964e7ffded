//! JWTs of an issuer that are for another purpose than a login.
//!
//! An issuer signs all of them with the keys of its logins, and some have every claim that a login
//! needs: a logout token has `iss`, `sub`, `aud` and `exp`. They say what they are by `typ`
//! (RFC 8725, section 3.11), security events by `events` as well (RFC 8417, section 2.2), and
//! credentials of older makers by `vc` or `vp` (Verifiable Credentials 1.1, section 6.3.1). Other
//! values of `typ` mean nothing here: backends write their own, such as `access`.

use serde_json::{Map, Value};

/// The values of `typ`, and what has them.
const PURPOSES: &[(&str, &str)] = &[
    ("logout+jwt", LOGOUT),
    ("secevent+jwt", SECURITY_EVENT),
    ("dpop+jwt", "a DPoP proof"),
    ("refresh+jwt", "a refresh token"),
    ("rt+jwt", "a refresh token"),
    ("userinfo+jwt", "an answer about a user"),
    ("token-introspection+jwt", "an answer about a token"),
    ("oauth-authz-req+jwt", "a request to log in"),
    ("oauth-id-jag+jwt", "a grant for another issuer"),
    ("client-authentication+jwt", CLIENT),
    ("pk+jwt", CLIENT),
    ("oauth-client-attestation+jwt", CLIENT),
    ("oauth-client-attestation-pop+jwt", CLIENT),
    ("openid4vci-proof+jwt", CREDENTIAL),
    ("vc+jwt", CREDENTIAL),
    ("vp+jwt", CREDENTIAL),
    ("vc+sd-jwt", CREDENTIAL),
    ("dc+sd-jwt", CREDENTIAL),
    ("kb+jwt", CREDENTIAL),
    ("kb+sd-jwt", CREDENTIAL),
    ("key-attestation+jwt", CREDENTIAL),
    ("statuslist+jwt", "a list of revoked credentials"),
    ("entity-statement+jwt", FEDERATION),
    ("resolve-response+jwt", FEDERATION),
    ("trust-mark+jwt", FEDERATION),
];

const LOGOUT: &str = "a logout token";
const SECURITY_EVENT: &str = "a security event";
const CLIENT: &str = "an app's proof of itself";
pub(super) const CREDENTIAL: &str = "a verifiable credential";
const FEDERATION: &str = "a statement of a federation";

/// The event of a logout token (OpenID Connect Back-Channel Logout, section 2.4). Not every issuer
/// writes its `typ`.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Returns what a token is, if it is not a login.
pub(super) fn other_than_login(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
) -> Option<&'static str> {
    let name = header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    // A media type, whose prefix may be left out (RFC 7515, section 4.1.9).
    let name = name.strip_prefix("application/").unwrap_or(&name);
    let by_name = PURPOSES.iter().find(|(typ, _)| *typ == name).map(|(_, purpose)| *purpose);
    let events = || events(claims.get("events")?.as_object()?);
    by_name.or_else(events).or_else(|| is_credential(claims).then_some(CREDENTIAL))
}

/// Whether the claims hold a credential, or what its holder presents.
fn is_credential(claims: &Map<String, Value>) -> bool {
    [("vc", "credentialSubject"), ("vp", "verifiableCredential")].into_iter().any(
        |(claim, part)| {
            claims.get(claim).and_then(Value::as_object).is_some_and(|it| it.contains_key(part))
        },
    )
}

/// What a claim `events` makes of a token. The names of security events are URIs; an app's own claim
/// may have any names.
fn events(events: &Map<String, Value>) -> Option<&'static str> {
    if events.contains_key(LOGOUT_EVENT) {
        return Some(LOGOUT);
    }
    let is_uri = |name: &String| name.contains("://") || name.starts_with("urn:");
    (!events.is_empty() && events.keys().all(is_uri)).then_some(SECURITY_EVENT)
}
