//! The fingerprint of a secret: which one it is, without anything of it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::token::ApiSecret;

/// Length of the fingerprint, in bytes. More would help to guess a weak secret.
const BYTES: usize = 3;

/// The first digits of the secret's SHA-256, as `printf %s SECRET | sha256sum` prints it.
pub(crate) fn fingerprint(secret: &ApiSecret) -> String {
    let hash = Sha256::digest(secret.expose());
    hash.iter().take(BYTES).fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_beginning_of_the_secrets_hash() {
        let secret = ApiSecret::new("secret").expect("a secret");
        // printf %s secret | sha256sum
        assert_eq!(fingerprint(&secret), "2bb80d");
    }
}
