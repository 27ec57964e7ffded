//! The claims of a token as LiveKit's server reads them: Go's `encoding/json` into the structs of
//! `auth/grants.go` in `github.com/livekit/protocol`, and golang-jwt's registered claims.
//!
//! The server ignores the case of names. If a claim is given twice, the later value wins, and the
//! members of grants and attributes are merged. The server refuses a token with a value of the
//! wrong type. `tests/interop` compares this module with LiveKit's code.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::claim_kinds::{Kind, known_claim, known_grant};
use super::json::{Json, given_twice};
use super::numeric_date::seconds;
use super::proto_json::{FieldError, Problem};
use super::suspicion::Suspicion;
use super::{Claims, KindDetail, ParticipantKind, RoomConfig, TrackSource};

/// The result of reading a token's claims.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    /// The merged claims, by LiveKit's names.
    pub(super) claims: Map<String, Value>,
    /// Oddities of the token's text that the merged claims do not show.
    pub(super) odd: Vec<Suspicion>,
    /// The first claim that cannot be read.
    pub(super) error: Option<FieldError>,
    /// The claims that cannot be read, by their paths.
    pub(super) unreadable: BTreeSet<String>,
    room_config: Option<RoomConfig>,
}

impl Reading {
    pub(super) fn new(claims: Vec<(String, Json)>) -> Self {
        let mut reading = Self::default();
        let mut read = Map::new();
        reading.fold(claims, &mut read, "", &known_claim);
        reading.claims = read;
        reading
    }

