//! Claims that are larger than a LiveKit server accepts.

use std::sync::Arc;

use lkt::endpoint::login::KeySet;
use lkt::endpoint::{Answer, Endpoint, Field, Outcome, When};
use serde_json::{Value, json};

use super::client::token;
use super::issuer::IssuerServer;
use super::signer::Signer;
use super::{ask, claims, endpoint, key_set, minted};
use crate::support::{TestServer, lkt};

struct Office {
    endpoint: Endpoint,
    signer: Signer,
    keys: Arc<KeySet>,
}

impl Office {
    fn new(rules: &[(Field, &str, When)]) -> Self {
        let (mut endpoint, signer) = (endpoint(), Signer::ed25519());
        for (field, text, when) in rules {
            endpoint.rules.fields.set(*field, text, *when).expect(text);
        }
        let keys = key_set(&[signer.jwk("")]);
        Self { endpoint, signer, keys }
    }

    fn ask(&self, login: &Value) -> Answer {
        let token = self.signer.token(r#"{"alg":"EdDSA"}"#, &claims(login));
        ask(&self.endpoint, &self.keys, &token, "{}")
    }
}

#[test]
fn a_claim_that_a_field_must_have_is_not_blamed_on_the_client() {
    let long = "a".repeat(300);
    for (field, text, login, error) in [
        (
            Field::ParticipantName,
            "{claim.name}",
            json!({"name": long}),
            "`participant_name` is made from `claim.name` and has 300 bytes; a LiveKit server accepts at \
             most 256",
        ),
        (
            Field::ParticipantIdentity,
            "{claim.org.id|claim.org}/{claim.sub}",
            json!({"org": long}),
            "`participant_identity` is made from `claim.org.id|claim.org` and `claim.sub` and has 304 \
             bytes; a LiveKit server accepts at most 256",
        ),
        (
            Field::ParticipantAttributes,
            r#"{"bio":"{claim.bio}"}"#,
            json!({"bio": long}),
            "`participant_attributes` is made from `claim.bio` and has 303 bytes; a LiveKit server \
             accepts at most 302",
        ),
    ] {
        let mut office = Office::new(&[(field, text, When::Always)]);
        // The usual limit is larger than a login may be.
        office.endpoint.rules.limits.attributes = 302;
        let answer = office.ask(&login);
        let Outcome::Refused(refusal) = answer.outcome else {
            panic!("{field}: {:?}", answer.outcome)
        };
        let found = (refusal.code.as_str(), refusal.error.as_str(), refusal.field.as_deref());
        assert_eq!(found, ("claim_missing", error, Some(field.to_string().as_str())));
        assert_eq!(
            refusal.hint,
            "shorten it where the login comes from, or have this server make the field from something else"
        );
    }
}

#[test]
fn a_name_that_nobody_demands_is_cut_at_a_character() {
    let mut office = Office::new(&[(Field::ParticipantName, "{claim.name}", When::Login)]);
    for (name, kept, cut) in [
        ("a".repeat(256), "a".repeat(256), None),
        ("a".repeat(257), "a".repeat(256), Some(257)),
        ("ü".repeat(150), "ü".repeat(128), Some(300)),
        (format!("a{}", "😀".repeat(64)), format!("a{}", "😀".repeat(63)), Some(257)),
    ] {
        let answer = office.ask(&json!({"name": name}));
        assert_eq!(minted(&answer)["name"], kept);
        let Outcome::Minted(minted) = &answer.outcome else { panic!("{:?}", answer.outcome) };
        assert_eq!(minted.cut_name, cut, "{name}");
    }
    // A server that is configured to accept more gets more.
    office.endpoint.rules.limits.name = 300;
    assert_eq!(minted(&office.ask(&json!({"name": "a".repeat(300)})))["name"], "a".repeat(300));
}

#[test]
fn the_log_says_that_a_name_was_cut() {
    let signer = Signer::ed25519();
    let keys = json!({"keys": [signer.jwk("a")]}).to_string();
    let issuer = IssuerServer::with_keys(&keys);
    let url = issuer.url("");
    let server = TestServer::start(&format!("--auth-issuer {url} --auth-audience lkt"));
    let login = token(&signer, "a", &url, &json!({"name": "n".repeat(300)}));
    assert_eq!(super::client::ask(&server, &login, "{}").status, 201);
    let line = server.wait_for_log("cut_name=300");
    assert!(!line.contains("nnn"), "{line}");
}

#[test]
fn check_says_what_serve_does_with_claims_that_are_too_long() {
    let signer = Signer::ed25519();
    let keys = json!({"keys": [signer.jwk("a")]}).to_string();
    let issuer = IssuerServer::with_keys(&keys);
    let url = issuer.url("");
    let flags = format!("--auth-issuer {url} --auth-audience lkt");
    let server = TestServer::start(&flags);
    let check = |login: &str| {
        lkt(&format!("check {flags} --auth-token t --json")).file("t", login).output()
    };
    let report = |login: &str| serde_json::from_slice::<Value>(&check(login).stdout).expect("JSON");

    let login = token(&signer, "a", &url, &json!({"name": "n".repeat(300)}));
    assert_eq!(super::client::ask(&server, &login, "{}").status, 201);
    assert_eq!(
        (report(&login)["ok"].clone(), report(&login)["cut_name"].clone()),
        (json!(true), json!(300))
    );
    let text = lkt(&format!("check {flags} --auth-token t")).file("t", &login).succeeds();
    let note = "note     its name has 300 bytes; a LiveKit server accepts 256, so only its beginning is used";
    assert!(text.contains(note), "{text}");

    let login = token(&signer, "a", &url, &json!({"sub": "s".repeat(300)}));
    let answer = super::client::ask(&server, &login, "{}");
    let body = serde_json::from_slice::<Value>(&answer.body).expect("JSON");
    let (checked, report) = (check(&login), report(&login));
    assert_eq!((answer.status, checked.status.code()), (403, Some(1)));
    assert_eq!((&report["code"], &report["error"]), (&json!("claim_missing"), &body["error"]));
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(said.contains("help: `lkt serve` answers 403 `claim_missing` to it"), "{said}");
}
