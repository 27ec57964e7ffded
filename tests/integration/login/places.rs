//! Where a login token is, who it names, and what it need not have.

use std::sync::Arc;

use lkt::endpoint::Endpoint;
use lkt::endpoint::login::{Issuer, KeySet};
use serde_json::{Value, json};

use super::signer::Signer;
use super::{ISSUER, ask, ask_with, claims, endpoint, key_set, minted, outcome};

/// An endpoint, its issuer's keys, and a valid token.
fn setup() -> (Endpoint, Arc<KeySet>, String) {
    let signer = Signer::ed25519();
    let token = signer.token(r#"{"alg":"EdDSA"}"#, &claims(&json!({})));
    (endpoint(), key_set(&[signer.jwk("")]), token)
}

#[test]
fn a_token_may_be_in_a_header_of_its_own() {
    let (mut endpoint, keys, token) = setup();
    endpoint.callers.places.header = Some("x-assertion".parse().expect("a name"));
    let (bearer, lower) = (format!("Bearer {token}"), format!("bearer  {token}"));
    for headers in [
        &[("x-assertion", token.as_str())][..],
        &[("x-assertion", &bearer)],
        &[("x-assertion", &lower)],
        &[("authorization", &bearer)],
        // The proxy's header comes first.
        &[("x-assertion", &token), ("authorization", "Bearer other")],
    ] {
        minted(&ask_with(&endpoint, &keys, headers, "{}"));
    }
    for headers in [
        &[][..],
        &[("x-assertion", "")],
        &[("x-assertion", "Bearer")],
        &[("x-assertion", "other"), ("authorization", &bearer)],
        &[("x-assertion", &token), ("x-assertion", &token)],
    ] {
        let answer = ask_with(&endpoint, &keys, headers, "{}");
        assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()), "{headers:?}");
    }
}

#[test]
fn a_token_may_be_in_a_cookie() {
    let (mut endpoint, keys, token) = setup();
    endpoint.callers.places.cookie = Some("session".to_owned());
    let bearer = format!("Bearer {token}");
    let cookie = format!("a=b; session={token};c=d");
    let (quoted, twice) = (format!("session=\"{token}\""), format!("{cookie}; session={token}"));
    let tossed = format!("session=other; session={token}");
    for headers in [
        &[("cookie", cookie.as_str())][..],
        &[("cookie", &quoted)],
        &[("cookie", &twice)],
        &[("cookie", "a=b"), ("cookie", &cookie)],
        &[("authorization", &bearer), ("cookie", "session=other")],
    ] {
        minted(&ask_with(&endpoint, &keys, headers, "{}"));
    }
    for headers in [
        &[("cookie", "a=b")][..],
        &[("cookie", "session=")],
        &[("cookie", "session=other")],
        &[("cookie", "Session=eyJ")],
        &[("cookie", &tossed)],
        &[("cookie", &cookie), ("cookie", "session=other")],
    ] {
        let answer = ask_with(&endpoint, &keys, headers, "{}");
        assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()), "{headers:?}");
    }
    // Pages of other origins cannot use a visitor's cookie.
    let headers = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    let mut request = http::Request::post("/getToken").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let std::ops::ControlFlow::Break(answer) = endpoint.admit(&head, Some(2)) else {
        panic!("admitted")
    };
    assert_eq!(outcome(&answer), (403, "origin_denied".to_owned()));
}

#[test]
fn another_claim_may_name_the_person() {
    let signer = Signer::ed25519();
    let keys = key_set(&[signer.jwk("")]);
    let mut endpoint = endpoint();
    endpoint.callers.issuers[0].user = "user.id".parse().expect("a path");
    let answer = |user: Value| {
        let claims = claims(&json!({"sub": null, "user": {"id": user}}));
        ask(&endpoint, &keys, &signer.token(r#"{"alg":"EdDSA"}"#, &claims), "{}")
    };
    for user in [json!("ada"), json!(7), json!(u64::MAX), json!(-7)] {
        minted(&answer(user));
    }
    for user in [json!(""), json!(7.5), json!(1e20), json!(true), json!(["ada"]), json!({})] {
        assert_eq!(outcome(&answer(user)), (401, "claim_denied".to_owned()));
    }
}

#[test]
fn only_an_issuer_without_a_name_has_tokens_without_iss() {
    let signer = Signer::ed25519();
    let keys = key_set(&[signer.jwk("")]);
    let mut unnamed = endpoint();
    unnamed.callers.issuers = vec![Issuer::new("")];
    unnamed.callers.issuers[0].audiences = vec!["lkt".to_owned()];
    let token = |changes: &Value| signer.token(r#"{"alg":"EdDSA"}"#, &claims(changes));
    let none = token(&json!({"iss": null}));
    minted(&ask(&unnamed, &keys, &none, "{}"));
    assert_eq!(outcome(&ask(&endpoint(), &keys, &none, "{}")), (401, "wrong_issuer".to_owned()));
    for iss in [json!(ISSUER), json!(""), json!([])] {
        let answer = ask(&unnamed, &keys, &token(&json!({"iss": iss})), "{}");
        assert_eq!(outcome(&answer), (401, "wrong_issuer".to_owned()), "{iss}");
    }
}

#[test]
fn a_name_that_is_too_long_is_cut_and_lists_allow_each_of_their_rooms() {
    use lkt::endpoint::{Field, RoomPattern, When};
    let (mut endpoint, signer) = (endpoint(), Signer::ed25519());
    let keys = key_set(&[signer.jwk("")]);
    let set = endpoint.rules.fields.set(Field::ParticipantName, "{claim.name}", When::Login);
    set.expect("a rule");
    let pattern = RoomPattern::new("{claim.organization}/*").expect("a pattern");
    endpoint.policy.rooms = vec![pattern];
    let changes = json!({"name": "é".repeat(200), "organization": ["acme", "*", "lab"]});
    let token = signer.token(r#"{"alg":"EdDSA"}"#, &claims(&changes));
    for (room, status) in [("acme/a", 201), ("lab/b", 201), ("*/c", 201), ("other/a", 403)] {
        let body = json!({"room_name": room}).to_string();
        let answer = ask(&endpoint, &keys, &token, &body);
        assert_eq!(outcome(&answer).0, status, "{room}");
        if status == 201 {
            assert_eq!(minted(&answer)["name"], "é".repeat(128));
        }
    }
}
