//! Grants that depend on who asks.

use serde_json::{Map, Value};

use super::claims::ClaimCheck;
use crate::token::Claims;

/// A grant that is put into a token: its section among the claims, its name and its value, such as
/// `video`, `canPublish` and `false`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Grant {
    /// `video`, `sip`, `agent` and so on.
    pub section: String,
    /// The grant's name in it.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// Grants for those of whom a condition holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GrantWhen {
    /// The condition.
    pub check: ClaimCheck,
    /// What they are granted.
    pub grants: Vec<Grant>,
}

/// A grant that LiveKit does not know, or that takes another type of value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{section}.{name}` is not a grant, or not with this value")]
pub struct GrantError {
    section: String,
    name: String,
}

impl Grant {
    /// A grant. Whether there is such a one shows when it is [put into](apply) claims.
    pub fn new(section: impl Into<String>, name: impl Into<String>, value: Value) -> Self {
        Self { section: section.into(), name: name.into(), value }
    }
}

impl GrantWhen {
    /// Grants these when the condition holds.
    pub fn new(check: ClaimCheck, grants: Vec<Grant>) -> Self {
        Self { check, grants }
    }
}

/// The sections that hold grants.
const SECTIONS: &[&str] =
    &["video", "sip", "agent", "inference", "observability", "agentEndpoint", "agentThread"];

/// Puts grants into claims, in order, over what stands there.
///
/// # Errors
/// [`GrantError`] names the first that there is not.
pub(super) fn apply<'g>(
    claims: Claims,
    grants: impl Iterator<Item = &'g Grant> + Clone,
) -> Result<Claims, GrantError> {
    if grants.clone().next().is_none() {
        return Ok(claims);
    }
    let wrong =
        |grant: &Grant| GrantError { section: grant.section.clone(), name: grant.name.clone() };
    let mut claims = claims;
    for grant in grants {
        if !SECTIONS.contains(&grant.section.as_str()) {
            return Err(wrong(grant));
        }
        claims = put(claims, grant).ok_or_else(|| wrong(grant))?;
    }
    Ok(claims)
}

/// By way of JSON, in which the types of `token::grants` check name and type.
fn put(claims: Claims, Grant { section, name, value }: &Grant) -> Option<Claims> {
    let mut json = serde_json::to_value(claims).ok()?;
    let members = json.as_object_mut()?.entry(section).or_insert_with(|| Map::new().into());
    members.as_object_mut()?.insert(name.clone(), value.clone());
    let claims = serde_json::from_value::<Claims>(json).ok()?;
    // An unknown name is dropped on the way; but so is what means nothing, such as `false`.
    let back = serde_json::to_value(&claims).ok()?;
    let kept = back.get(section).and_then(|members| members.get(name)) == Some(value);
    let nothing = match value {
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    (kept || nothing).then_some(claims)
}

/// Reads `{"video": {"canPublish": false}, "roomAdmin": true}`: sections, and grants of `video`.
///
/// # Errors
/// [`GrantError`] names the first that is none.
pub(super) fn from_json(members: Map<String, Value>) -> Result<Vec<Grant>, GrantError> {
    let mut grants = Vec::new();
    for (name, value) in members {
        match value {
            Value::Object(section) => grants
                .extend(section.into_iter().map(|(grant, value)| Grant::new(&name, grant, value))),
            value => grants.push(Grant::new("video", name, value)),
        }
    }
    apply(Claims::default(), grants.iter())?;
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Vec<Grant>, GrantError> {
        from_json(serde_json::from_value(value).expect("an object"))
    }

    #[test]
    fn grants_are_put_over_those_that_are_there() {
        let grants = json!({"roomAdmin": true, "canPublish": false, "sip": {"call": true}});
        let mut claims = Claims::default();
        claims.video.can_publish = Some(true);
        let claims = apply(claims, read(grants).expect("grants").iter()).expect("known");
        assert!(claims.video.room_admin && claims.sip.call);
        assert_eq!(claims.video.can_publish, Some(false));
    }

    #[test]
    fn what_is_no_grant_is_refused() {
        for grants in [
            json!({"roomAdmn": true}),
            json!({"roomAdmin": "yes"}),
            json!({"video": {"x": 1}}),
            json!({"iss": {"x": true}}),
            json!({"attributes": {"a": "b"}}),
        ] {
            assert!(read(grants.clone()).is_err(), "{grants}");
        }
    }
}
