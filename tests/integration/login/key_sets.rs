//! Key sets as issuers publish them, and as operators save them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lkt::endpoint::login::KeySet;
use serde_json::{Map, Value, json};

use super::signer::{Signer, encode};
use super::{ask, claims, endpoint, key_set, minted, outcome};

fn read(jwks: &Value) -> Result<KeySet, String> {
    KeySet::from_jwks(jwks.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn with(mut jwk: Value, changes: &Value) -> Value {
    let changes = changes.as_object().expect("an object").clone();
    jwk.as_object_mut().expect("an object").extend(changes);
    jwk
}

/// An RSA key of 2048 bits, or of one less.
fn rsa(first: u8) -> Value {
    let modulus = [&[first][..], &[0xff; 255]].concat();
    json!({"kty": "RSA", "n": encode(modulus), "e": "AQAB", "alg": "RS256"})
}

#[test]
fn each_key_that_cannot_be_used_is_named_with_the_reason() {
    let (p256, ed25519) = (Signer::p256().jwk("a"), Signer::ed25519().jwk("a"));
    for (key, problem) in [
        (rsa(0x7f), "it has 2047 bits, and RSA needs 2048 at least"),
        (with(ed25519.clone(), &json!({"x": encode([1; 31])})), "its `x` has 31 bytes, not 32"),
        (with(ed25519, &json!({"crv": "Ed448"})), "its curve is `Ed448`, which is not supported"),
        (with(p256.clone(), &json!({"y": null})), "its `y` is not a string"),
        (with(p256.clone(), &json!({"x": 5})), "its `x` is not a string"),
        (with(p256.clone(), &json!({"x": "+"})), "its `x` is not base64url"),
        (with(p256.clone(), &json!({"x": "AA"})), "its `x` and `y` must have 32 bytes each"),
        (
            with(Signer::p521().jwk("a"), &json!({"x": encode([1; 66])})),
            "it is not a point on P-521",
        ),
        (
            with(p256.clone(), &json!({"crv": "secp256k1"})),
            "its curve is `secp256k1`, which is not supported",
        ),
        (with(p256.clone(), &json!({"use": "enc"})), "it is for `enc`, not for signatures"),
        (
            with(p256.clone(), &json!({"use": "x509-svid"})),
            "it is for `x509-svid`, not for signatures",
        ),
        (with(p256.clone(), &json!({"key_ops": ["sign"]})), "its `key_ops` do not have `verify`"),
        (
            with(p256.clone(), &json!({"alg": "ES384"})),
            "its `alg` is `ES384`, which is not for its type",
        ),
        (
            with(p256.clone(), &json!({"alg": "ES256K"})),
            "its `alg` is `ES256K`, which is not supported",
        ),
        (with(p256.clone(), &json!({"kty": "AKP"})), "its type is `AKP`, which is not supported"),
        (json!({"kty": "RSA", "e": "AQAB"}), "it has no `n`"),
        (json!({"kid": "a"}), "it has no `kty`"),
        (
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            "it is a shared secret, which a JWKS must not hold",
        ),
    ] {
        let set = read(&json!({"keys": [key, p256]})).expect("a set");
        let problems = set.unusable.iter().map(|key| &*key.problem).collect::<Vec<_>>();
        assert_eq!((problems.as_slice(), set.keys.len()), (&[problem][..], 1), "{key}");
    }
    let unusable = read(&json!({"keys": [rsa(0x7f), {"kty": "oct", "kid": "b"}]})).expect("a set");
    assert_eq!(
        unusable.problem().expect("a problem"),
        "none of its keys can verify logins: \
         key `without kid`: it has 2047 bits, and RSA needs 2048 at least; \
         key `b`: it is a shared secret without a value"
    );
}

#[test]
fn a_key_that_names_an_algorithm_verifies_that_one_alone() {
    use lkt::endpoint::login::Algorithm;
    let set = read(&json!({"keys": [rsa(0x80)]})).expect("a set");
    let suits = Algorithm::ALL.iter().filter(|&&algorithm| set.keys[0].suits(algorithm));
    assert_eq!(suits.collect::<Vec<_>>(), [&Algorithm::Rs256]);
}

/// Glewlwyd 2.7.5 publishes the first kind if it is set up as its documentation shows.
#[test]
fn coordinates_may_have_a_zero_in_front_or_lack_it() {
    let bytes = |jwk: &Value, name: &str| {
        URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("text")).expect("base64url")
    };
    for (generate, algorithm) in [
        (Signer::p256 as fn() -> Signer, "ES256"),
        (Signer::p384, "ES384"),
        (Signer::p521, "ES512"),
    ] {
        let token = |signer: &Signer| {
            signer.token(&json!({"alg": algorithm}).to_string(), &claims(&json!({})))
        };
        let signer = generate();
        let jwk = signer.jwk("a");
        let longer = |name: &str| encode([vec![0], bytes(&jwk, name)].concat());
        let longer = with(jwk.clone(), &json!({"x": longer("x"), "y": longer("y")}));
        minted(&ask(&endpoint(), &key_set(&[longer]), &token(&signer), "{}"));
        // One in 256 begins with a zero.
        let begins_with_zero = |signer: &Signer| bytes(&signer.jwk("a"), "x")[0] == 0;
        let signer = std::iter::repeat_with(generate).find(begins_with_zero).expect("one");
        let jwk = signer.jwk("a");
        let shorter = with(jwk.clone(), &json!({"x": encode(&bytes(&jwk, "x")[1..])}));
        minted(&ask(&endpoint(), &key_set(&[shorter]), &token(&signer), "{}"));
        let digits = [vec![1], bytes(&jwk, "x")].concat();
        let larger = key_set(&[with(jwk, &json!({"x": encode(digits)}))]);
        assert_eq!((larger.keys.len(), larger.unusable.len()), (0, 1));
    }
}

#[test]
fn a_set_may_be_a_list_or_a_single_key_and_spiffes_keys_count_as_signing() {
    let signer = Signer::p521();
    let key = with(signer.jwk("a"), &json!({"use": "jwt-svid"}));
    let token = signer.token(r#"{"alg":"ES512","kid":"a"}"#, &claims(&json!({})));
    for jwks in [json!({"keys": [key]}), json!([key]), key] {
        let keys = read(&jwks).expect("a set").into();
        minted(&ask(&endpoint(), &keys, &token, "{}"));
    }
}

#[test]
fn what_is_no_set_is_told_what_it_is() {
    let certificates = json!({"a": "-----BEGIN CERTIFICATE-----\nMII="});
    for (jwks, problem) in [
        (json!({}), "it has no `keys`"),
        (json!({"keys": {}}), "its `keys` are not a list"),
        (json!("keys"), "it is neither an object nor a list"),
        (
            json!({"issuer": "x", "jwks_uri": "https://x.example/jwks"}),
            "it is a discovery document: give the URL in its `jwks_uri`",
        ),
        (
            certificates,
            "it is a list of certificates: the issuer has a JWKS as well, at another URL",
        ),
    ] {
        let error = read(&jwks).expect_err("no set");
        assert_eq!(error, format!("it is not a key set: {problem}"));
    }
    // A set without keys is one: the issuer has withdrawn them.
    let empty = read(&json!({"keys": []})).expect("a set");
    assert_eq!(empty.problem().as_deref(), Some("it has no keys"));
}

#[test]
fn no_key_of_a_set_that_publishes_a_private_key_is_used() {
    let (signer, other) = (Signer::p256(), Signer::p256());
    let private = with(other.jwk("b"), &json!({"d": encode([1; 32])}));
    let keys = read(&json!({"keys": [signer.jwk("a"), private]})).expect("a set");
    assert_eq!(
        keys.problem().expect("a problem"),
        "none of its keys can verify logins: key `b`: it is a private key, with which anyone who can \
         read it signs logins: publish public keys alone, and replace this one"
    );
    let token = signer.token(r#"{"alg":"ES256","kid":"a"}"#, &claims(&json!({})));
    let answer = ask(&endpoint(), &keys.into(), &token, "{}");
    assert_eq!(outcome(&answer), (401, "unknown_key".to_owned()));
}

#[test]
fn over_64_keys_are_found_by_their_ids() {
    let signer = Signer::ed25519();
    let others = (0..80).map(|index| Signer::ed25519().jwk(&format!("k{index}")));
    let jwks = others.chain([signer.jwk("last")]).collect::<Vec<_>>();
    let keys = read(&json!({"keys": jwks})).expect("a set");
    assert_eq!(
        keys.untried().expect("a warning"),
        "it has 81 keys, and a login without `kid` is tried with 64 only"
    );
    let keys = keys.into();
    let token = |header: &str| signer.token(header, &claims(&json!({})));
    minted(&ask(&endpoint(), &keys, &token(r#"{"alg":"EdDSA","kid":"last"}"#), "{}"));
    let answer = ask(&endpoint(), &keys, &token(r#"{"alg":"EdDSA"}"#), "{}");
    assert_eq!(outcome(&answer), (401, "bad_signature".to_owned()));
}

/// A public key as OpenSSL writes it: a `SubjectPublicKeyInfo`, from the bytes before the key itself.
fn pem(prefix: &[u8], key: &[u8]) -> String {
    let body = STANDARD.encode([prefix, key].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

/// The coordinates of a key, as bytes.
fn coordinates(jwk: &Value) -> Vec<u8> {
    let bytes = ["x", "y"].map(|name| jwk[name].as_str().unwrap_or_default());
    let bytes = bytes.map(|text| base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text));
    bytes.into_iter().flat_map(|bytes| bytes.expect("base64url")).collect()
}

#[test]
fn keys_may_be_in_pem_and_then_have_no_ids() {
    // `openssl ecparam -name prime256v1`, `secp384r1`, `secp521r1` and `openssl genpkey -algorithm
    // ed25519`, up to the key.
    let p256 = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\
                 \x03\x01\x07\x03\x42\x00\x04";
    let p384 = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\
                 \x03\x62\x00\x04";
    let p521 = b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\
                 \x23\x03\x81\x86\x00\x04";
    let ed25519 = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    let signers = [
        (Signer::p256(), "ES256", &p256[..]),
        (Signer::p384(), "ES384", p384),
        (Signer::p521(), "ES512", p521),
        (Signer::ed25519(), "EdDSA", ed25519),
    ];
    let pems = signers.iter().map(|(signer, _, prefix)| pem(prefix, &coordinates(&signer.jwk(""))));
    let keys = KeySet::from_pem(&pems.collect::<String>()).expect("keys");
    assert_eq!(keys.unusable, []);
    let keys = keys.into();
    for (signer, algorithm, _) in &signers {
        let header = json!({"alg": algorithm, "kid": "whatever"}).to_string();
        minted(&ask(&endpoint(), &keys, &signer.token(&header, &claims(&json!({}))), "{}"));
    }
}

#[test]
fn rsa_keys_in_pem_have_a_modulus_and_an_exponent() {
    let signer = Signer::rsa();
    let text = include_str!("../known/login-rsa.pem");
    let keys = std::sync::Arc::new(KeySet::from_pem(text).expect("keys"));
    assert_eq!((keys.keys.len(), keys.unusable.as_slice()), (2, &[][..]));
    let token = signer.token(r#"{"alg":"PS256"}"#, &claims(&json!({})));
    minted(&ask(&endpoint(), &keys, &token, "{}"));
}

#[test]
fn pem_that_is_no_public_key_is_told_what_to_do() {
    let block = |label: &str, body: &str| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let problem = |text: &str| match KeySet::from_pem(text) {
        Ok(set) => set.problem().unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    for (text, expected) in [
        (block("CERTIFICATE", "MII="), "`openssl x509 -pubkey -noout`"),
        (block("EC PRIVATE KEY", "AAAA"), "it is a private key"),
        (block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"), "it is a private key"),
        (block("PUBLIC KEY", "AAAA"), "it cannot be read"),
        (block("PUBLIC KEY", "!"), "is not base64"),
        (block("DH PARAMETERS", "AAAA"), "`DH PARAMETERS` is not a public key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA".to_owned(), "has no end"),
        ("text".to_owned(), "it has no block of PEM"),
    ] {
        assert!(problem(&text).contains(expected), "{text}: {}", problem(&text));
    }
}

#[test]
fn members_of_keys_that_are_not_needed_are_ignored() {
    let signer = Signer::p256();
    let more = json!({"x5c": ["MII="], "jku": "https://evil.example", "nbf": 5, "ext": true});
    let key = with(signer.jwk("a"), &more);
    let set = read(&json!({"keys": [key], "keys_url": Map::new()})).expect("a set");
    assert_eq!(set.keys.len(), 1);
}
