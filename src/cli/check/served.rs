//! What `lkt serve` makes of a login that is genuine, by its own code.

use std::sync::Arc;

use crate::cli::random;
use crate::endpoint::http::Request;
use crate::endpoint::http::header::{AUTHORIZATION, CONTENT_TYPE};
use crate::endpoint::login::{Issuer, KeySet};
use crate::endpoint::{Endpoint, Outcome, Refusal, ServerUrl};
use crate::failure::Failure;
use crate::times::now;
use crate::token::KeyPair;

/// Requests a token with a login from an endpoint as `lkt serve` sets it up without further options.
/// Returns the size of the login's name, if only its beginning is in the token, or the refusal.
pub(super) fn served(
    issuer: &Issuer,
    keys: &Arc<KeySet>,
    token: &str,
) -> Result<Result<Option<usize>, Refusal>, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(
            anyhow::anyhow!("{error}"),
            "`lkt serve` would not start with these options",
        )
    };
    // The token goes nowhere, so it does not matter who could accept it.
    let url = "ws://localhost".parse::<ServerUrl>().map_err(|error| failed(&error))?;
    let mut endpoint = Endpoint::new(KeyPair::dev(), url, random::system());
    endpoint.rules.fields.add_login(&issuer.user).map_err(|error| failed(&error))?;
    endpoint.callers.issuers = vec![issuer.clone()];
    endpoint.callers.keys = vec![Some(Arc::clone(keys))];
    let request = Request::post("/getToken")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(b"{}".to_vec());
    let answer = endpoint.handle(request.map_err(|error| failed(&error))?, now());
    Ok(match answer.outcome {
        Outcome::Minted(minted) => Ok(minted.cut_name),
        Outcome::Refused(refusal) => Err(*refusal),
        _ => Ok(None),
    })
}
