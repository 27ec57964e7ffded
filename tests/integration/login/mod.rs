//! Logins: tests of who is asking.

mod client;
mod denied;
mod forged;
mod forged_mixed;
pub(crate) mod issuer;
mod issuers;
mod key_sets;
mod pasted;
mod places;
mod precedence;
mod purposes;
mod refusals;
mod rules;
mod serve;
mod setup;
pub(crate) mod signer;
mod sizes;

use std::ops::ControlFlow;
use std::sync::Arc;

use http::{Request, StatusCode};
use lkt::endpoint::login::{Issuer, KeySet, SharedSecret};
use lkt::endpoint::{Answer, Endpoint, Identified};
use serde_json::{Value, json};
use signer::Signer;

/// The time of these tests, in seconds since the epoch.
pub(crate) const NOW: u64 = 1_795_490_239;

pub(crate) const ISSUER: &str = "https://idp.example";

/// An endpoint that accepts logins of [`ISSUER`] for the audience `lkt`.
pub(crate) fn endpoint() -> Endpoint {
    let mut endpoint = crate::endpoint::endpoint();
    let mut issuer = Issuer::new(ISSUER);
    issuer.audiences = vec!["lkt".to_owned()];
    endpoint.callers.issuers = vec![issuer];
    endpoint
}

pub(crate) fn key_set(keys: &[Value]) -> Arc<KeySet> {
    let jwks = json!({"keys": keys}).to_string();
    Arc::new(KeySet::from_jwks(jwks.as_bytes()).expect("a JWKS"))
}

/// Valid claims with changes. `null` removes a claim.
pub(crate) fn claims(changes: &Value) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": "lkt", "sub": "ada", "iat": NOW, "exp": NOW + 300,
    });
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims.to_string()
}

/// Asks with a login token, as `lkt serve` does when it has these keys.
pub(crate) fn ask(endpoint: &Endpoint, keys: &Arc<KeySet>, token: &str, body: &str) -> Answer {
    ask_with(endpoint, keys, &[("authorization", &format!("Bearer {token}"))], body)
}

pub(crate) fn ask_with(
    endpoint: &Endpoint,
    keys: &Arc<KeySet>,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    ask_with_verdict(endpoint, keys, headers, body, "{}")
}

/// Asks like [`ask_with`], with a backend that answers 200 with this body.
pub(crate) fn ask_with_verdict(
    endpoint: &Endpoint,
    keys: &Arc<KeySet>,
    headers: &[(&str, &str)],
    body: &str,
    said: &str,
) -> Answer {
    let mut request = Request::post("/getToken").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let length = Some(body.len() as u64);
    let ControlFlow::Continue(admitted) = endpoint.admit(&head, length) else {
        panic!("not admitted")
    };
    let caller = match endpoint.identify(&head, true, &[Some(Arc::clone(keys))], NOW) {
        ControlFlow::Break(answer) => return answer,
        ControlFlow::Continue(Identified::Caller(caller)) => caller,
        ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
            return endpoint.refuse(&head, needed.refusal(5));
        }
    };
    let mut parsed = match endpoint.parse(admitted, caller, &head, body.as_bytes()) {
        ControlFlow::Break(answer) => return answer,
        ControlFlow::Continue(parsed) => parsed,
    };
    match endpoint.decide(&mut parsed, StatusCode::OK, said.as_bytes()) {
        Ok(()) => endpoint.answer(parsed, &head, NOW),
        Err(no) => endpoint.refuse_parsed(&parsed, &head, no),
    }
}

/// Status and code of an answer.
pub(crate) fn outcome(answer: &Answer) -> (u16, String) {
    let code = answer.response.headers().get("lkt-error");
    let code = code.map_or("", |code| code.to_str().expect("text"));
    (answer.response.status().as_u16(), code.to_owned())
}

/// The claims of the token in an answer.
pub(crate) fn minted(answer: &Answer) -> Value {
    let body = String::from_utf8_lossy(answer.response.body());
    assert!(answer.response.status().is_success(), "{body}");
    let body = serde_json::from_str::<Value>(&body).expect("JSON");
    let token = body["participant_token"].as_str().expect("a token");
    serde_json::from_str(&crate::support::claims_of(token)).expect("JSON")
}

#[test]
fn every_algorithm_is_verified() {
    let signers = [
        (Signer::rsa(), &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..]),
        (Signer::p256(), &["ES256"]),
        (Signer::p384(), &["ES384"]),
        (Signer::p521(), &["ES512"]),
        (Signer::ed25519(), &["EdDSA", "Ed25519"]),
    ];
    let jwks = signers.iter().map(|(signer, names)| signer.jwk(names[0])).collect::<Vec<_>>();
    let (endpoint, keys) = (endpoint(), key_set(&jwks));
    for (signer, names) in &signers {
        for name in *names {
            // With `kid` and without. Without it, each key of the right type is tried.
            for header in [json!({"alg": name, "kid": names[0]}), json!({"alg": name})] {
                let token = signer.token(&header.to_string(), &claims(&json!({})));
                let minted = minted(&ask(&endpoint, &keys, &token, "{}"));
                assert_eq!(minted["video"]["roomJoin"], true, "{name}");
            }
        }
    }
}