    /// Returns the claims in typed form.
    pub(super) fn typed(&self) -> Result<Claims, FieldError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let mut known = self.claims.clone();
        let [iat, nbf, exp] = ["iat", "nbf", "exp"].map(|name| self.seconds(name));
        // These are set below: they may have values for newer servers that this crate does not
        // know.
        known.retain(|name, _| {
            let set_below = ["iat", "nbf", "exp", "kind", "kindDetails", "roomConfig"];
            !set_below.contains(&name.as_str())
        });
        let sources = known.get_mut("video").and_then(|video| video.get_mut("canPublishSources"));
        for source in sources.and_then(Value::as_array_mut).into_iter().flatten() {
            let known = source.as_str().is_some_and(|name| name.parse::<TrackSource>().is_ok());
            if !known {
                *source = Value::from(TrackSource::Unknown.as_str());
            }
        }
        // Every type was checked, so this does not fail.
        let mut claims = serde_json::from_value::<Claims>(Value::Object(known)).unwrap_or_default();
        let whole = |at: Option<i64>| at.map_or(0, |at| u64::try_from(at).unwrap_or(0));
        (claims.iat, claims.nbf, claims.exp) = (whole(iat), whole(nbf), whole(exp));
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str).unwrap_or_default();
        // `ParseAPIToken` in `auth/verifier.go`.
        if claims.sub.is_empty() {
            text("jti").clone_into(&mut claims.sub);
        }
        claims.kind = text("kind").to_lowercase().parse::<ParticipantKind>().ok();
        let details = self.claims.get("kindDetails").and_then(Value::as_array);
        let details = details.into_iter().flatten().filter_map(Value::as_str);
        claims.kind_details =
            details.filter_map(|name| name.to_lowercase().parse::<KindDetail>().ok()).collect();
        claims.room_config.clone_from(&self.room_config);
        Ok(claims)
    }

    /// Returns the time in a claim, in seconds since the epoch.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(seconds)
    }

    /// Merges the members of an object into those read earlier.
    fn fold(
        &mut self,
        members: Vec<(String, Json)>,
        into: &mut Map<String, Value>,
        path: &str,
        known: &dyn Fn(&str) -> Option<(&'static str, Kind)>,
    ) {
        let mut seen = BTreeSet::new();
        for (name, json) in members {
            let found = known(&name);
            let meant = found.map_or(name.as_str(), |(meant, _)| meant);
            let place = format!("{path}{meant}");
            if meant != name {
                let written = format!("{path}{name}");
                self.odd.push(Suspicion::Spelling { written, meant: place.clone() });
            }
            if !seen.insert(meant.to_owned()) {
                self.odd.push(Suspicion::GivenTwice { claim: place.clone() });
            }
            if let Some((meant, kind)) = found {
                self.set(into, meant, kind, json, &place);
                continue;
            }
            // A JWT may have any claim, but LiveKit defines the members of a grant.
            if !path.is_empty() {
                self.odd.push(Suspicion::UnknownGrant { grant: place });
            }
            into.insert(name, json.into_value());
        }
    }

    fn set(
        &mut self,
        into: &mut Map<String, Value>,
        name: &'static str,
        kind: Kind,
        json: Json,
        place: &str,
    ) {
        match (kind, json) {
            // In Go, `null` leaves a plain value as it was, and clears a pointer, a list or a map.
            (Kind::Flag | Kind::Text | Kind::Audience, Json::Null) => {}
            (kind, Json::Null) => {
                into.remove(name);
                if matches!(kind, Kind::RoomConfig) {
                    self.room_config = None;
                }
            }
            (Kind::Grants, Json::Object(members)) => {
                // Removed instead of cloned: with cloning, a claim that is repeated often would
                // take quadratic time.
                let mut read = match into.remove(name) {
                    Some(Value::Object(before)) => before,
                    _ => Map::new(),
                };
                let known = |member: &str| known_grant(name, member);
                self.fold(members, &mut read, &format!("{place}."), &known);
                into.insert(name.to_owned(), Value::Object(read));
            }
            (Kind::RoomConfig, json @ Json::Object(_)) => {
                into.insert(name.to_owned(), json.clone().into_value());
                self.read_room_config(json);
            }
            (kind, json) => {
                if let (Kind::Attributes, Json::Object(members)) = (kind, &json)
                    && let Some(twice) = given_twice(members)
                {
                    let claim = format!("{place}.{twice}");
                    self.odd.push(Suspicion::GivenTwice { claim });
                }
                // Only these kinds are merged into the earlier value. For the others, a wrong value
                // leaves the earlier one in place.
                let merges = matches!(kind, Kind::Texts | Kind::Attributes);
                let before = merges.then(|| into.remove(name)).flatten();
                self.keep(into, name, kind.read(json, before), place);
            }
        }
    }

    fn keep(
        &mut self,
        into: &mut Map<String, Value>,
        name: &str,
        value: Result<Value, FieldError>,
        place: &str,
    ) {
        match value {
            Ok(value) => {
                into.insert(name.to_owned(), value);
            }
            Err(error) => self.note_unreadable(place, error.within(place)),
        }
    }

    fn note_unreadable(&mut self, claim: &str, error: FieldError) {
        self.error.get_or_insert(error);
        self.unreadable.insert(claim.to_owned());
    }

    /// Reads a room configuration. The server uses only the last one, skips fields and enum names
    /// that it does not know, and refuses the token if it cannot read any one of them.
    fn read_room_config(&mut self, json: Json) {
        match RoomConfig::from_json(json) {
            Ok(read) => self.room_config = Some(read.config),
            Err(FieldError { path, problem: Problem::UnknownName { .. } }) => {
                self.room_config = None;
                self.odd.push(Suspicion::UnknownValue { path: as_claim(&path) });
            }
            Err(FieldError { path, problem }) => {
                let error = FieldError { path: as_claim(&path), problem };
                self.note_unreadable("roomConfig", error);
            }
        }
    }
}

