//! Whether LiveKit's server can read the claims of a token: one of the wrong type makes it refuse
//! all of it (`encoding/json` into the structs of `auth/grants.go`, `protojson` for `roomConfig`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Claims, RoomConfig, StrictValue, VerifyError, verify};

/// Refuses a claim that has another type than the server's.
pub(super) fn check(claims: &Map<String, Value>) -> Result<(), VerifyError> {
    verify::seconds(claims, "iat")?;
    check_registered(claims)?;
    let mut claims = without_nulls(claims)?;
    check_room_config(claims.remove("roomConfig"))?;
    forget_names(&mut claims);
    // The checks of issuer and times have their own words.
    claims.retain(|name, _| !["iss", "iat", "nbf", "exp"].contains(&name.as_str()));
    match serde_path_to_error::deserialize::<_, Claims>(Value::Object(claims)) {
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(&error.path().to_string(), error.inner())),
    }
}

/// The claims of RFC 7519 that LiveKit has no use for, but its JWT library reads.
fn check_registered(claims: &Map<String, Value>) -> Result<(), VerifyError> {
    let texts = |value: &Value| match value {
        Value::Array(list) => list.iter().all(Value::is_string),
        value => value.is_string() || value.is_null(),
    };
    let text = |value: &Value| value.is_string() || value.is_null();
    match () {
        () if !claims.get("aud").is_none_or(texts) => Err(unreadable("aud", &"not a text")),
        () if !claims.get("jti").is_none_or(text) => Err(unreadable("jti", &"not a text")),
        () => Ok(()),
    }
}

/// `null` is as good as absent, to Go as to proto3.
fn without_nulls(claims: &Map<String, Value>) -> Result<Map<String, Value>, VerifyError> {
    match StrictValue::deserialize(Value::Object(claims.clone())) {
        Ok(StrictValue(Value::Object(claims))) => Ok(claims),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(unreadable("claims", &error)),
    }
}

/// The server skips the fields and the names of enums that it does not know.
fn check_room_config(value: Option<Value>) -> Result<(), VerifyError> {
    let Some(value) = value else { return Ok(()) };
    match RoomConfig::from_value(StrictValue(value)) {
        Err(error) if !error.problem.starts_with("unknown variant") => {
            let path = error.path.replacen("room_config", "roomConfig", 1);
            Err(unreadable(&path, &error.problem))
        }
        _ => Ok(()),
    }
}

/// Takes out the texts that this crate knows as enums: to the server any text will do.
fn forget_names(claims: &mut Map<String, Value>) {
    let texts =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    if claims.get("kind").is_some_and(Value::is_string) {
        claims.remove("kind");
    }
    if claims.get("kindDetails").is_some_and(texts) {
        claims.remove("kindDetails");
    }
    if let Some(video) = claims.get_mut("video").and_then(Value::as_object_mut)
        && video.get("canPublishSources").is_some_and(texts)
    {
        video.remove("canPublishSources");
    }
}

fn unreadable(claim: &str, problem: &impl ToString) -> VerifyError {
    VerifyError::Claim { claim: claim.to_owned(), problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(claims: Value) -> Result<(), VerifyError> {
        let Value::Object(claims) = claims else { panic!("an object") };
        check(&claims)
    }

    #[test]
    fn what_livekits_server_reads_is_readable() {
        for claims in [
            json!({}),
            json!({"iss": 5, "exp": "soon", "unknown": [1], "aud": ["a", "b"], "jti": "x"}),
            json!({"kind": "martian", "kindDetails": ["new"], "video": null, "name": null}),
            json!({"video": {"canPublish": null, "canPublishSources": ["hologram"]}}),
            json!({"attributes": {"a": null}, "roomConfig": null}),
            json!({"roomConfig": {"unknown": 1, "empty_timeout": "5", "agents": null}}),
            json!({"roomConfig": {"agents": [{"restartPolicy": "JRP_NEW"}]}}),
        ] {
            assert_eq!(checked(claims.clone()), Ok(()), "{claims}");
        }
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named() {
        for (claims, named) in [
            (json!({"name": 5}), "name"),
            (json!({"sub": 5}), "sub"),
            (json!({"aud": 5}), "aud"),
            (json!({"kind": 1}), "kind"),
            (json!({"metadata": {"a": 1}}), "metadata"),
            (json!({"attributes": {"a": 1}}), "attributes.a"),
            (json!({"video": "all"}), "video"),
            (json!({"video": {"roomJoin": "yes"}}), "video.roomJoin"),
            (json!({"video": {"canPublishSources": [1]}}), "video.canPublishSources[0]"),
            (json!({"roomConfig": {"syncStreams": 1}}), "roomConfig.syncStreams"),
            (json!({"roomConfig": {"emptyTimeout": -1}}), "roomConfig.emptyTimeout"),
        ] {
            let error = checked(claims.clone()).expect_err("unreadable");
            let VerifyError::Claim { claim, .. } = error else { panic!("{claims}: {error}") };
            assert_eq!(claim, named, "{claims}");
        }
        assert_eq!(checked(json!({"iat": "now"})), Err(VerifyError::Time("iat")));
    }
}
