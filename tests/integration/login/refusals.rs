//! What is said of each login that is refused: the table in `docs/login-refusals.md`.

use std::sync::Arc;

use lkt::endpoint::login::{ClaimCheck, KeySet, SharedSecret};
use lkt::endpoint::{Answer, Endpoint, Field, Refusal, When};
use serde_json::{Value, json};

use super::signer::{Signer, encode};
use super::{NOW, ask, ask_with, claims, endpoint, key_set};

const HEAD: &str = "\
# Refused logins

What `lkt serve` answers to a login that it does not accept, and what to do. `lkt check --auth-token` says the same.
[logins.md](logins.md) has the options. A test compares this file with the program
(`LKT_WRITE_DOCS=1 cargo test --test integration refusals` writes it).

| code | message | what to do |
| --- | --- | --- |
";

/// The table's line of an answer.
fn line(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(answer.response.body());
    let body = serde_json::from_str::<Value>(&body).expect("JSON");
    let text = |name: &str| body[name].as_str().expect("a text").replace('|', "\\|");
    format!("| `{}` | {} | {} |\n", text("code"), text("error"), text("hint"))
}

/// The lines of tokens of an issuer with public keys.
fn of_public_keys(lines: &mut Vec<String>) {
    let (signer, rsa) = (Signer::p256(), Signer::rsa());
    let keys = key_set(&[signer.jwk("a"), rsa.jwk("r")]);
    let mut endpoint = endpoint();
    let check = |text: &str| text.parse::<ClaimCheck>().expect(text);
    endpoint.callers.issuers[0].checks = vec![check("azp=app")];
    let mut add = |text: &str| lines.push(line(&ask(&endpoint, &keys, text, "{}")));
    let header = |text: &str| signer.token(text, &claims(&json!({"azp": "app"})));
    for text in ["undefined", "[object Object]", "\"eyJ\"", "{\"access_token\":\"eyJ\"}"] {
        add(text);
    }
    for text in ["ory_at_abc.def", "eyJh.eyJh", "eyJh!.b.c", "eyJh.b.c", "eyJh.b.c.d.e"] {
        add(text);
    }
    add(&format!("eyJ{}", "h".repeat(17_000)));
    for text in [
        r#"{"kid":"a"}"#,
        r#"{"alg":5}"#,
        r#"{"alg":"none"}"#,
        r#"{"alg":"ES256K"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"ES512","kid":"a"}"#,
        r#"{"alg":"ES256","kid":5}"#,
        r#"{"alg":"ES256","typ":5}"#,
        r#"{"alg":"ES256","crit":["x"]}"#,
        r#"{"alg":"ES256","typ":"logout+jwt"}"#,
        r#"{"alg":"ES256","kid":"b"}"#,
        r#"{"alg":"EdDSA","kid":"b"}"#,
    ] {
        add(&header(text));
    }
    let token = header(r#"{"alg":"ES256","kid":"a"}"#);
    let (message, _) = token.rsplit_once('.').expect("three parts");
    add(&format!("{message}.{}", encode([1; 64])));
    add(&format!("{message}.!"));
    add(&format!("{token}=="));
    add(&token.replacen('.', ".!", 1));
    add(&signer.token(r#"{"alg":"ES256"}"#, r#"{"iss":"a","iss":"b"}"#));
    for changes in [
        json!({"iss": null}),
        json!({"iss": ["a"]}),
        json!({"iss": "https://other.example"}),
        json!({"exp": NOW - 100}),
        json!({"nbf": NOW + 90}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"aud": null}),
        json!({"aud": []}),
        json!({"aud": ["account", "other"]}),
        json!({"aud": 5}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": ["ada"]}),
        json!({"azp": "other"}),
        json!({}),
    ] {
        add(&signer.token(r#"{"alg":"ES256","kid":"a"}"#, &claims(&changes)));
    }
    for headers in [&[][..], &[("authorization", "Basic YTpi")]] {
        lines.push(line(&ask_with(&endpoint, &keys, headers, "{}")));
    }
}

/// The lines of logins in a header or a cookie of their own.
fn of_places(lines: &mut Vec<String>) {
    let (mut endpoint, keys) = (endpoint(), Arc::new(KeySet::default()));
    endpoint.callers.places.header = "x-login".parse().ok();
    endpoint.callers.places.cookie = Some("login".to_owned());
    for headers in [
        &[("x-login", "a"), ("x-login", "b")][..],
        &[("x-login", "Bearer ")],
        &[("cookie", "login=a; login=b")],
    ] {
        lines.push(line(&ask_with(&endpoint, &keys, headers, "{}")));
    }
}

/// The lines of genuine logins from which no token can be made.
fn of_fields(lines: &mut Vec<String>) {
    let signer = Signer::ed25519();
    let keys = key_set(&[signer.jwk("a")]);
    for (field, text) in
        [(Field::ParticipantMetadata, "{claim.org}"), (Field::ParticipantIdentity, "{claim.sub}")]
    {
        let mut endpoint = endpoint();
        endpoint.rules.fields.set(field, text, When::Always).expect(text);
        for changes in [
            json!({"sub": "ada"}),
            json!({"org": ""}),
            json!({"org": ["a", "b"]}),
            json!({"org": {"id": 1}}),
            json!({"sub": "a".repeat(300)}),
        ] {
            let token = signer.token(r#"{"alg":"EdDSA","kid":"a"}"#, &claims(&changes));
            let answer = ask(&endpoint, &keys, &token, "{}");
            if !answer.response.status().is_success() {
                lines.push(line(&answer));
            }
        }
    }
}

/// The lines of tokens of an issuer with a shared secret.
fn of_a_secret(lines: &mut Vec<String>) {
    let (mut endpoint, keys): (Endpoint, _) = (endpoint(), Arc::new(KeySet::default()));
    endpoint.callers.issuers[0].secret = SharedSecret::from_text("secret").ok();
    endpoint.callers.issuers[0].secret_only = true;
    let other = Signer::Secret(b"other".to_vec());
    for (signer, header) in
        [(&other, r#"{"alg":"HS256"}"#), (&Signer::p256(), r#"{"alg":"ES256"}"#)]
    {
        let token = signer.token(header, &claims(&json!({})));
        lines.push(line(&ask(&endpoint, &keys, &token, "{}")));
    }
}

#[test]
fn every_refusal_says_what_is_wrong_and_what_to_do() {
    let mut lines = Vec::new();
    of_public_keys(&mut lines);
    of_a_secret(&mut lines);
    of_places(&mut lines);
    of_fields(&mut lines);
    let head = http::Request::post("/getToken").body(()).expect("a request").into_parts().0;
    lines.push(line(&endpoint().refuse(&head, Refusal::keys_unavailable(5))));
    let mut table = HEAD.to_owned();
    for line in lines {
        if !table.contains(&line) {
            table.push_str(&line);
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/login-refusals.md");
    if std::env::var_os("LKT_WRITE_DOCS").is_some() {
        std::fs::write(file, &table).expect("writes");
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == table, "run LKT_WRITE_DOCS=1 cargo test --test integration refusals\n{table}");
}
