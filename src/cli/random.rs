//! Randomness, from the system.

use crate::endpoint::Random;

/// The system's random source.
pub(super) fn system() -> Random {
    // The system's source fails only where there is none at all; then `{random}` must not quietly
    // become the same for everyone.
    Random::new(|| getrandom::u64().unwrap_or_else(|error| panic!("no randomness: {error}")))
}
