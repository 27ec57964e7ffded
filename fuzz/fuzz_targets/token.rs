//! Fuzzes the decoding of a token, and checks that it is verified only if this secret signed it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lkt::token::{ApiSecret, Decoded, KeyPair, VerifyError};

const NOW: u64 = 1_800_000_000;

static KEYS: LazyLock<KeyPair> = LazyLock::new(|| {
    let secret = ApiSecret::new("a-secret-that-no-fuzzer-guesses-in-time").expect("a secret");
    KeyPair::new("APIfuzz", secret).expect("a key")
});

fuzz_target!(|token: &str| {
    let decoded = Decoded::new(token);
    match KEYS.verify(token, NOW) {
        Ok(_) => panic!("nobody signed this token"),
        Err(VerifyError::Malformed(error)) => assert_eq!(decoded.err(), Some(error)),
        Err(_) => assert!(decoded.is_ok()),
    }
});