#[test]
fn a_person_is_known_by_issuer_and_subject_or_by_the_proxys_word() {
    let (signer, name) = (Signer::ed25519(), "x-user");
    let keys = [Some(key_set(&[signer.jwk("")]))];
    let with_logins = endpoint();
    let mut with_proxy = crate::endpoint::endpoint();
    with_proxy.callers.proxy_header = Some(name.parse().expect("a name"));
    with_proxy.callers.guests = true;
    let asker = |endpoint: &Endpoint, headers: &[(&str, &str)]| {
        let mut request = Request::post("/getToken");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        match endpoint.identify(&head, true, &keys, NOW) {
            ControlFlow::Continue(Identified::Caller(caller)) => Ok(caller),
            ControlFlow::Break(answer) => Err(outcome(&answer)),
            ControlFlow::Continue(Identified::NeedsKeys(_)) => panic!("the keys are there"),
        }
    };
    let login = format!("Bearer {}", signer.token(r#"{"alg":"EdDSA"}"#, &claims(&json!({}))));
    let by_login = asker(&with_logins, &[("authorization", &login)]).expect("a person");
    assert_eq!(by_login.person(), Some((ISSUER, "ada")));
    let by_proxy = asker(&with_proxy, &[(name, " bob ")]).expect("a person");
    assert_eq!(by_proxy.person(), Some(("", "bob")));
    // A proxy names nobody with an empty header, and two names are nobody's.
    let guest = asker(&with_proxy, &[(name, " ")]).expect("a guest");
    assert!(guest.is_guest() && guest.person().is_none());
    let twice = asker(&with_proxy, &[(name, "bob"), (name, "eve")]);
    assert_eq!(twice.map(|_| ()), Err((401, "unauthorized".to_owned())));
}

#[test]
fn a_login_token_may_have_16_kib() {
    let (endpoint, signer) = (endpoint(), Signer::ed25519());
    let keys = key_set(&[signer.jwk("")]);
    for (letters, expected) in [(11_000, (201, "")), (13_000, (401, "unauthorized"))] {
        let long = claims(&json!({"long": "x".repeat(letters)}));
        let token = signer.token(r#"{"alg":"EdDSA"}"#, &long);
        let answer = ask(&endpoint, &keys, &token, "{}");
        let (status, code) = outcome(&answer);
        assert_eq!((status, code.as_str()), expected, "{} bytes", token.len());
    }
}

#[test]
fn a_refused_login_is_told_what_to_do() {
    let (endpoint, signer) = (endpoint(), Signer::ed25519());
    for (change, error, hint) in [
        (json!({"exp": NOW - 100}), "100 seconds", "refresh the login, and request a token again"),
        (
            json!({"nbf": NOW + 90}),
            "90 seconds",
            "check the clocks of the issuer and of this server",
        ),
    ] {
        let token = signer.token(r#"{"alg":"EdDSA"}"#, &claims(&change));
        let answer = ask(&endpoint, &key_set(&[signer.jwk("")]), &token, "{}");
        let body = serde_json::from_slice::<Value>(answer.response.body()).expect("JSON");
        assert!(body["error"].as_str().is_some_and(|said| said.contains(error)), "{body}");
        assert_eq!(body["hint"], hint);
    }
}

const SECRET: &str = "a-secret-that-is-shared-with-the-issuer-and-has-over-64-bytes-for-HS512";

/// An endpoint whose issuer shares [`SECRET`], and signs with nothing else if `only`.
fn with_secret(only: bool) -> Endpoint {
    let mut endpoint = endpoint();
    endpoint.callers.issuers[0].secret = Some(SharedSecret::from_text(SECRET).expect("a secret"));
    endpoint.callers.issuers[0].secret_only = only;
    endpoint
}

#[test]
fn a_shared_secret_verifies_hs256_and_its_longer_forms_and_nothing_else() {
    let (endpoint, keys) = (with_secret(true), Arc::new(KeySet::default()));
    let signer = Signer::Secret(SECRET.into());
    for header in [r#"{"alg":"HS256","kid":"x"}"#, r#"{"alg":"HS384"}"#, r#"{"alg":"HS512"}"#] {
        minted(&ask(&endpoint, &keys, &signer.token(header, &claims(&json!({}))), "{}"));
    }
    let other = Signer::Secret(b"another".to_vec());
    for (token, code) in [
        (other.token(r#"{"alg":"HS256"}"#, &claims(&json!({}))), "bad_signature"),
        (Signer::p256().token(r#"{"alg":"ES256"}"#, &claims(&json!({}))), "bad_signature"),
        (signer.token(r#"{"alg":"HS1"}"#, &claims(&json!({}))), "unauthorized"),
        // The public key of a project is a token signed with the same secret, but without `sub`.
        (signer.token(r#"{"alg":"HS256"}"#, &claims(&json!({"sub": null}))), "claim_denied"),
    ] {
        let answer = ask(&endpoint, &keys, &token, "{}");
        assert_eq!(outcome(&answer), (401, code.to_owned()));
    }
}

#[test]
fn a_secret_and_public_keys_verify_their_own_algorithms() {
    let (secret, public) = (Signer::Secret(SECRET.into()), Signer::p256());
    let (endpoint, keys) = (with_secret(false), key_set(&[public.jwk("a")]));
    for (signer, header) in [
        (&secret, r#"{"alg":"HS256"}"#),
        (&secret, r#"{"alg":"HS512","kid":"a"}"#),
        (&public, r#"{"alg":"ES256","kid":"a"}"#),
    ] {
        minted(&ask(&endpoint, &keys, &signer.token(header, &claims(&json!({}))), "{}"));
    }
    // The public key is known to everybody, and is no secret.
    let known = Signer::Secret(public.jwk("a")["x"].as_str().expect("a text").into());
    for (signer, header, code) in [
        (&known, r#"{"alg":"HS256","kid":"a"}"#, "bad_signature"),
        (&secret, r#"{"alg":"ES256","kid":"a"}"#, "bad_signature"),
        (&public, r#"{"alg":"HS256","kid":"a"}"#, "bad_signature"),
        (&public, r#"{"alg":"ES256","kid":"b"}"#, "unknown_key"),
    ] {
        let token = signer.token(header, &claims(&json!({})));
        assert_eq!(outcome(&ask(&endpoint, &keys, &token, "{}")), (401, code.to_owned()));
    }
    // A token of the secret does not wait for public keys.
    let token = secret.token(r#"{"alg":"HS256"}"#, &claims(&json!({})));
    let request = Request::post("/getToken").header("authorization", format!("Bearer {token}"));
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let identified = endpoint.identify(&head, false, &[None], NOW);
    assert!(matches!(identified, ControlFlow::Continue(Identified::Caller(_))), "{identified:?}");
}

#[test]
fn an_endpoint_with_logins_handles_a_request_by_itself() {
    let signer = Signer::ed25519();
    let bearer = |token: &str| {
        let mut request = crate::endpoint::request("{}");
        let value = format!("Bearer {token}").parse().expect("a header");
        request.headers_mut().insert("authorization", value);
        request
    };
    let token = signer.token(r#"{"alg":"EdDSA"}"#, &claims(&json!({})));
    let mut endpoint = endpoint();
    let answer = endpoint.handle(bearer(&token), NOW);
    assert_eq!(outcome(&answer), (503, "auth_unavailable".to_owned()));
    endpoint.callers.keys = vec![Some(key_set(&[signer.jwk("")]))];
    assert_eq!(minted(&endpoint.handle(bearer(&token), NOW))["video"]["roomJoin"], true);
    let answer = endpoint.handle(crate::endpoint::request("{}"), NOW);
    assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()));
    // With bearer tokens of servers next to logins, either is accepted.
    endpoint.callers.bearer = lkt::endpoint::BearerTokens::from_lines("a-token-of-a-server");
    for token in [token.as_str(), "a-token-of-a-server"] {
        minted(&endpoint.handle(bearer(token), NOW));
    }
    assert_eq!(outcome(&endpoint.handle(bearer("another"), NOW)).0, 401);
}

#[test]
fn missing_keys_are_asked_for_and_unknown_ones_are_refused() {
    let signer = Signer::p256();
    let token = signer.token(r#"{"alg":"ES256","kid":"new"}"#, &claims(&json!({})));
    let request = Request::post("/getToken").header("authorization", format!("Bearer {token}"));
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let old = key_set(&[signer.jwk("old")]);
    for (keys, newer, status, code) in
        [(None, false, 503, "auth_unavailable"), (Some(old), true, 401, "unknown_key")]
    {
        let identified = endpoint().identify(&head, false, &[keys], NOW);
        let ControlFlow::Continue(Identified::NeedsKeys(needed)) = identified else {
            panic!("{identified:?}")
        };
        assert_eq!((needed.issuer, needed.newer), (0, newer));
        let answer = endpoint().refuse(&head, needed.refusal(7));
        assert_eq!(outcome(&answer), (status, code.to_owned()));
        let retry = answer.response.headers().get("retry-after").map(http::HeaderValue::as_bytes);
        assert_eq!(retry, (!newer).then_some(&b"7"[..]));
    }
}
