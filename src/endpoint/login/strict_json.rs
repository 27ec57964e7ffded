//! JSON without duplicate names, at any depth. Parsers differ in which of two duplicates they use.

use serde_json::Value;

use crate::token::{Json, JsonBudget, given_twice};

/// Reads JSON. Returns `None` if it is not valid, has too many values, or has a name twice in one
/// object.
pub(super) fn read(bytes: &[u8], budget: JsonBudget) -> Option<Value> {
    budget.check(bytes).ok()?;
    let json = serde_json::from_slice::<Json>(bytes).ok()?;
    is_strict(&json).then(|| json.into_value())
}

fn is_strict(json: &Json) -> bool {
    match json {
        Json::List(list) => list.iter().all(is_strict),
        Json::Object(members) => {
            given_twice(members).is_none() && members.iter().all(|(_, value)| is_strict(value))
        }
        Json::Null | Json::Boolean(_) | Json::Number(_) | Json::String(_) => true,
    }
}
