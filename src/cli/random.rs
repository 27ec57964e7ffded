//! Random numbers from the system.

use crate::endpoint::Random;

/// The system's random source.
pub(super) fn system() -> Random {
    // The source fails only on a system that has none. A panic is better than giving everyone the same
    // identity.
    Random::new(|| getrandom::u64().unwrap_or_else(|error| panic!("no randomness: {error}")))
}
