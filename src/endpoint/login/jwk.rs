//! A public key in the form of a JWK (RFC 7517), read by jsonwebtoken.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, Jwk,
    KeyOperations, OctetKeyPairParameters, PublicKeyUse,
};
use serde::Deserialize;
use serde_json::Value;

use super::key::{Key, UnusableKey};
use super::signature::{Algorithm, VerifyingKey};

/// Minimum size of an RSA modulus, in bits (RFC 7518, section 3.3).
const RSA_BITS: usize = 2048;

/// The `use` of SPIFFE's keys for JWTs. Its `x509-svid` is for certificates.
const JWT_SVID: &str = "jwt-svid";

/// Reads an entry of a key set. All members that are not needed (`x5c`, `jku`, …) are ignored.
pub(super) fn read(value: &Value) -> Result<Key, UnusableKey> {
    let unusable = |problem: String| unusable(value, problem);
    let jwk = Jwk::deserialize(value).map_err(|error| unusable(error.to_string()))?;
    check_usage(&jwk.common).map_err(unusable)?;
    let public = public_key(&jwk.algorithm, value).map_err(unusable)?;
    // jsonwebtoken does not know every algorithm, and keeps no name of one that it does not know.
    let algorithm = match text(value, "alg") {
        None => None,
        Some(name) => match Algorithm::from_name(name) {
            Some(algorithm) if algorithm.key_type() == public.key_type() => Some(algorithm),
            Some(_) => {
                return Err(unusable(format!("its `alg` is `{name}`, which is not for its type")));
            }
            None => return Err(unusable(format!("its `alg` is `{name}`, which is not supported"))),
        },
    };
    Ok(Key { id: jwk.common.key_id, algorithm, public })
}

/// An entry that cannot be used, with the reason.
pub(super) fn unusable(value: &Value, problem: String) -> UnusableKey {
    UnusableKey {
        id: text(value, "kid").map(str::to_owned),
        key_type: text(value, "kty").unwrap_or_default().to_owned(),
        problem,
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// Whether an entry holds a private key. A shared secret (`oct`) is none: it has no public part, and
/// is never used.
pub(super) fn is_private(value: &Value) -> bool {
    value.get("d").is_some_and(|private| !private.is_null())
}

fn check_usage(common: &CommonParameters) -> Result<(), String> {
    match &common.public_key_use {
        None | Some(PublicKeyUse::Signature) => {}
        Some(PublicKeyUse::Other(usage)) if usage == JWT_SVID => {}
        Some(PublicKeyUse::Encryption) => {
            return Err("it is for `enc`, not for signatures".to_owned());
        }
        Some(PublicKeyUse::Other(usage)) => {
            return Err(format!("it is for `{usage}`, not for signatures"));
        }
    }
    match &common.key_operations {
        Some(operations) if !operations.contains(&KeyOperations::Verify) => {
            Err("its `key_ops` do not have `verify`".to_owned())
        }
        _ => Ok(()),
    }
}

fn public_key(parameters: &AlgorithmParameters, value: &Value) -> Result<VerifyingKey, String> {
    match parameters {
        AlgorithmParameters::RSA(key) => rsa(&bytes("n", &key.n)?, &bytes("e", &key.e)?),
        AlgorithmParameters::EllipticCurve(key) => elliptic(key),
        AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            curve: EllipticCurve::Ed25519,
            x,
            ..
        }) => match bytes("x", x)? {
            key if key.len() == 32 => Ok(VerifyingKey::Ed25519(key)),
            key => Err(format!("its `x` has {} bytes, not 32", key.len())),
        },
        // A shared secret in a public key set is not secret.
        AlgorithmParameters::OctetKey(_) => {
            Err("it is a shared secret, which a JWKS must not hold".to_owned())
        }
        _ => Err(unknown(value)),
    }
}

fn elliptic(key: &EllipticCurveKeyParameters) -> Result<VerifyingKey, String> {
    let (x, y) = (bytes("x", &key.x)?, bytes("y", &key.y)?);
    match key.curve {
        EllipticCurve::P256 => Ok(VerifyingKey::P256(point(&x, &y, 32)?)),
        EllipticCurve::P384 => Ok(VerifyingKey::P384(point(&x, &y, 48)?)),
        EllipticCurve::P521 => p521(&point(&x, &y, 66)?),
        _ => Err("its curve is not for its type".to_owned()),
    }
}

/// Why jsonwebtoken does not know the type of a key.
fn unknown(value: &Value) -> String {
    let needed: &[&str] = match (text(value, "kty"), text(value, "crv")) {
        (Some("RSA"), _) => &["n", "e"],
        (Some("EC"), Some("P-256" | "P-384" | "P-521")) => &["x", "y"],
        (Some("OKP"), Some("Ed25519")) => &["x"],
        (Some("EC" | "OKP"), curve) => {
            return format!("its curve is `{}`, which is not supported", curve.unwrap_or_default());
        }
        (Some("oct"), _) => return "it is a shared secret without a value".to_owned(),
        (Some(kty), _) => return format!("its type is `{kty}`, which is not supported"),
        (None, _) => return "it has no `kty`".to_owned(),
    };
    match needed.iter().find(|name| text(value, name).is_none()) {
        Some(name) if value.get(name).is_some() => format!("its `{name}` is not a string"),
        Some(name) => format!("it has no `{name}`"),
        None => "it cannot be read".to_owned(),
    }
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("its `{name}` is not base64url"))
}

/// An RSA key of a modulus and an exponent, both big-endian.
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<VerifyingKey, String> {
    let without_zeros = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        bytes.get(zeros..).unwrap_or_default().to_vec()
    };
    let (n, e) = (without_zeros(modulus), without_zeros(exponent));
    let leading = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = n.len() * 8 - leading;
    if bits < RSA_BITS {
        return Err(format!("it has {bits} bits, and RSA needs {RSA_BITS} at least"));
    }
    Ok(VerifyingKey::Rsa { n, e })
}

/// A key on P-521 of an uncompressed point.
pub(super) fn p521(point: &[u8]) -> Result<VerifyingKey, String> {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point);
    let key = key.map_err(|_| "it is not a point on P-521".to_owned())?;
    Ok(VerifyingKey::P521(Box::new(key)))
}

/// An uncompressed point (SEC 1, section 2.3.3).
fn point(x: &[u8], y: &[u8], length: usize) -> Result<Vec<u8>, String> {
    if x.len() != length || y.len() != length {
        return Err(format!("its `x` and `y` must have {length} bytes each"));
    }
    Ok([&[4], x, y].concat())
}
