//! For any input, the result is a token that contains exactly what was asked for, or a clear error.

use std::collections::BTreeMap;

use http::Request;
use lkt::endpoint::{Field, Random, RoomPattern, TokenRules, TokenSourceRequest, When};
use lkt::token::{Claims, Decoded, KeyPair};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::endpoint::{endpoint, handle, json_of, request};

/// Text of any characters, sometimes empty, within a server's limits.
fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..40)
        .prop_map(|letters| letters.into_iter().collect())
}

fn agents() -> impl Strategy<Value = Vec<Value>> {
    let agent = (text(), text())
        .prop_map(|(name, metadata)| json!({"agent_name": name, "metadata": metadata}));
    proptest::collection::vec(agent, 0..4)
}

prop_compose! {
    /// Requests with every field set, possibly to an empty value.
    fn requests()(
        room in text(), identity in text(), name in text(), metadata in text(),
        attributes in proptest::collection::btree_map(text(), text(), 0..5),
        agents in agents(), most in any::<u32>(),
    ) -> Value {
        json!({
            "room_name": room, "participantIdentity": identity, "participant_name": name,
            "participant_metadata": metadata, "participantAttributes": attributes,
            "room_config": {"agents": agents, "maxParticipants": most},
        })
    }
}

/// The text of a field, or the default if it is absent.
fn or(value: &Value, default: &str) -> String {
    value.as_str().filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
}

proptest! {
    #[test]
    fn an_accepted_request_gives_a_token_that_says_exactly_what_was_asked(body in requests()) {
        let now = crate::support::now();
        let response = handle(&endpoint(), request(body.to_string()));
        prop_assert_eq!(response.status(), 201, "{}", json_of(&response));
        let token = json_of(&response)["participant_token"].as_str().expect("a token").to_owned();
        let claims = KeyPair::dev().verify(&token, now).expect("verifies");
        prop_assert_eq!(&claims.video.room, &or(&body["room_name"], "quickstart-room"));
        prop_assert_eq!(&claims.sub, &or(&body["participantIdentity"], "quickstart-identity"));
        let named = or(&body["participantIdentity"], "quickstart-username");
        prop_assert_eq!(&claims.name, &or(&body["participant_name"], &named));
        prop_assert_eq!(&claims.metadata, &or(&body["participant_metadata"], ""));
        let attributes = serde_json::from_value::<BTreeMap<String, String>>(body["participantAttributes"].clone());
        prop_assert_eq!(&claims.attributes, &attributes.expect("a map"));
        let asked = body["room_config"]["agents"].as_array().expect("a list");
        let got = claims.room_config.as_ref().map(|config| config.message().clone()).unwrap_or_default();
        prop_assert_eq!(u64::from(got.max_participants), body["room_config"]["maxParticipants"].as_u64().expect("a number"));
        let got = got.agents.iter().map(|agent| (agent.agent_name.as_str(), agent.metadata.as_str()));
        let asked = asked.iter().map(|agent| (agent["agent_name"].as_str().expect("text"), agent["metadata"].as_str().expect("text")));
        prop_assert!(got.eq(asked));
    }

    #[test]
    fn no_request_gets_more_than_the_flags_allow(
        body in prop_oneof![
            requests().prop_map(|body| body.to_string()),
            r#"\{"(video|roomAdmin|ttl|exp|grants|kind|sip|room_name)":("x"|true|99999|\{"roomAdmin":true\})\}"#,
            any::<String>(),
        ],
    ) {
        let mut endpoint = endpoint();
        endpoint.policy.rooms = vec![RoomPattern::new("team-*").expect("a pattern")];
        endpoint.policy.deny = ["participant_identity".parse().expect("a field")].into();
        let fixed = endpoint.rules.fields.set(Field::ParticipantIdentity, "fixed", When::Absent);
        fixed.expect("a default");
        endpoint.rules.base.video.can_publish = Some(false);
        let now = crate::support::now();
        let response = handle(&endpoint, request(body));
        if response.status() != 201 {
            prop_assert!(response.status().is_client_error());
            return Ok(());
        }
        let token = json_of(&response)["participant_token"].as_str().expect("a token").to_owned();
        let claims = KeyPair::dev().verify(&token, now).expect("verifies");
        prop_assert!(claims.video.room.starts_with("team-") && claims.sub == "fixed");
        prop_assert_eq!(claims.exp - claims.nbf, 610);
        let mut base = endpoint.rules.base.clone();
        base.video.room.clone_from(&claims.video.room);
        prop_assert_eq!(&claims.video, &base.video);
        let granted = Claims::default();
        prop_assert!(claims.sip == granted.sip && claims.agent == granted.agent && claims.kind.is_none());
    }

    #[test]
    fn any_bytes_are_answered_or_refused(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        token in ".{0,80}",
    ) {
        let _ = TokenSourceRequest::from_json(&body);
        let _ = Decoded::new(&token);
        let _ = KeyPair::dev().verify(&token, 0);
        let request = Request::post("/getToken").header("content-type", "application/json");
        let response = handle(&endpoint(), request.body(body).expect("a request"));
        prop_assert!(response.status() == 201 || response.status().is_client_error());
    }

    #[test]
    fn text_that_is_almost_json_is_answered_or_refused(
        body in r#"\{("(room_name|roomName|participant_attributes|room_config|x)":(null|1|"\\ud800"|""|\{\}|\[\]|\[1|\{"a":)?,?){0,4}\}?"#,
    ) {
        let response = handle(&endpoint(), request(body.clone()));
        let answer = json_of(&response);
        prop_assert!(response.status() == 201 || answer["hint"].is_string(), "{}", body);
    }

    #[test]
    fn the_same_request_at_the_same_time_gives_the_same_bytes(body in requests()) {
        let sign = || {
            let read = TokenSourceRequest::from_json(body.to_string().as_bytes()).expect("reads");
            let claims = TokenRules::default().claims(read.request, "devkey", 1000, &Random::new(|| 7));
            KeyPair::dev().sign(&claims.expect("claims")).expect("signs")
        };
        prop_assert_eq!(sign(), sign());
    }
}

/// The command line, with fewer cases: each takes a process.
#[test]
fn any_text_given_to_a_flag_ends_in_a_result_or_two_lines() {
    use proptest::test_runner::{Config, TestRunner};
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let hostile = prop_oneof![any::<String>(), "[{}\\[\\]\":,=.a-z0-9]{0,30}"];
    let run = runner.run(&hostile, |text| {
        let text = text.replace('\0', "0");
        for arguments in ["mint --dev --grant", "mint --dev --room-config", "inspect"] {
            let output = crate::support::lkt(arguments).arg(&text).stdin(&text).output();
            let code = output.status.code();
            prop_assert!(matches!(code, Some(0..=2)), "{} {:?}: {:?}", arguments, text, code);
        }
        for arguments in ["mint --dev --request -", "mint --dev --batch -"] {
            let output = crate::support::lkt(arguments).stdin(&text).output();
            let code = output.status.code();
            prop_assert!(matches!(code, Some(0 | 2)), "{} {:?}: {:?}", arguments, text, code);
        }
        Ok(())
    });
    run.expect("every case");
}
