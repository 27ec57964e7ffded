//! Reviews a token for likely mistakes, regardless of who signed it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::limits::Sizes;
use super::server_reading::Reading;
use super::suspicion::Suspicion;
use super::verify::LEEWAY_SECONDS;
use super::{Claims, KindDetail, ParticipantKind, RoomConfig, TokenLimits, TrackSource};

/// Longest lifetime that is not suspicious, in seconds. A longer one is rarely intended.
const LONG_LIFE: i64 = 24 * 60 * 60;

/// Returns everything suspicious about a token's header and claims at the time `now`, in seconds
/// since the epoch. Problems that make a server refuse the token come first.
pub(super) fn find(header: &Map<String, Value>, reading: &Reading, now: u64) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let typed = reading.typed();
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if algorithm != "HS256" {
        found.push(Suspicion::Algorithm { found: algorithm.to_owned() });
    }
    if let Err(error) = &typed {
        found.push(Suspicion::Unreadable(error.clone()));
    }
    let issuer = reading.claims.get("iss").map(|issuer| issuer.as_str().unwrap_or_default());
    if issuer.unwrap_or_default().is_empty() {
        found.push(Suspicion::NoIssuer);
    }
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    found.extend(about_times(reading, now));
    found.extend(reading.odd.iter().cloned());
    if let Ok(claims) = &typed {
        found.extend(about_grants(claims));
    }
    found.extend(about_names(reading));
    // A claim that is repeated a thousand times is reported once.
    let mut seen = HashSet::new();
    found.retain(|suspicion| seen.insert(suspicion.to_string()));
    found
}

fn about_times(reading: &Reading, now: i64) -> Vec<Suspicion> {
    let [exp, nbf, iat] = ["exp", "nbf", "iat"].map(|name| reading.seconds(name));
    let is_unreadable = |name| reading.unreadable.contains(name);
    let mut found = Vec::new();
    match exp {
        None if is_unreadable("exp") => {}
        None => found.push(Suspicion::NoExpiry),
        Some(exp) if exp <= now => {
            found.push(Suspicion::Expired { ago: now.saturating_sub(exp) });
        }
        Some(exp) => {
            let start = nbf.or(iat).unwrap_or(now);
            if exp.saturating_sub(start) > LONG_LIFE + LEEWAY_SECONDS {
                found.push(Suspicion::LongLived);
            }
        }
    }
    match nbf {
        None if is_unreadable("nbf") => {}
        None => found.push(Suspicion::NoStart),
        Some(nbf) if nbf > now => {
            found.push(Suspicion::NotYet { left: nbf.saturating_sub(now) });
        }
        Some(_) => {}
    }
    if exp.zip(nbf).is_some_and(|(exp, nbf)| nbf > exp) {
        found.push(Suspicion::NeverValid);
    }
    found
}

fn about_grants(claims: &Claims) -> Vec<Suspicion> {
    let video = &claims.video;
    let config = claims.room_config.as_ref();
    let dispatches = config.is_some_and(RoomConfig::dispatches);
    let no_publishing = video.can_publish == Some(false) && !video.can_publish_sources.is_empty();
    let cases = [
        (claims.joins() && video.room.is_empty(), Suspicion::NoRoom),
        (claims.joins() && claims.sub.is_empty(), Suspicion::NoIdentity),
        (video.room_admin && video.room.is_empty(), Suspicion::NoRoomToModerate),
        (no_publishing, Suspicion::SourcesWithoutPublishing),
        (dispatches && !claims.joins(), Suspicion::DispatchWithoutJoin),
    ];
    let mut found =
        cases.into_iter().filter_map(|(so, suspicion)| so.then_some(suspicion)).collect::<Vec<_>>();
    let credential = config.and_then(RoomConfig::find_credential);
    found.extend(credential.map(|path| Suspicion::Credential { path }));
    found.extend(claims.unlimited_grants().map(|grant| Suspicion::EveryRoom { grant }));
    // Servers do not check the name when a participant joins.
    let limits = TokenLimits { name: usize::MAX, ..TokenLimits::default() };
    found.extend(limits.exceeded(&Sizes::of(claims)).map(Suspicion::Limit));
    found
}

