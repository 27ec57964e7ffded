//! Forged or broken login tokens: each is refused with its own code.

use lkt::endpoint::login::{ClaimCheck, Issuer};
use serde_json::{Value, json};

use super::signer::{Signer, encode};
use super::{ISSUER, NOW, ask, ask_with, claims, endpoint, key_set, minted, outcome};

const HEADER: &str = r#"{"alg":"ES256","kid":"a"}"#;

/// Returns the code for a token. The key `a` signs it, unless the test says otherwise.
fn code(token: &str, signers: &[(&Signer, &str)]) -> String {
    let keys = signers.iter().map(|(signer, kid)| signer.jwk(kid)).collect::<Vec<_>>();
    let answer = ask(&endpoint(), &key_set(&keys), token, "{}");
    let (status, code) = outcome(&answer);
    assert_eq!(status, 401, "{code}: {token}");
    let challenge = &answer.response.headers()["www-authenticate"];
    assert_eq!(challenge, "Bearer realm=\"lkt\", error=\"invalid_token\"", "{token}");
    code
}

#[test]
fn headers_cannot_choose_how_they_are_verified() {
    let (signer, rsa) = (Signer::p256(), Signer::rsa());
    let good = claims(&json!({}));
    let public = rsa.jwk("r")["n"].as_str().expect("a modulus").to_owned();
    let confused = Signer::Secret(public.into_bytes());
    let own = signer.jwk("evil");
    for (header, expected) in [
        (r#"{"alg":"none"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"None"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"nOnE","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":""}"#.to_owned(), "unauthorized"),
        (r#"{"alg":null}"#.to_owned(), "unauthorized"),
        (r#"{"alg":256}"#.to_owned(), "unauthorized"),
        (r#"{"alg":["ES256"]}"#.to_owned(), "unauthorized"),
        (r#"{"kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES512","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"HS384","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"HS512","kid":"r"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"es256","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256K","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"RS256","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"ES384","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"EdDSA","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"HS256","kid":"a"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"ES256","kid":"r"}"#.to_owned(), "bad_signature"),
        (r#"{"alg":"ES256","kid":"b"}"#.to_owned(), "unknown_key"),
        (r#"{"alg":"ES256","kid":""}"#.to_owned(), "unknown_key"),
        (r#"{"alg":"ES256","kid":"A"}"#.to_owned(), "unknown_key"),
        (r#"{"alg":"ES256","kid":"../../dev/null"}"#.to_owned(), "unknown_key"),
        (r#"{"alg":"ES256","kid":5}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":null}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":"a","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","alg":"ES256","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"none","alg":"ES256","kid":"a"}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":"a","crit":["exp"],"exp":1}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":"a","crit":[]}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":"a","b64":false}"#.to_owned(), "unauthorized"),
        (r#"{"alg":"ES256","kid":"a","typ":1}"#.to_owned(), "unauthorized"),
        (r#"["ES256"]"#.to_owned(), "unauthorized"),
        ("ES256".to_owned(), "unauthorized"),
        (String::new(), "unauthorized"),
        (json!({"alg": "ES256", "jwk": own}).to_string(), "bad_signature"),
        (json!({"alg": "ES256", "kid": "evil", "jwk": own}).to_string(), "unknown_key"),
        (json!({"alg": "ES256", "jku": "https://evil.example/jwks"}).to_string(), "bad_signature"),
        (json!({"alg": "ES256", "kid": "evil", "jku": "file:///x"}).to_string(), "unknown_key"),
        (json!({"alg": "ES256", "x5u": "https://evil.example/x"}).to_string(), "bad_signature"),
        (json!({"alg": "ES256", "x5c": ["MII="], "kid": "evil"}).to_string(), "unknown_key"),
    ] {
        // The attacker's key signs, but the issuer publishes other keys.
        let published = [(&Signer::p256(), "a"), (&rsa, "r")];
        assert_eq!(code(&signer.token(&header, &good), &published), expected, "{header}");
    }
    // A public key used as a secret.
    for header in [r#"{"alg":"HS256","kid":"r"}"#, r#"{"alg":"HS256"}"#] {
        assert_eq!(code(&confused.token(header, &good), &[(&rsa, "r")]), "bad_signature");
    }
}

#[test]
fn signatures_are_over_what_was_signed() {
    let signer = Signer::p256();
    let token = signer.token(HEADER, &claims(&json!({})));
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    let (header, payload) = message.split_once('.').expect("two parts");
    let root = encode(claims(&json!({"sub": "root"})));
    let padded = format!("{message}.{signature}=");
    let both = encode([0; 64]);
    for (token, expected) in [
        (format!("{header}.{root}.{signature}"), "bad_signature"),
        (format!("{message}."), "bad_signature"),
        (format!("{message}.{}", &signature[..80]), "bad_signature"),
        (format!("{message}.{both}"), "bad_signature"),
        (padded, "unauthorized"),
        (format!("{message}.!!!"), "unauthorized"),
        (message.to_owned(), "unauthorized"),
        (format!("{token}."), "unauthorized"),
        (format!("{token}.x.y"), "unauthorized"),
        (format!("{header}..{signature}"), "unauthorized"),
        (format!(".{payload}.{signature}"), "unauthorized"),
        ("..".to_owned(), "unauthorized"),
        ("x".to_owned(), "unauthorized"),
        (format!("{token} {token}"), "unauthorized"),
        (format!("{}.{}", "a".repeat(20_000), token), "unauthorized"),
    ] {
        assert_eq!(code(&token, &[(&signer, "a")]), expected, "{token}");
    }
    // An ECDSA signature in DER, which JWS does not use.
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &[1; 32], &[0x02, 0x20], &[1; 32]].concat();
    let token = format!("{message}.{}", encode(der));
    assert_eq!(code(&token, &[(&signer, "a")]), "bad_signature");
}

#[test]
fn claims_are_checked_by_value_and_by_type() {
    let signer = Signer::p256();
    for (changes, expected) in [
        (json!({"iss": null}), "wrong_issuer"),
        (json!({"iss": format!("{ISSUER}/")}), "wrong_issuer"),
        (json!({"iss": "http://idp.example"}), "wrong_issuer"),
        (json!({"iss": "https://IDP.example"}), "wrong_issuer"),
        (json!({"iss": "https://idp.example.evil.example"}), "wrong_issuer"),
        (json!({"iss": [ISSUER]}), "wrong_issuer"),
        (json!({"iss": {"": ISSUER}}), "wrong_issuer"),
        (json!({"iss": ""}), "wrong_issuer"),
        (json!({"aud": null}), "wrong_audience"),
        (json!({"aud": "LKT"}), "wrong_audience"),
        (json!({"aud": "lkt2"}), "wrong_audience"),
        (json!({"aud": "lkt "}), "wrong_audience"),
        (json!({"aud": []}), "wrong_audience"),
        (json!({"aud": ["other"]}), "wrong_audience"),
        (json!({"aud": [["lkt"]]}), "claim_denied"),
        (json!({"aud": {"lkt": true}}), "claim_denied"),
        (json!({"aud": 5}), "claim_denied"),
        (json!({"aud": ["lkt", 5]}), "claim_denied"),
        (json!({"sub": null}), "claim_denied"),
        (json!({"sub": ""}), "claim_denied"),
        (json!({"sub": 5.5}), "claim_denied"),
        (json!({"sub": true}), "claim_denied"),
        (json!({"sub": ["ada"]}), "claim_denied"),
        (json!({"exp": null}), "claim_denied"),
        (json!({"exp": (NOW + 300).to_string()}), "claim_denied"),
        (json!({"exp": true}), "claim_denied"),
        (json!({"exp": [NOW + 300]}), "claim_denied"),
        (json!({"exp": NOW - 30}), "token_expired"),
        (json!({"exp": 0}), "token_expired"),
        (json!({"exp": -1}), "token_expired"),
        (json!({"exp": 1.5}), "token_expired"),
        (json!({"nbf": NOW + 31}), "token_not_yet_valid"),
        (json!({"nbf": 1e300}), "token_not_yet_valid"),
        (json!({"nbf": (NOW + 9999).to_string()}), "claim_denied"),
        (json!({"nbf": {}}), "claim_denied"),
        (json!({"iat": NOW + 31}), "token_not_yet_valid"),
        (json!({"iat": NOW * 1000}), "token_not_yet_valid"),
        (json!({"iat": "now"}), "claim_denied"),
    ] {
        let token = signer.token(HEADER, &claims(&changes));
        assert_eq!(code(&token, &[(&signer, "a")]), expected, "{changes}");
    }
    let good = claims(&json!({}));
    let inner = good.trim_end_matches('}').to_owned();
    for (text, expected) in [
        (format!(r#"{inner},"sub":"root"}}"#), "unauthorized"),
        (format!(r#"{inner},"exp":{}}}"#, NOW + 300), "unauthorized"),
        (format!(r#"{inner},"x":{{"a":1,"a":2}}}}"#), "unauthorized"),
        (format!(r#"{inner},"\u0073ub":"root"}}"#), "unauthorized"),
        (format!(r#"{inner},"nbf":null}}"#), "claim_denied"),
        (format!("[{good}]"), "unauthorized"),
        (format!("{good}{good}"), "unauthorized"),
        ("null".to_owned(), "unauthorized"),
        ("\"sub\"".to_owned(), "unauthorized"),
        ("[".repeat(200), "unauthorized"),
    ] {
        assert_eq!(code(&signer.token(HEADER, &text), &[(&signer, "a")]), expected, "{text}");
    }
}

#[test]
fn clocks_may_be_30_seconds_apart() {
    let signer = Signer::p256();
    let keys = key_set(&[signer.jwk("a")]);
    for changes in [
        json!({"exp": NOW - 29}),
        json!({"nbf": NOW + 30, "iat": NOW + 30}),
        json!({"exp": 3e9, "iat": 1.5, "aud": ["other", "lkt"]}),
    ] {
        minted(&ask(&endpoint(), &keys, &signer.token(HEADER, &claims(&changes)), "{}"));
    }
}

/// clerk-sdk-csharp#90, cyoda-go#97: keys cached by `kid` only.
#[test]
fn one_issuers_key_does_not_verify_anothers_tokens() {
    use std::ops::ControlFlow;
    let (ours, theirs) = (Signer::p256(), Signer::p256());
    let mut endpoint = endpoint();
    let mut other = Issuer::new("https://other.example");
    other.audiences = vec!["lkt".to_owned()];
    endpoint.callers.issuers.push(other);
    let keys = [Some(key_set(&[ours.jwk("a")])), Some(key_set(&[theirs.jwk("a")]))];
    let identify = |signer: &Signer, issuer: &str| {
        let token = signer.token(HEADER, &claims(&json!({"iss": issuer})));
        let request = http::Request::post("/getToken");
        let request = request.header("authorization", format!("bearer {token}")).body(());
        let (head, ()) = request.expect("a request").into_parts();
        match endpoint.identify(&head, false, &keys, NOW) {
            ControlFlow::Break(answer) => outcome(&answer).1,
            ControlFlow::Continue(_) => "good".to_owned(),
        }
    };
    assert_eq!(identify(&ours, ISSUER), "good");
    assert_eq!(identify(&theirs, "https://other.example"), "good");
    assert_eq!(identify(&theirs, ISSUER), "bad_signature");
    assert_eq!(identify(&ours, "https://other.example"), "bad_signature");
}

#[test]
fn a_jwks_gives_only_keys_that_are_for_signatures() {
    let signer = Signer::p256();
    let with = |changes: Value| {
        let mut jwk = signer.jwk("a");
        jwk.as_object_mut()
            .expect("an object")
            .extend(serde_json::from_value::<serde_json::Map<_, _>>(changes).expect("an object"));
        jwk
    };
    let good = Signer::ed25519();
    let token = signer.token(HEADER, &claims(&json!({})));
    for changes in [
        json!({"use": "enc"}),
        json!({"key_ops": ["sign"]}),
        json!({"alg": "RSA-OAEP"}),
        json!({"alg": "RS256"}),
        json!({"crv": "P-521"}),
        json!({"x": "AA"}),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": "RSA", "n": encode([255; 128]), "e": "AQAB"}),
    ] {
        let keys = key_set(&[with(changes.clone()), good.jwk("b")]);
        assert_eq!(keys.unusable.len(), 1, "{changes}");
        let answer = ask(&endpoint(), &keys, &token, "{}");
        assert_eq!(outcome(&answer), (401, "unknown_key".to_owned()), "{changes}");
    }
    let keys = key_set(&[with(json!({"use": "sig", "alg": "ES256", "key_ops": ["verify"]}))]);
    minted(&ask(&endpoint(), &keys, &token, "{}"));
}

#[test]
fn claims_that_are_asked_for_must_hold() {
    let signer = Signer::p256();
    let keys = key_set(&[signer.jwk("a")]);
    let mut endpoint = endpoint();
    endpoint.callers.issuers[0].audiences.clear();
    let check = |text: &str| text.parse::<ClaimCheck>().expect(text);
    endpoint.callers.issuers[0].checks =
        vec![check("azp=https://app.example"), check("email_verified=true")];
    let token = |changes: Value| signer.token(HEADER, &claims(&changes));
    let good = json!({"azp": "https://app.example", "email_verified": true, "aud": null});
    minted(&ask(&endpoint, &keys, &token(good), "{}"));
    for changes in [
        json!({}),
        json!({"azp": "https://app.example"}),
        json!({"azp": "https://app.example", "email_verified": false}),
        json!({"azp": "https://app.example.evil", "email_verified": true}),
        json!({"azp": {"": "https://app.example"}, "email_verified": true}),
    ] {
        let answer = ask(&endpoint, &keys, &token(changes.clone()), "{}");
        assert_eq!(outcome(&answer), (401, "claim_denied".to_owned()), "{changes}");
    }
}

#[test]
fn authorization_is_one_bearer_token() {
    let signer = Signer::p256();
    let keys = key_set(&[signer.jwk("a")]);
    let token = signer.token(HEADER, &claims(&json!({})));
    let mut endpoint = endpoint();
    endpoint.callers.guests = true;
    let bearer = format!("Bearer {token}");
    for headers in [
        &[("authorization", "")][..],
        &[("authorization", "Bearer")],
        &[("authorization", "Bearer undefined")],
        &[("authorization", "Basic YTpi")],
        &[("authorization", &token)],
        &[("authorization", &bearer), ("authorization", &bearer)],
    ] {
        // An invalid token is refused even if none is required.
        let answer = ask_with(&endpoint, &keys, headers, "{}");
        assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()), "{headers:?}");
    }
    minted(&ask_with(&endpoint, &keys, &[("authorization", &bearer)], "{}"));
    minted(&ask_with(&endpoint, &keys, &[], "{}"));
    endpoint.callers.guests = false;
    let answer = ask_with(&endpoint, &keys, &[], "{}");
    assert_eq!(outcome(&answer), (401, "unauthorized".to_owned()));
    assert_eq!(answer.response.headers()["www-authenticate"], "Bearer realm=\"lkt\"");
}
