//! The forgeries again, for issuers that sign with ES512, with HS512, and with a secret and several keys
//! at once.

use std::sync::Arc;

use lkt::endpoint::Endpoint;
use lkt::endpoint::login::{KeySet, SharedSecret};
use serde_json::json;

use super::signer::{Signer, encode};
use super::{ISSUER, NOW, ask, claims, endpoint, key_set, minted, outcome};

const SECRET: &[u8] = b"a secret that has as many bytes as HS512 should have, sixty-four.";

/// Every algorithm that a header may name.
const ALGORITHMS: [&str; 14] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519", "HS256", "HS384", "HS512",
];

/// An issuer, and a key that it signs with.
struct Kind {
    name: &'static str,
    endpoint: Endpoint,
    keys: Arc<KeySet>,
    signer: Signer,
    algorithm: &'static str,
    kid: Option<&'static str>,
}

impl Kind {
    fn new(name: &'static str, signer: Signer, algorithm: &'static str) -> Self {
        let keys = key_set(&[signer.jwk("a")]);
        Self { name, endpoint: endpoint(), keys, signer, algorithm, kid: Some("a") }
    }

    fn with_secret(mut self, only: bool) -> Self {
        self.endpoint.callers.issuers[0].secret = SharedSecret::from_bytes(SECRET).ok();
        self.endpoint.callers.issuers[0].secret_only = only;
        self
    }

    fn all() -> Vec<Self> {
        let secret = || Signer::Secret(SECRET.to_vec());
        let (p521, p256, rsa) = (Signer::p521(), Signer::p256(), Signer::rsa());
        let mixed = key_set(&[p256.jwk("p"), p521.jwk("a"), rsa.jwk("r")]);
        let hs512 = Kind::new("HS512", secret(), "HS512").with_secret(true);
        let es512_mixed = Kind::new("ES512 beside a secret", p521, "ES512").with_secret(false);
        let hs512_mixed = Kind::new("HS512 beside keys", secret(), "HS512").with_secret(false);
        vec![
            Kind::new("ES512", Signer::p521(), "ES512"),
            Kind { keys: Arc::new(KeySet::default()), kid: None, ..hs512 },
            Kind { keys: Arc::clone(&mixed), ..es512_mixed },
            Kind { keys: mixed, kid: None, ..hs512_mixed },
        ]
    }

    /// A good header with another member.
    fn header(&self, algorithm: &str) -> String {
        json!({"alg": algorithm, "kid": self.kid.unwrap_or("a")}).to_string()
    }

    fn refused(&self, token: &str, what: &str) -> String {
        let (status, code) = outcome(&ask(&self.endpoint, &self.keys, token, "{}"));
        assert_eq!(status, 401, "{}: {what}", self.name);
        code
    }

    /// What an issuer may answer to a forged header or signature.
    fn is_forged(&self, token: &str, what: &str) {
        let code = self.refused(token, what);
        let is_told = ["bad_signature", "unknown_key", "unauthorized"].contains(&code.as_str());
        assert!(is_told, "{}: {what}: {code}", self.name);
    }
}

#[test]
fn each_of_them_accepts_its_own_logins_alone() {
    for kind in Kind::all() {
        let (good, header) = (claims(&json!({})), kind.header(kind.algorithm));
        minted(&ask(&kind.endpoint, &kind.keys, &kind.signer.token(&header, &good), "{}"));
        for algorithm in ALGORITHMS.iter().filter(|name| **name != kind.algorithm) {
            // The right key, under the name of another algorithm. A secret signs what is named.
            let is_secret = matches!(kind.signer, Signer::Secret(_));
            if is_secret && algorithm.starts_with("HS") {
                continue;
            }
            let token = kind.signer.token(&kind.header(algorithm), &good);
            assert_eq!(
                kind.refused(&token, algorithm),
                "bad_signature",
                "{}: {algorithm}",
                kind.name
            );
        }
        for stranger in [Signer::p521(), Signer::p256(), Signer::Secret(b"another".to_vec())] {
            for header in [header.clone(), json!({"alg": kind.algorithm}).to_string()] {
                kind.is_forged(&stranger.token(&header, &good), &header);
            }
        }
    }
}