impl Claims {
    /// Returns the grants that apply to every room, although the token names one, by the names that
    /// `--grant` has for them.
    pub fn unlimited_grants(&self) -> impl Iterator<Item = &'static str> {
        let video = &self.video;
        let grants = [
            (video.room_create, "roomCreate"),
            (video.room_list, "roomList"),
            (video.room_record, "roomRecord"),
            (video.ingress_admin, "ingressAdmin"),
            (self.sip.call, "sip.call"),
        ];
        let names_room = !video.room.is_empty();
        grants
            .into_iter()
            .filter_map(move |(is_set, grant)| (is_set && names_room).then_some(grant))
    }
}

/// Finds claims that no server reads, and values that are not known names.
fn about_names(reading: &Reading) -> Vec<Suspicion> {
    let unknown = |claim: String, name: &Value, is_known: &dyn Fn(&str) -> bool| {
        let name = name.as_str().filter(|name| !name.is_empty() && !is_known(name))?;
        Some(Suspicion::UnknownName { claim, name: name.to_owned() })
    };
    // The server ignores the case of kinds, but not that of sources.
    let kind = |name: &str| name.to_lowercase().parse::<ParticipantKind>().is_ok();
    let detail = |name: &str| name.to_lowercase().parse::<KindDetail>().is_ok();
    let source = |name: &str| name.parse::<TrackSource>().is_ok();
    let mut found = Vec::new();
    let value = reading.claims.get("kind");
    found.extend(value.and_then(|name| unknown("kind".to_owned(), name, &kind)));
    let details = reading.claims.get("kindDetails").and_then(Value::as_array);
    for (index, name) in (0..).zip(details.into_iter().flatten()) {
        found.extend(unknown(format!("kindDetails[{index}]"), name, &detail));
    }
    let sources = reading.claims.get("video").and_then(|video| video.get("canPublishSources"));
    let sources = sources.and_then(Value::as_array);
    for (index, name) in (0..).zip(sources.into_iter().flatten()) {
        found.extend(unknown(format!("video.canPublishSources[{index}]"), name, &source));
    }
    if reading.claims.contains_key("room_config") {
        found.push(Suspicion::RequestName);
    }
    if reading.claims.contains_key("grants") {
        found.push(Suspicion::GrantsName);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::json::Json;

    const NOW: u64 = 1_000_000;

    fn found(claims: &Value) -> String {
        let Json::Object(members) = claims.clone().into() else { panic!("{claims}") };
        let header = [("alg".to_owned(), json!("HS256"))].into_iter().collect();
        let found = find(&header, &Reading::new(members), NOW);
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_plain_token_is_not_suspicious() {
        let video = json!({"roomJoin": true, "room": "demo"});
        let claims =
            json!({"iss": "k", "sub": "ada", "nbf": NOW - 10, "exp": NOW + 600, "video": video});
        assert_eq!(found(&claims), "");
        // A subscriber, whose token may be used for a single second.
        let video = json!({"roomJoin": true, "room": "demo", "canPublish": false});
        let claims =
            json!({"iss": "k", "sub": "ada", "nbf": NOW + 1, "exp": NOW + 1, "video": video});
        assert_eq!(found(&claims), "it is not valid yet, for another 1 seconds");
        let video = json!({"roomJoin": true, "room": "demo", "canPublishSources": ["camera"]});
        let claims = json!({
            "iss": "k", "sub": "ada", "nbf": NOW, "exp": NOW + 600, "video": video,
            "kind": "Agent", "kindDetails": ["cloud_agent", ""],
        });
        assert_eq!(found(&claims), "");
        // A room configuration that dispatches no agent needs no join.
        let claims =
            json!({"iss": "k", "nbf": NOW, "exp": NOW + 600, "roomConfig": {"metadata": "m"}});
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
            (json!({"exp": "soon"}), "`exp` is a string, and must be a number of seconds"),
            (json!({"sub": "a", "video": {"roomJoin": true}}), "names no room"),
            (json!({"video": {"roomJoin": true, "room": "r"}}), "names no identity"),
            (json!({"Video": {"ROOMADMIN": true}}), "moderates a room"),
            (json!({"Video": {}}), "`Video` is read as `video`"),
            (json!({"video": {"canPublish": "yes"}}), "`video.canPublish` is a string"),
            (
                json!({"video": {"canPublish": false, "canPublishSources": ["camera"]}}),
                "may not publish",
            ),
            (json!({"room_config": {}}), "the claim is `roomConfig`"),
            (json!({"roomConfig": {"agents": [{}]}}), "only a join does that"),
            (json!({"sub": "n".repeat(300)}), "has 300 bytes"),
            (
                json!({"video": {"roomCreate": true, "room": "r"}}),
                "`roomCreate` applies to every room",
            ),
            (json!({"sip": {"call": true}, "video": {"room": "r"}}), "`sip.call` applies to every"),
            (json!({"exp": NOW + 600}), "no `iss`"),
            (json!({"iss": ""}), "no `iss`"),
            (json!({"nbf": NOW + 90, "exp": NOW + 60}), "its `nbf` is after its `exp`"),
            (json!({"video": {"room_join": true}}), "`video.room_join` is not a grant"),
            (json!({"sip": {"calls": true}}), "`sip.calls` is not a grant"),
            (json!({"grants": {"roomJoin": true}}), "the claim for grants on rooms is `video`"),
            (json!({"kind": "martian"}), "`kind` is `martian`"),
            (json!({"kindDetails": ["x"]}), "`kindDetails[0]` is `x`"),
            (
                json!({"video": {"canPublishSources": ["camera", "Camera"]}}),
                "`video.canPublishSources[1]` is `Camera`",
            ),
        ];
        for (claims, expected) in cases {
            let found = found(&claims);
            assert!(found.contains(expected), "{claims}: {found}");
        }
    }

    #[test]
    fn times_that_cannot_be_read_are_not_called_missing() {
        let found = found(&json!({"exp": "soon", "nbf": "now"}));
        assert!(!found.contains("no `exp`") && !found.contains("no `nbf`"), "{found}");
    }

    #[test]
    fn a_token_may_live_for_a_day_and_the_leeway() {
        let is_long = |exp: i64| {
            let claims = json!({"nbf": NOW, "exp": i64::try_from(NOW).expect("small") + exp});
            found(&claims).contains("more than a day")
        };
        assert_eq!(
            [86_400 + LEEWAY_SECONDS, 86_400 + LEEWAY_SECONDS + 1].map(is_long),
            [false, true]
        );
    }

    #[test]
    fn every_limit_that_is_exceeded_is_named() {
        let found = found(&json!({"metadata": "n".repeat(600_000), "sub": "s".repeat(301)}));
        assert!(found.contains("has 600000 bytes") && found.contains("has 301 bytes"), "{found}");
    }

    #[test]
    fn another_algorithm_is_named() {
        for (header, expected) in [
            (json!({"alg": "none"}), "algorithm is `none`"),
            (json!({"alg": "RS256"}), "algorithm is `RS256`"),
            (json!({}), "algorithm is ``"),
        ] {
            let header = header.as_object().expect("an object");
            let found = find(header, &Reading::new(Vec::new()), NOW);
            let found = found.first().map(ToString::to_string).unwrap_or_default();
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn what_stands_there_often_is_said_once() {
        let Ok(Json::Object(members)) = serde_json::from_str(r#"{"iss":"a","iss":"b","iss":"c"}"#)
        else {
            panic!("an object")
        };
        let found = find(&Map::new(), &Reading::new(members), NOW);
        let twice = |found: &&Suspicion| matches!(found, Suspicion::GivenTwice { .. });
        assert_eq!(found.iter().filter(twice).count(), 1);
    }
}
