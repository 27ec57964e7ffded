//! The checks of a LiveKit server, and what to do about a token that fails one.

use super::body::{Body, Refusal};
use super::times;
use crate::token::{Check, Claims, Decoded, KeyPair, VerifyError};

/// A check that was made.
pub(super) struct Checked {
    pub(super) name: &'static str,
    pub(super) refusal: Option<Refusal>,
    /// Why it passes, if that is not obvious.
    pub(super) remark: Option<String>,
}

/// Checks a token as LiveKit's server would, and the body of a webhook if there is one.
pub(super) fn checks(
    keys: &KeyPair,
    token: &Decoded,
    body: Option<&Body>,
    now: u64,
) -> Vec<Checked> {
    let mut checks = Vec::from(Check::ALL.map(|check| check_token(keys, check, token, now)));
    if let Ok(claims) = token.typed() {
        checks.extend(claims.joins().then(|| check_join(&claims)));
        checks.extend(body.map(|body| Checked {
            name: "sha256",
            refusal: body.refusal(&claims.sha256),
            remark: None,
        }));
    }
    checks
}

fn check_token(keys: &KeyPair, check: Check, token: &Decoded, now: u64) -> Checked {
    let name = check.as_str();
    match keys.check(check, token, now) {
        Ok(()) => Checked { name, refusal: None, remark: times::within_leeway(check, token, now) },
        Err(error) => {
            let refusal = Refusal { reason: times::refusal(&error, now), help: help(&error) };
            Checked { name, refusal: Some(refusal), remark: None }
        }
    }
}

/// Checks what the server wants of a token with which a participant joins.
fn check_join(claims: &Claims) -> Checked {
    let refusal = |reason: &str, help: &str| {
        Some(Refusal { reason: reason.to_owned(), help: help.to_owned() })
    };
    let refusal = if claims.sub.is_empty() {
        refusal(
            "it joins, but names no identity, and the server answers 400",
            "mint one with --identity",
        )
    } else if claims.video.room.is_empty() {
        refusal(
            "it joins, but names no room: servers since 1.9.1 answer 400, and older ones let it join any room",
            "mint one with --room",
        )
    } else {
        None
    };
    Checked { name: "join", refusal, remark: None }
}

fn help(error: &VerifyError) -> String {
    let help = match error {
        VerifyError::Signature => {
            "use the secret of the key that the token names (`iss`); if it is the right one, the token was \
             cut off or changed"
        }
        VerifyError::Issuer { found } if found.is_empty() => "mint one with `lkt mint`",
        VerifyError::Issuer { .. } => "use the key that the token names (`iss`)",
        VerifyError::Expired { .. } => "mint a new one",
        VerifyError::NotYet { .. } => "wait, or compare the clocks of both machines",
        VerifyError::Algorithm { .. } => {
            "LiveKit's tokens are signed with the API secret (HS256): mint one with `lkt mint`"
        }
        VerifyError::NoExpiry => "mint one with `lkt mint --ttl`",
        _ => "mint one with `lkt mint`",
    };
    help.to_owned()
}
