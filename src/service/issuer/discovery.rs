//! Finding an issuer's keys by its metadata: OpenID Connect Discovery, or RFC 8414 for servers that speak
//! OAuth alone.

use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use serde::Deserialize;

use super::fetch;
use super::url::FetchUrl;
use crate::printable::without_password;

/// Where OpenID Connect has the metadata, after the issuer.
const OPENID: &str = "/.well-known/openid-configuration";
/// Where RFC 8414 has it: between the host and the path of the issuer.
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// The part of the metadata that lkt uses.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// The issuer whose metadata is at a URL. Any other text is an issuer already.
pub(crate) fn issuer_of(text: &str) -> String {
    let well_known = [OPENID, OAUTH].into_iter().find_map(|path| text.split_once(path));
    // RFC 8414 puts the path of the issuer after its own.
    well_known.map_or_else(|| text.to_owned(), |(host, path)| format!("{host}{path}"))
}

/// The URLs at which an issuer may have its metadata.
pub(super) fn urls(issuer: &str, plain_hosts: &Arc<[String]>) -> Result<Vec<FetchUrl>, String> {
    let base = issuer.trim_end_matches('/');
    let openid = FetchUrl::new(&format!("{base}{OPENID}"), plain_hosts)?;
    let path = base.splitn(4, '/').nth(3).unwrap_or_default();
    let host = base.strip_suffix(path).unwrap_or(base).trim_end_matches('/');
    let oauth = if path.is_empty() { OAUTH.to_owned() } else { format!("{OAUTH}/{path}") };
    Ok(vec![openid, FetchUrl::new(&format!("{host}{oauth}"), plain_hosts)?])
}

/// Finds the URL of an issuer's keys.
pub(super) fn find(issuer: &str, urls: &[FetchUrl]) -> Result<FetchUrl, String> {
    let end = Instant::now() + fetch::TIMEOUT;
    let mut tried = Vec::new();
    for url in urls {
        let answer = fetch::get(url, end)?;
        if answer.status == StatusCode::NOT_FOUND {
            tried.push(format!("`{url}`"));
            continue;
        }
        let body = answer.body().map_err(|problem| format!("cannot fetch `{url}`: {problem}"))?;
        return keys_url(issuer, url, &body);
    }
    Err(format!("there is nothing at {}", tried.join(" and ")))
}

fn keys_url(issuer: &str, url: &FetchUrl, body: &[u8]) -> Result<FetchUrl, String> {
    let metadata = serde_json::from_slice::<Metadata>(body);
    let Metadata { issuer: named, jwks_uri } =
        metadata.map_err(|error| format!("`{url}` is not a discovery document: {error}"))?;
    if named != issuer {
        return Err(format!("`{url}` is of the issuer `{named}`, not `{issuer}`"));
    }
    let shown = without_password(&jwks_uri);
    url.refer(&jwks_uri).map_err(|problem| format!("`jwks_uri` is {shown}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_after_the_issuer_or_before_its_path() {
        for (issuer, oauth) in [
            ("https://id.example", "https://id.example/.well-known/oauth-authorization-server"),
            ("https://id.example/", "https://id.example/.well-known/oauth-authorization-server"),
            (
                "https://id.example/realms/a",
                "https://id.example/.well-known/oauth-authorization-server/realms/a",
            ),
        ] {
            let urls = urls(issuer, &Arc::default()).expect(issuer);
            let urls = urls.iter().map(ToString::to_string).collect::<Vec<_>>();
            let base = issuer.trim_end_matches('/');
            assert_eq!(urls, [format!("{base}{OPENID}"), oauth.to_owned()]);
            assert_eq!(issuer_of(oauth), base);
            assert_eq!(issuer_of(&format!("{base}{OPENID}")), base);
            assert_eq!(issuer_of(issuer), issuer);
        }
    }
}
