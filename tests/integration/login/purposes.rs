//! JWTs that an issuer signs for another purpose than a login: with the right keys, issuer, audience
//! and person, and still no logins.

use serde_json::{Value, json};

use super::signer::Signer;
use super::{ask, ask_with, claims, endpoint, key_set, outcome};

/// What is said of a token with this `typ` and these claims. `None` if it is a login.
fn said(typ: Option<&str>, changes: &Value) -> Option<String> {
    let signer = Signer::p256();
    let mut header = json!({"alg": "ES256", "kid": "a"});
    if let Some(typ) = typ {
        header["typ"] = typ.into();
    }
    let token = signer.token(&header.to_string(), &claims(changes));
    let answer = ask(&endpoint(), &key_set(&[signer.jwk("a")]), &token, "{}");
    if answer.response.status().is_success() {
        return None;
    }
    assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()));
    let body = serde_json::from_slice::<Value>(answer.response.body()).expect("JSON");
    Some(body["error"].as_str().expect("a text").to_owned())
}

#[test]
fn a_token_whose_type_is_for_another_purpose_is_no_login() {
    for (typ, what) in [
        ("logout+jwt", "a logout token"),
        ("LOGOUT+JWT", "a logout token"),
        ("application/logout+jwt", "a logout token"),
        ("secevent+jwt", "a security event"),
        ("dpop+jwt", "a DPoP proof"),
        ("refresh+jwt", "a refresh token"),
        ("userinfo+jwt", "an answer about a user"),
        ("token-introspection+jwt", "an answer about a token"),
        ("oauth-authz-req+jwt", "a request to log in"),
        ("client-authentication+jwt", "an app's proof of itself"),
        ("oauth-client-attestation+jwt", "an app's proof of itself"),
        ("dc+sd-jwt", "a verifiable credential"),
        ("vc+jwt", "a verifiable credential"),
        ("entity-statement+jwt", "a statement of a federation"),
    ] {
        let expected = format!("this is {what}, and not a login token");
        assert_eq!(said(Some(typ), &json!({})), Some(expected), "{typ}");
    }
}

#[test]
fn types_of_logins_and_those_that_backends_invent_are_logins() {
    for typ in [
        "JWT",
        "jwt",
        "at+jwt",
        "application/at+jwt",
        "AT+JWT",
        "id_token+jwt",
        "access",
        "",
        "x+jwt",
    ] {
        assert_eq!(said(Some(typ), &json!({})), None, "{typ}");
    }
    assert_eq!(said(None, &json!({})), None);
}

#[test]
fn a_logout_token_is_known_by_its_event_where_the_issuer_writes_no_type() {
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let revoked = json!({"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {"reason": 1}});
    let expected = |what: &str| Some(format!("this is {what}, and not a login token"));
    for typ in [None, Some("JWT")] {
        assert_eq!(said(typ, &json!({"events": logout})), expected("a logout token"));
        assert_eq!(said(typ, &json!({"events": revoked})), expected("a security event"));
    }
    // An app's own claim of that name.
    for events in
        [json!({}), json!({"standup": 1}), json!(["https://a.example"]), json!("a"), json!(5)]
    {
        assert_eq!(said(None, &json!({"events": events})), None, "{events}");
    }
}

#[test]
fn a_credential_without_a_type_is_known_by_its_claim() {
    // As did-jwt-vc 4.0.16 writes it, with the type `JWT`.
    let vc =
        json!({"vc": {"type": ["VerifiableCredential"], "credentialSubject": {"degree": "x"}}});
    let vp = json!({"vp": {"type": ["VerifiablePresentation"], "verifiableCredential": ["eyJh"]}});
    for claims in [vc, vp] {
        let expected = "this is a verifiable credential, and not a login token".to_owned();
        assert_eq!(said(Some("JWT"), &claims), Some(expected), "{claims}");
    }
    // An app's own claims of these names.
    for claims in [json!({"vc": "a"}), json!({"vc": {"id": 1}}), json!({"vp": [1]})] {
        assert_eq!(said(Some("JWT"), &claims), None, "{claims}");
    }
}

#[test]
fn a_credential_with_what_it_discloses_is_no_login() {
    let signer = Signer::p256();
    let token = signer.token(r#"{"alg":"ES256","kid":"a"}"#, &claims(&json!({})));
    let keys = key_set(&[signer.jwk("a")]);
    for disclosed in ["~", "~WyJzYWx0IiwiYSIsMV0~", "~WyJzYWx0IiwiYSIsMV0~eyJh.eyJh.c2ln"] {
        let answer = ask(&endpoint(), &keys, &format!("{token}{disclosed}"), "{}");
        let body = String::from_utf8_lossy(answer.response.body());
        assert!(body.contains("this is a verifiable credential, and not a login token"), "{body}");
    }
}

#[test]
fn a_token_that_is_bound_to_a_key_is_a_login_as_a_bearer_token_alone() {
    // RFC 9449, section 7.2: so it is for a server that does not know DPoP.
    let bound = json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}});
    assert_eq!(said(Some("at+jwt"), &bound), None);
    let answer =
        ask_with(&endpoint(), &key_set(&[]), &[("authorization", "DPoP eyJh.eyJh.c2ln")], "{}");
    let body = serde_json::from_slice::<Value>(answer.response.body()).expect("JSON");
    assert_eq!(
        body["error"],
        "the login token cannot be read: `Authorization` must be one line, `Bearer` and a token"
    );
    assert_eq!(
        body["hint"],
        "send the login's token as `Authorization: Bearer`, also one that is bound to a key (DPoP)"
    );
}
