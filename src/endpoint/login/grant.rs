//! Grants that depend on the caller.

use serde_json::{Map, Value};

use super::claim_check::ClaimCheck;
use crate::token::{Claims, Grant};

/// A grant with its value, such as `canPublish` and `false`.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenGrant {
    grant: &'static Grant,
    value: Value,
}

/// Grants for callers that meet a condition.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GrantWhen {
    /// The condition.
    pub check: ClaimCheck,
    /// The grants that they get.
    pub grants: Vec<GivenGrant>,
}

/// The error for a grant that LiveKit does not know, or that takes another type of value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{claim}.{name}` is not a grant, or not with this value")]
pub struct GrantError {
    claim: String,
    name: String,
}

impl GivenGrant {
    /// Creates a grant from its claim (`video`, `sip`, `agent` and so on) and its name in that
    /// claim. The room is refused: it is a field of the request.
    ///
    /// # Errors
    /// [`GrantError`] if there is no such grant, or the value has the wrong type.
    pub fn new(claim: &str, name: &str, value: Value) -> Result<Self, GrantError> {
        let wrong = || GrantError { claim: claim.to_owned(), name: name.to_owned() };
        let grant = Grant::find(claim, name).ok_or_else(wrong)?;
        if (claim, name) == ("video", "room") {
            return Err(wrong());
        }
        if value.is_null() || Claims::default().with_grants([(grant, &value)]).is_err() {
            return Err(wrong());
        }
        Ok(Self { grant, value })
    }

    /// The grant and its value.
    pub(in crate::endpoint) fn parts(&self) -> (&'static Grant, &Value) {
        (self.grant, &self.value)
    }
}

impl GrantWhen {
    /// Creates a rule that gives these grants if the condition holds.
    pub fn new(check: ClaimCheck, grants: Vec<GivenGrant>) -> Self {
        Self { check, grants }
    }
}

/// Reads grants such as `{"video": {"canPublish": false}, "roomAdmin": true}`: members are claims,
/// or grants of `video`.
///
/// # Errors
/// [`GrantError`] names the first member that is not a grant.
pub(in crate::endpoint) fn from_json(
    members: Map<String, Value>,
) -> Result<Vec<GivenGrant>, GrantError> {
    let mut grants = Vec::new();
    for (name, value) in members {
        match value {
            Value::Object(claim) => {
                for (grant, value) in claim {
                    grants.push(GivenGrant::new(&name, &grant, value)?);
                }
            }
            value => grants.push(GivenGrant::new("video", &name, value)?),
        }
    }
    Ok(grants)
}

/// Writes grants as [`from_json`] reads them. Of two values for one grant, the later one counts.
pub(in crate::endpoint) fn to_json(grants: &[GivenGrant]) -> Map<String, Value> {
    let mut members = Map::new();
    for GivenGrant { grant, value } in grants {
        if grant.claim == "video" {
            members.insert(grant.name.to_owned(), value.clone());
            continue;
        }
        let claim = members.entry(grant.claim).or_insert_with(|| Map::new().into());
        if let Some(claim) = claim.as_object_mut() {
            claim.insert(grant.name.to_owned(), value.clone());
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Vec<GivenGrant>, GrantError> {
        from_json(serde_json::from_value(value).expect("an object"))
    }

    #[test]
    fn grants_are_put_over_those_that_are_there() {
        let grants = json!({"roomAdmin": true, "canPublish": false, "sip": {"call": true}});
        let mut claims = Claims::default();
        claims.video.can_publish = Some(true);
        let grants = read(grants).expect("grants");
        let claims = claims.with_grants(grants.iter().map(GivenGrant::parts)).expect("known");
        assert!(claims.video.room_admin && claims.sip.call);
        assert_eq!(claims.video.can_publish, Some(false));
    }

    #[test]
    fn grants_are_written_as_they_are_read() {
        let json = json!({"roomAdmin": true, "sip": {"admin": false, "call": true}});
        assert_eq!(json, Value::Object(to_json(&read(json.clone()).expect("grants"))));
    }

    #[test]
    fn what_is_no_grant_is_refused() {
        for grants in [
            json!({"room": "other"}),
            json!({"roomAdmn": true}),
            json!({"roomAdmin": "yes"}),
            json!({"roomAdmin": null}),
            json!({"video": {"x": 1}}),
            json!({"canPublishSources": ["kitchen"]}),
            json!({"iss": {"x": true}}),
            json!({"attributes": {"a": "b"}}),
        ] {
            assert!(read(grants.clone()).is_err(), "{grants}");
        }
    }
}
