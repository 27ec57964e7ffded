//! Public keys in PEM (RFC 7468), as OpenSSL writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use spki::der::asn1::{ObjectIdentifier, UintRef};
use spki::der::{Decode, Reader, SliceReader};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::jwk;
use super::key::KeySetError;
use super::signature::VerifyingKey;

/// `rsaEncryption` and `id-RSASSA-PSS` (RFC 8017, appendix A).
const RSA: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"),
];
/// `id-ecPublicKey` and its curves (RFC 5480, section 2).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
/// `id-Ed25519` (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Returns the label and the bytes of each block. Text between blocks is ignored.
pub(super) fn blocks(text: &str) -> Result<Vec<(&str, Vec<u8>)>, KeySetError> {
    let malformed = |problem: &str| KeySetError::Malformed(problem.to_owned());
    let (mut blocks, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) =
            after.split_once("-----").ok_or_else(|| malformed("a line `-----BEGIN` has no end"))?;
        let (body, after) = after
            .split_once(&format!("-----END {label}-----"))
            .ok_or_else(|| malformed("a block of PEM has no end"))?;
        let letters = body.chars().filter(|letter| !letter.is_ascii_whitespace());
        let bytes = STANDARD.decode(letters.collect::<String>());
        // A private key may have headers (RFC 1421), and is refused by its label.
        let bytes = match bytes {
            Err(_) if !label.ends_with("PRIVATE KEY") => {
                return Err(malformed("a block of PEM is not base64"));
            }
            bytes => bytes.unwrap_or_default(),
        };
        blocks.push((label, bytes));
        rest = after;
    }
    Ok(blocks)
}

/// Reads the key of one block.
pub(super) fn public_key(label: &str, bytes: &[u8]) -> Result<VerifyingKey, String> {
    match label {
        "PUBLIC KEY" => {
            let info = SubjectPublicKeyInfoRef::from_der(bytes);
            let info = info.map_err(|error| format!("it cannot be read: {error}"))?;
            let key = info.subject_public_key.as_bytes();
            subject_public_key(&info.algorithm, key.ok_or("it cannot be read")?)
        }
        "RSA PUBLIC KEY" => rsa(bytes),
        "CERTIFICATE" => {
            Err("it is a certificate: write its public key with `openssl x509 -pubkey \
                              -noout`"
                .to_owned())
        }
        label => Err(format!("`{label}` is not a public key")),
    }
}

fn subject_public_key(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &[u8],
) -> Result<VerifyingKey, String> {
    if RSA.contains(&algorithm.oid) {
        return rsa(key);
    }
    if algorithm.oid == ED25519 {
        let is_whole = key.len() == 32;
        return is_whole
            .then(|| VerifyingKey::Ed25519(key.to_vec()))
            .ok_or_else(|| format!("it has {} bytes, not 32", key.len()));
    }
    if algorithm.oid != EC {
        return Err(format!("its algorithm is `{}`, which is not supported", algorithm.oid));
    }
    let uncompressed = |length: usize| {
        let is_whole = key.len() == 1 + 2 * length && key.first() == Some(&4);
        is_whole.then(|| key.to_vec()).ok_or("its point is compressed, or too short")
    };
    match algorithm.parameters_oid() {
        Ok(P256) => Ok(VerifyingKey::P256(uncompressed(32)?)),
        Ok(P384) => Ok(VerifyingKey::P384(uncompressed(48)?)),
        Ok(P521) => jwk::p521(&uncompressed(66)?),
        Ok(curve) => Err(format!("its curve is `{curve}`, which is not supported")),
        Err(_) => Err("it names no curve".to_owned()),
    }
}

/// An RSA key (RFC 8017, appendix A.1.1).
fn rsa(bytes: &[u8]) -> Result<VerifyingKey, String> {
    let read = || {
        let mut reader = SliceReader::new(bytes)?;
        reader.sequence(|reader| Ok((UintRef::decode(reader)?, UintRef::decode(reader)?)))
    };
    let (n, e) = read().map_err(|error: spki::der::Error| format!("it cannot be read: {error}"))?;
    jwk::rsa(n.as_bytes(), e.as_bytes())
}
