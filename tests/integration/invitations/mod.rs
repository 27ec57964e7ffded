//! Invitations: what `lkt invite` prints, and what a server accepts.

mod accepted;
mod command;
mod forged;
mod site;

use lkt::endpoint::Random;
use lkt::endpoint::invitation::{Invitation, InvitationKey};
use lkt::token::{ApiSecret, KeyPair};

/// The time at which these invitations are used.
const NOW: u64 = 1_795_490_239;

/// The key of the server.
const SECRET: &str = "a-secret-with-more-than-32-bytes-in-it";

fn pair(key: &str, secret: &str) -> KeyPair {
    KeyPair::new(key, ApiSecret::new(secret).expect("a secret")).expect("a key")
}

fn keys() -> KeyPair {
    pair("APIkey", SECRET)
}

/// An invitation to `weekly-call` for another hour.
fn invitation() -> Invitation {
    Invitation::new("weekly-call", NOW + 3600, &Random::new(|| 7))
}

fn signed_with(invitation: &Invitation, keys: &KeyPair) -> String {
    invitation.sign(&InvitationKey::new(keys)).expect("a code")
}

fn code() -> String {
    signed_with(&invitation(), &keys())
}