#[test]
fn their_headers_cannot_choose_how_they_are_verified() {
    for kind in Kind::all() {
        let own = kind.signer.jwk("evil");
        let alg = kind.algorithm;
        for header in [
            json!({"alg": "none", "kid": "a"}).to_string(),
            json!({"alg": alg.to_lowercase(), "kid": "a"}).to_string(),
            json!({"alg": [alg], "kid": "a"}).to_string(),
            json!({"alg": alg, "kid": 5}).to_string(),
            json!({"alg": alg, "crit": ["exp"], "exp": 1}).to_string(),
            json!({"alg": alg, "b64": false}).to_string(),
            format!(r#"{{"alg":"none","alg":"{alg}"}}"#),
        ] {
            let token = kind.signer.token(&header, &claims(&json!({})));
            assert_eq!(kind.refused(&token, &header), "unauthorized", "{}: {header}", kind.name);
        }
        let stranger = match kind.signer {
            Signer::Secret(_) => Signer::Secret(b"another".to_vec()),
            _ => Signer::p521(),
        };
        for header in [
            json!({"alg": alg, "jwk": own}).to_string(),
            json!({"alg": alg, "kid": "evil", "jwk": own}).to_string(),
            json!({"alg": alg, "jku": "https://evil.example/jwks"}).to_string(),
            json!({"alg": alg, "kid": "../../dev/null"}).to_string(),
        ] {
            kind.is_forged(&stranger.token(&header, &claims(&json!({}))), &header);
        }
    }
}

#[test]
fn their_signatures_are_over_what_was_signed() {
    for kind in Kind::all() {
        let token = kind.signer.token(&kind.header(kind.algorithm), &claims(&json!({})));
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let (header, _) = message.split_once('.').expect("two parts");
        let bytes = kind.signer.sign(kind.algorithm, message.as_bytes());
        let with = |bytes: &[u8]| format!("{message}.{}", encode(bytes));
        let half = bytes.len() / 2;
        let root = encode(claims(&json!({"sub": "root"})));
        for (what, token) in [
            ("other claims", format!("{header}.{root}.{signature}")),
            ("none", format!("{message}.")),
            ("cut", with(&bytes[..bytes.len() - 1])),
            ("longer", with(&[&bytes[..], &[0]].concat())),
            ("zeros", with(&vec![0; bytes.len()])),
            ("ones", with(&vec![255; bytes.len()])),
            ("halves changed over", with(&[&bytes[half..], &bytes[..half]].concat())),
            ("the first half alone", with(&bytes[..half])),
        ] {
            assert_eq!(kind.refused(&token, what), "bad_signature", "{}: {what}", kind.name);
        }
        let padded = format!("{token}=");
        assert_eq!(kind.refused(&padded, "padded"), "unauthorized", "{}", kind.name);
    }
}

#[test]
fn their_claims_are_checked_all_the_same() {
    for kind in Kind::all() {
        for (changes, expected) in [
            (json!({"iss": format!("{ISSUER}/")}), "wrong_issuer"),
            (json!({"iss": null}), "wrong_issuer"),
            (json!({"aud": "other"}), "wrong_audience"),
            (json!({"aud": ["lkt", 5]}), "claim_denied"),
            (json!({"sub": ["ada"]}), "claim_denied"),
            (json!({"exp": NOW - 30}), "token_expired"),
            (json!({"exp": null}), "claim_denied"),
            (json!({"nbf": NOW + 31}), "token_not_yet_valid"),
            (json!({"iat": "now"}), "claim_denied"),
        ] {
            let token = kind.signer.token(&kind.header(kind.algorithm), &claims(&changes));
            assert_eq!(kind.refused(&token, "claims"), expected, "{}: {changes}", kind.name);
        }
    }
}

#[test]
fn a_public_key_of_theirs_is_no_secret() {
    for kind in Kind::all() {
        for key in ["a", "p", "r"] {
            let jwk = kind.signer.jwk(key);
            for text in [jwk.to_string(), jwk["x"].as_str().unwrap_or("x").to_owned()] {
                for algorithm in ["HS256", "HS384", "HS512"] {
                    let forger = Signer::Secret(text.clone().into_bytes());
                    let token = forger.token(
                        &json!({"alg": algorithm, "kid": key}).to_string(),
                        &claims(&json!({})),
                    );
                    assert_eq!(kind.refused(&token, algorithm), "bad_signature", "{}", kind.name);
                }
            }
        }
    }
}
