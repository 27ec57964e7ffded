//! Issuers as they are found and configured, tested from outside.

use serde_json::{Value, json};

use super::client::{ask, code, token};
use super::issuer::{Asked, IssuerServer, ok};
use super::signer::Signer;
use crate::support::{TestServer, claims_of, lkt, now};

fn identity(server: &TestServer, token: &str) -> String {
    let answer = ask(server, token, "{}");
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    let claims = serde_json::from_str::<Value>(&claims_of(&answer.token())).expect("JSON");
    claims["sub"].as_str().expect("a text").to_owned()
}

fn not_found() -> String {
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned()
}

/// OpenAuth and other servers that speak OAuth alone have no OpenID document.
#[test]
fn an_issuer_may_have_the_metadata_of_oauth_alone() {
    let signer = Signer::ed25519();
    let jwks = json!({"keys": [signer.jwk("a")]}).to_string();
    let server = IssuerServer::start(|_| not_found());
    let (url, issuer) = (server.url(""), server.url("/tenant"));
    let metadata = json!({"issuer": issuer, "jwks_uri": format!("{url}/keys")}).to_string();
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nLocation: ../jwks?v=1\r\n\
                    Content-Length: 0\r\n\r\n";
    server.answer(move |asked: &Asked| match asked.path.as_str() {
        "/.well-known/oauth-authorization-server/tenant" => ok(&metadata),
        "/keys" => redirect.to_owned(),
        "/jwks?v=1" => ok(&jwks),
        _ => not_found(),
    });
    let good = token(&signer, "a", &issuer, &json!({}));
    // The URL of the metadata stands for the issuer.
    for pasted in [
        issuer.clone(),
        format!("{issuer}/.well-known/openid-configuration"),
        format!("{url}/.well-known/oauth-authorization-server/tenant"),
    ] {
        let started = TestServer::start(&format!("--auth-issuer {pasted} --auth-audience lkt"));
        assert_eq!(identity(&started, &good), "ada", "{pasted}");
        let check = format!("check --auth-issuer {pasted} --auth-audience lkt --auth-token t");
        lkt(&check).file("t", &good).succeeds();
    }
    let said = lkt(&format!("check --auth-issuer {url}/other")).fails(1);
    let absent = format!(
        "there is nothing at `{url}/other/.well-known/openid-configuration` and \
         `{url}/.well-known/oauth-authorization-server/other`"
    );
    assert!(said.contains(&absent), "{said}");
}

/// simplejwt, Flask-JWT-Extended and fastapi-users write no `iss`, and simplejwt no `sub`.
#[test]
fn a_backends_own_tokens_are_those_of_an_issuer_without_a_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secret");
    std::fs::write(&file, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n").expect("writes");
    let signer = Signer::Secret(b"0123456789abcdef0123456789abcdef".to_vec());
    let sign = |claims: Value| signer.token(r#"{"alg":"HS512"}"#, &claims.to_string());
    let access = sign(json!({"token_type": "access", "exp": now() + 60, "user_id": 5}));
    let refresh = sign(json!({"token_type": "refresh", "exp": now() + 60, "user_id": 5}));
    let flags = format!(
        "--auth-no-issuer --auth-secret-file base64:{} --auth-claim token_type=access \
         --auth-user-claim user_id",
        file.display()
    );
    let server = TestServer::start(&flags);
    assert_eq!(identity(&server, &access), "5");
    server.wait_for_log("sub=\"5\"");
    assert_eq!(code(&ask(&server, &refresh, "{}")), (401, "claim_denied"));
    let output = lkt(&format!("check {flags} --auth-token t")).file("t", access).output();
    let said = String::from_utf8_lossy(&output.stdout);
    let none = "issuer   (none: logins without iss)";
    assert!(said.contains(none) && said.contains("good: user_id 5"), "{said}");
}

#[test]
fn a_secret_says_in_which_form_it_is() {
    let check = |form: &str, bytes: &[u8]| {
        let flags = format!("check --auth-issuer i --auth-secret-file {form}s");
        lkt(&flags).file("s", bytes)
    };
    for (form, bytes) in [
        ("", &b"text\n"[..]),
        ("text:", b"text"),
        ("base64:", b"dGV4dA"),
        ("hex:", b"74657874\n"),
        ("raw:", b"\xff\x00\n"),
    ] {
        let output = check(form, bytes).output();
        assert!(output.status.success(), "{form} {output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("a shared secret: HS256, HS384, HS512"), "{said}");
    }
    for (form, bytes, error, help) in [
        ("", &b"\xff\x00"[..], "`s` is not text in UTF-8", "write raw:s if"),
        ("base64:", b"it's", "`s` is not base64", "give the file without its form"),
        ("hex:", b"0x41", "`s` is not hexadecimal", "give the file without its form"),
        ("raw:", b"", "`s` is empty", "put the issuer's secret into it"),
    ] {
        let output = check(form, bytes).output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(error) && said.contains(help), "{said}");
    }
}
