//! Mistakes of whoever runs the issuer or the server: they are told, and not the client.

use serde_json::{Value, json};

use super::client::{ask, code, token};
use super::issuer::IssuerServer;
use super::signer::Signer;
use crate::support::TestServer;

/// A server with an issuer, and its logins.
struct Office {
    server: TestServer,
    signer: Signer,
    /// It serves the keys as long as it lives.
    _issuer: IssuerServer,
    url: String,
}

impl Office {
    fn new(flags: &str) -> Self {
        let signer = Signer::ed25519();
        let keys = json!({"keys": [signer.jwk("a")]}).to_string();
        let issuer = IssuerServer::with_keys(&keys);
        let url = issuer.url("");
        let server = TestServer::start(&format!("--auth-issuer {url} {flags}"));
        Self { server, signer, _issuer: issuer, url }
    }

    /// Sends a login. Returns the code of the refusal, and its hint.
    fn refused(&self, login: &Value) -> (String, String) {
        let answer = ask(&self.server, &token(&self.signer, "a", &self.url, login), "{}");
        let body = serde_json::from_slice::<Value>(&answer.body).expect("JSON");
        (code(&answer).1.to_owned(), body["hint"].as_str().expect("a hint").to_owned())
    }
}

const WARNING: &str = "another login does not help";

#[test]
fn a_claim_of_the_wrong_form_is_no_reason_to_log_in_again() {
    let office = Office::new("--auth-audience lkt --set participant_metadata={claim.org}");
    let setup = "set up the issuer to write a text, a number, a boolean or a list of one, or have this \
                 server use another claim";
    let account = "log in with an account that has it, or set up the issuer to write it";
    for (org, hint) in [
        (json!(["a", "b"]), setup),
        (json!({"id": "a"}), setup),
        (json!(""), account),
        (json!(null), account),
    ] {
        let refused = office.refused(&json!({"org": org}));
        assert_eq!(refused, ("claim_missing".to_owned(), hint.to_owned()), "{org}");
    }
}

#[test]
fn what_only_an_operator_can_correct_is_logged_once_with_the_way_out() {
    let office = Office::new("--auth-audience lkt");
    let hint = "set up the issuer to write the claim, or choose another claim as the person here";
    for _ in 0..3 {
        let refused = office.refused(&json!({"sub": ""}));
        assert_eq!(refused, ("claim_denied".to_owned(), hint.to_owned()));
    }
    // A person's own mistake is in the line of the request alone.
    assert_eq!(office.refused(&json!({"exp": 1})).0, "token_expired");
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.contains("token_expired")) {
        lines.push(office.server.wait_for_log(""));
    }
    let warnings = lines.iter().filter(|line| line.contains(WARNING)).collect::<Vec<_>>();
    assert_eq!(warnings.len(), 1, "{lines:?}");
    assert!(warnings[0].contains("WARN") && warnings[0].contains(hint), "{warnings:?}");
}

#[test]
fn one_mistake_of_the_setup_does_not_hide_another() {
    let office = Office::new("--auth-audience lkt --set participant_metadata={claim.org}");
    for _ in 0..2 {
        assert_eq!(office.refused(&json!({"sub": ""})).0, "claim_denied");
        assert_eq!(office.refused(&json!({"aud": []})).0, "wrong_audience");
        assert_eq!(office.refused(&json!({"org": ["a", "b"]})).0, "claim_missing");
    }
    assert_eq!(office.refused(&json!({"exp": 1})).0, "token_expired");
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.contains("token_expired")) {
        lines.push(office.server.wait_for_log(""));
    }
    let warnings = lines.iter().filter(|line| line.contains(WARNING)).collect::<Vec<_>>();
    assert_eq!(warnings.len(), 3, "{lines:?}");
    for code in ["claim_denied", "wrong_audience", "claim_missing"] {
        assert!(warnings.iter().any(|line| line.contains(code)), "{code}: {warnings:?}");
    }
}

#[test]
fn an_issuer_of_another_name_is_logged_with_the_way_out() {
    let signer = Signer::ed25519();
    let issuer = IssuerServer::with_keys(&json!({"keys": [signer.jwk("a")]}).to_string());
    // Discovery is found with the slash too, and names the issuer without it.
    let url = format!("{}/", issuer.url(""));
    let server = TestServer::start(&format!("--auth-issuer {url} --auth-audience lkt"));
    let line = server.wait_for_log("cannot fetch the keys");
    for part in ["ERROR", "is of the issuer", "the issuer must be exactly as in the tokens' `iss`"]
    {
        assert!(line.contains(part), "{line}");
    }
}
