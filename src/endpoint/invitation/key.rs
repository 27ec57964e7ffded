//! The key that signs invitations.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::token::{Hs256, KeyPair};

/// Length of a key's id, in bytes.
pub(super) const ID_BYTES: usize = 4;

/// Labels of the two values that are derived from a secret. The number is the version of the format.
const SIGNING: &[u8] = b"lkt invitation 1 signing\0";
const ID: &[u8] = b"lkt invitation 1 key id\0";

/// A key that signs invitations, derived from an API key and its secret.
///
/// It is derived with HKDF-SHA256 (RFC 5869), so that no signature of an invitation is one of a
/// LiveKit token, and no one can compute the secret from it.
#[derive(Clone)]
pub struct InvitationKey {
    /// The id that a code carries, which tells another key from a changed code.
    pub(super) id: [u8; ID_BYTES],
    pub(super) signer: Hs256,
}

impl InvitationKey {
    /// Derives the key from an API key and its secret.
    pub fn new(keys: &KeyPair) -> Self {
        let secret = Hkdf::<Sha256>::new(None, keys.secret().expose());
        let mut signing = Zeroizing::new([0; 32]);
        expand(&secret, SIGNING, keys.key(), signing.as_mut_slice());
        let mut id = [0; ID_BYTES];
        expand(&secret, ID, keys.key(), &mut id);
        Self { id, signer: Hs256::new(signing.as_slice()) }
    }
}

/// Fills `output` with bytes for this label. The API key is part of it: two keys may have one secret.
fn expand(secret: &Hkdf<Sha256>, label: &[u8], api_key: &str, output: &mut [u8]) {
    // HKDF fails only above 8160 bytes (255 blocks).
    #[allow(clippy::expect_used)]
    let expanded = secret.expand_multi_info(&[label, api_key.as_bytes()], output);
    #[allow(clippy::expect_used)]
    expanded.expect("HKDF gives 32 bytes");
}

impl fmt::Debug for InvitationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InvitationKey(***)")
    }
}
