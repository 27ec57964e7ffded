//! What is probably wrong with a token, whoever signed it.

use serde_json::{Map, Value};

use super::verify::seconds;
use super::{Claims, LEEWAY, Limits};

/// A lifetime of more than a day is rarely meant, in seconds.
const LONG_LIFE: u64 = 24 * 60 * 60;

/// Everything suspicious about the claims of a token at a time (seconds since the epoch), in words,
/// what keeps a server from taking it first.
pub fn suspicions(claims: &Map<String, Value>, now: u64) -> Vec<String> {
    let mut found = about_times(claims, now);
    match serde_json::from_value::<Claims>(Value::Object(claims.clone())) {
        Ok(typed) => found.extend(about_grants(&typed)),
        // LiveKit's server and its clients read the claims into types as well, and refuse the token.
        Err(error) => found.push(format!("a claim is not what LiveKit has it: {error}")),
    }
    if claims.contains_key("room_config") {
        found.push("`room_config` is not read by anyone: the claim is `roomConfig`".to_owned());
    }
    found
}

fn about_times(claims: &Map<String, Value>, now: u64) -> Vec<String> {
    let mut found = Vec::new();
    let time = |name| seconds(claims, name);
    match time("exp") {
        Err(error) => found.push(error.to_string()),
        Ok(None) => found.push(
            "it has no `exp`: newer servers refuse it, older ones for ever take it".to_owned(),
        ),
        Ok(Some(exp)) if exp <= now => found.push(format!("it expired {} seconds ago", now - exp)),
        Ok(Some(exp)) => {
            let start = time("nbf").ok().flatten().or(time("iat").ok().flatten()).unwrap_or(now);
            if exp.saturating_sub(start) > LONG_LIFE + LEEWAY {
                found.push("it is good for more than a day, for whoever finds it".to_owned());
            }
        }
    }
    match time("nbf") {
        Err(error) => found.push(error.to_string()),
        Ok(None) => found.push("it has no `nbf`: some clients never refresh it then".to_owned()),
        Ok(Some(nbf)) if nbf > now => {
            found.push(format!("it is not good yet, for another {} seconds", nbf - now));
        }
        Ok(Some(_)) => {}
    }
    found
}

fn about_grants(claims: &Claims) -> Vec<String> {
    let mut found = Vec::new();
    let video = &claims.video;
    if claims.joins() && video.room.is_empty() {
        found.push("it joins, but names no room".to_owned());
    }
    if claims.joins() && claims.sub.is_empty() {
        found.push("it joins, but names no identity (`sub`)".to_owned());
    }
    if video.room_admin && video.room.is_empty() {
        found.push("it moderates a room, but names none".to_owned());
    }
    if video.can_publish == Some(false) && !video.can_publish_sources.is_empty() {
        found.push("it names sources to publish from, but may not publish".to_owned());
    }
    let config = claims.room_config.as_ref();
    if config.is_some_and(super::RoomConfig::dispatches) && !claims.joins() {
        found.push(
            "it dispatches an agent, but does not join, and only a join does that".to_owned(),
        );
    }
    if let Some(path) = config.and_then(super::RoomConfig::find_credential) {
        found.push(format!("`{path}` is a credential, and whoever holds the token can read it"));
    }
    if let Err(error) = claims.check_limits(&Limits::default()) {
        found.push(error.to_string());
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_000_000;

    fn found(claims: &Value) -> String {
        suspicions(claims.as_object().expect("an object"), NOW).join("\n")
    }

    #[test]
    fn a_plain_token_is_not_suspicious() {
        let video = json!({"roomJoin": true, "room": "demo"});
        let claims = json!({"sub": "ada", "nbf": NOW - 10, "exp": NOW + 600, "video": video});
        assert_eq!(found(&claims), "");
    }

    #[test]
    fn each_trap_is_named() {
        let cases = [
            (json!({"nbf": 1}), "no `exp`"),
            (json!({"nbf": 1, "exp": NOW - 5}), "expired 5 seconds ago"),
            (json!({"nbf": NOW + 90, "exp": NOW + 600}), "another 90 seconds"),
            (json!({"exp": NOW + 600}), "no `nbf`"),
            (json!({"nbf": NOW, "exp": NOW + 200_000}), "more than a day"),
            (json!({"exp": "soon"}), "`exp` is not a number"),
            (json!({"sub": "a", "video": {"roomJoin": true}}), "names no room"),
            (json!({"video": {"roomJoin": true, "room": "r"}}), "names no identity"),
            (json!({"video": {"roomAdmin": true}}), "moderates a room"),
            (json!({"video": {"canPublish": "yes"}}), "not what LiveKit has it"),
            (json!({"room_config": {}}), "the claim is `roomConfig`"),
            (json!({"roomConfig": {"agents": [{}]}}), "only a join does that"),
            (json!({"name": "n".repeat(300)}), "has 300 bytes"),
        ];
        for (claims, expected) in cases {
            let found = found(&claims);
            assert!(found.contains(expected), "{claims}: {found}");
        }
    }
}