/// Converts a path to the spelling in a token, where the claim is called `roomConfig`.
fn as_claim(path: &str) -> String {
    path.replacen("room_config", "roomConfig", 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Reading {
        let Ok(Json::Object(claims)) = serde_json::from_str(text) else { panic!("{text}") };
        Reading::new(claims)
    }

    #[test]
    fn names_are_read_without_regard_to_case_and_merged() {
        let reading = read(
            r#"{"VIDEO":{"ROOMADMIN":true,"room":"a"},"video":{"roomJoin":true,"Room":"b"},
                "\u017fub":"eve","iss":"x","iss":null,"attributes":{"a":"1"},"Attributes":{"b":null}}"#,
        );
        let video = json!({"roomAdmin": true, "roomJoin": true, "room": "b"});
        let attributes = json!({"a": "1", "b": ""});
        let expected = json!({"video": video, "sub": "eve", "iss": "x", "attributes": attributes});
        assert_eq!(Value::Object(reading.claims.clone()), expected);
        let odd = reading.odd.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for part in ["`VIDEO`", "`video.ROOMADMIN`", "`video` is given twice", "`ſub`", "`iss` is"]
        {
            assert!(odd.contains(part), "{part} in {odd}");
        }
        assert!(reading.typed().expect("readable").video.room_admin);
    }

    #[test]
    fn a_claim_that_is_repeated_often_costs_no_more_than_its_text() {
        // If the earlier value were cloned each time, this would take more than a minute.
        let many = |part: &dyn Fn(usize) -> String| {
            let parts = (0..20_000).map(part).collect::<Vec<_>>();
            read(&format!("{{{}}}", parts.join(",")))
        };
        let attributes = many(&|n| format!(r#""attributes":{{"a{n}":"{n}"}}"#));
        assert_eq!(attributes.typed().expect("readable").attributes.len(), 20_000);
        let video = many(&|n| format!(r#""video":{{"x{n}":"{n}"}}"#));
        let members = video.claims.get("video").and_then(Value::as_object);
        assert_eq!(members.map(Map::len), Some(20_000));
        let long = "x".repeat(100_000);
        let sources = many(&|n| match n {
            0 => format!(r#""kindDetails":["{long}"]"#),
            _ => r#""kindDetails":[null]"#.to_owned(),
        });
        assert_eq!(sources.claims.get("kindDetails"), Some(&json!([long])));
    }

    #[test]
    fn null_takes_back_what_is_optional_and_nothing_else() {
        let reading = read(
            r#"{"video":{"roomJoin":true,"roomJoin":null,"canPublish":false,"canPublish":null,
                "canPublishSources":["camera"],"canPublishSources":[null,"microphone"]},
                "sip":{"call":true},"sip":null}"#,
        );
        let video = json!({"roomJoin": true, "canPublishSources": ["camera", "microphone"]});
        assert_eq!(Value::Object(reading.claims), json!({"video": video}));
    }

    #[test]
    fn what_livekits_server_reads_is_readable() {
        for claims in [
            json!({}),
            json!({"unknown": [1], "aud": ["a", "b"], "jti": "x", "exp": "1e9", "iat": -5.5}),
            json!({"kind": "martian", "kindDetails": ["new"], "video": null, "name": null}),
            json!({"video": {"canPublish": null, "unknown": 1}}),
            json!({"attributes": {"a": null}, "roomConfig": null}),
            json!({"roomConfig": {"unknown": 1, "empty_timeout": "5", "agents": null}}),
            json!({"roomConfig": {"agents": [{"restartPolicy": "JRP_NEW"}]}}),
        ] {
            assert_eq!(read(&claims.to_string()).error, None, "{claims}");
        }
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named() {
        for (claims, named) in [
            (json!({"name": 5}), "name"),
            (json!({"sub": 5}), "sub"),
            (json!({"aud": 5}), "aud"),
            (json!({"aud": ["a", null]}), "aud"),
            (json!({"identity": 5}), "identity"),
            (json!({"kind": 1}), "kind"),
            (json!({"iat": "now"}), "iat"),
            (json!({"exp": " 5"}), "exp"),
            (json!({"exp": "+5"}), "exp"),
            (json!({"exp": true}), "exp"),
            (json!({"metadata": {"a": 1}}), "metadata"),
            (json!({"attributes": {"a": 1}}), "attributes.a"),
            (json!({"video": "all"}), "video"),
            (json!({"Video": {"ROOMJOIN": "yes"}}), "video.roomJoin"),
            (json!({"video": {"canPublishSources": [1]}}), "video.canPublishSources[0]"),
            (json!({"roomConfig": "x"}), "roomConfig"),
            (json!({"roomConfig": {"syncStreams": 1}}), "roomConfig.syncStreams"),
            (json!({"roomConfig": {"emptyTimeout": -1}}), "roomConfig.emptyTimeout"),
        ] {
            let error = read(&claims.to_string()).error.expect("unreadable");
            assert_eq!(error.path, named, "{claims}");
        }
    }
}
