//! Which versions of LiveKit's server read a claim, and what older ones do. Each was found by giving tokens
//! to nine versions from 1.2.5 to 1.13.11.

use serde_json::{Map, Value};

/// The paths of claims, and what is said about them. `*` is every entry of a list.
const SINCE: &[(&[&str], &str)] = &[
    (&["roomConfig", "agents"], "needs 1.8.2: older servers ignore it"),
    (
        &["roomConfig", "egress", "room", "webhooks"],
        "needs 1.9.0: servers 1.8.2 to 1.8.4 refuse the token",
    ),
    (&["roomConfig", "metadata"], "needs 1.9.1: servers 1.8.2 to 1.9.0 refuse the token"),
    (&["roomConfig", "tags"], "needs 1.10.1: servers 1.8.2 to 1.10.0 refuse the token"),
    (
        &["roomConfig", "agents", "*", "restartPolicy"],
        "needs 1.10.1: servers 1.8.2 to 1.10.0 refuse the token",
    ),
    (
        &["roomConfig", "agents", "*", "deployment"],
        "needs 1.12.0: servers 1.8.2 to 1.11 refuse the token",
    ),
    (
        &["roomConfig", "agents", "*", "attributes"],
        "needs 1.13.2: servers 1.8.2 to 1.11 refuse the token, 1.12.0 to 1.13.1 ignore it",
    ),
    (
        &["roomConfig", "agents", "*", "threadId"],
        "needs a server newer than 1.13: servers 1.8.2 to 1.11 refuse the token, others ignore it",
    ),
    (
        &["roomPreset"],
        "needs 1.8.2: older servers ignore it; with a preset that the server does not have, a join fails",
    ),
];

/// What older servers do with the claims.
pub(super) fn notes(claims: &Map<String, Value>) -> Vec<String> {
    let found = SINCE.iter().filter(|(path, _)| has(claims, path));
    found.map(|(path, note)| format!("`{}` {note}", path.join(".").replace(".*", "[]"))).collect()
}

fn has(members: &Map<String, Value>, path: &[&str]) -> bool {
    let Some((name, rest)) = path.split_first() else { return true };
    let Some(value) = members.get(*name).or_else(|| members.get(&snake_case(name))) else {
        return false;
    };
    match (rest, value) {
        ([], value) => !is_empty(value),
        (["*", rest @ ..], Value::Array(list)) => {
            list.iter().filter_map(Value::as_object).any(|entry| has(entry, rest))
        }
        (rest, Value::Object(members)) => has(members, rest),
        _ => false,
    }
}

/// Whether a value is what proto3 leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Proto3's JSON has fields in both cases.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
