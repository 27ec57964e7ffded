//! Problems of a token in words, with times as people read them and suggestions for misspelt names.

use crate::cli::suggest::did_you_mean;
use crate::times::{rfc3339, words};
use crate::token::{Check, Decoded, GRANTS, LEEWAY, Suspicion, VerifyError};

/// Why a server refuses a token at `now`, in seconds since the epoch.
pub(super) fn refusal(reason: &VerifyError, now: u64) -> String {
    match reason {
        VerifyError::Expired { ago } => expired(*ago),
        VerifyError::NotYet { left } => not_yet(*left, now),
        other => other.to_string(),
    }
}

/// Why a token is suspicious at `now`.
pub(super) fn suspicion(suspicion: &Suspicion, now: u64) -> String {
    match suspicion {
        Suspicion::Expired { ago } => expired(*ago),
        Suspicion::NotYet { left } => not_yet(*left, now),
        Suspicion::UnknownGrant { grant } => match similar_grant(grant) {
            _ if is_claim(grant) => {
                format!("{suspicion}; `{}` is a claim beside `video`", name_of(grant))
            }
            Some(similar) => format!("{suspicion}; did you mean `{similar}`?"),
            None => suspicion.to_string(),
        },
        other => other.to_string(),
    }
}

/// Whether a grant that LiveKit does not define has the name of a claim.
fn is_claim(path: &str) -> bool {
    const CLAIMS: [&str; 8] = [
        "roomConfig",
        "roomPreset",
        "attributes",
        "metadata",
        "name",
        "kind",
        "kindDetails",
        "sip",
    ];
    CLAIMS.contains(&name_of(path))
}

fn name_of(path: &str) -> &str {
    path.split_once('.').map_or(path, |(_, name)| name)
}

/// The path of the grant of the same claim that is closest to a misspelt one.
fn similar_grant(path: &str) -> Option<String> {
    let (claim, name) = path.split_once('.')?;
    let names = GRANTS.iter().filter(|grant| grant.claim == claim).map(|grant| grant.name);
    did_you_mean(name, names).map(|similar| format!("{claim}.{similar}"))
}

/// A remark on a check that passes only because of the allowed clock difference.
pub(super) fn within_leeway(check: Check, token: &Decoded, now: u64) -> Option<String> {
    let at = |claim| token.seconds(claim).and_then(|at| u64::try_from(at).ok());
    let what = match check {
        Check::Expiry => {
            let ago = now.checked_sub(at("exp")?)?;
            format!("expired {ago} s ago")
        }
        Check::Start => {
            let left = at("nbf")?.checked_sub(now).filter(|left| *left > 0)?;
            format!("valid in {left} s")
        }
        _ => return None,
    };
    Some(format!("{what}, within the server's leeway of {LEEWAY} s"))
}

fn expired(ago: i64) -> String {
    format!("it expired {} ago", words(ago.unsigned_abs()))
}

fn not_yet(left: i64, now: u64) -> String {
    let left = left.unsigned_abs();
    format!("not valid before {} (in {})", rfc3339(now.saturating_add(left)), words(left))
}
