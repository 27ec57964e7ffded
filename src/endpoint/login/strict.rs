//! JSON in which no name is given twice, at any depth: readers differ in which of the two they take.

use serde_json::Value;

use crate::token::{Json, given_twice};

/// Reads JSON; `None` when it is none, or a name is given twice in one object.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
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
