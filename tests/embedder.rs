//! A program that has a use of its own for jsonwebtoken, and mints and verifies LiveKit tokens beside it.
//!
//! jsonwebtoken keeps one provider of cryptography for the whole process. Which one it is, is for the
//! program to say: lkt must neither set it nor need it, whoever comes first.

use std::process::Command;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation};
use lkt::token::{KeyPair, Token};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

/// RFC 7515, appendix A.2: a token signed with RS256, and the key that verifies it.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const E: &str = "AQAB";

/// Set in the processes of the test itself: who comes first.
const FIRST: &str = "EMBEDDER_FIRST";

struct Rs256(DecodingKey);

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        let DecodingKeyKind::RsaModulusExponent { n, e } = self.0.kind() else {
            return Err(signature::Error::new());
        };
        let key = RsaPublicKeyComponents { n, e };
        let verified = key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signed);
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

/// What the program chose: RS256, and nothing else.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(Error::from(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::RS256 => Ok(Box::new(Rs256(key.clone()))),
        _ => Err(Error::from(ErrorKind::UnsupportedAlgorithm)),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn the_programs_own() {
    PROVIDER.install_default().expect("nobody has set a provider before");
    let key = DecodingKey::from_rsa_components(N, E).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    let token = jsonwebtoken::decode::<Value>(TOKEN, &key, &validation).expect("verifies");
    assert_eq!(token.claims["iss"], "joe");
}

fn livekits() {
    let token = Token::join("demo", "ada").sign(&KeyPair::dev(), 1000).expect("signs");
    let claims = KeyPair::dev().verify(&token, 1000).expect("verifies");
    assert_eq!(claims.video.room, "demo");
}

#[test]
fn a_program_verifies_rs256_in_the_same_process_in_either_order() {
    match std::env::var(FIRST).as_deref() {
        Ok("program") => {
            the_programs_own();
            livekits();
        }
        Ok(_) => {
            livekits();
            the_programs_own();
        }
        Err(_) => {
            let program = std::env::current_exe().expect("this program");
            for first in ["program", "lkt"] {
                let status = Command::new(&program).env(FIRST, first).status().expect("runs");
                assert!(status.success(), "{first} first");
            }
        }
    }
}
