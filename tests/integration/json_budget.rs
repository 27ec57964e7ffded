//! JSON from outside with many values is refused before it is read.

use http::StatusCode;
use lkt::endpoint::login::KeySet;
use lkt::endpoint::{Field, RoomConfigPart, TokenSourceRequest};
use serde_json::{Value, json};

use crate::endpoint::{claims, endpoint, handle, json_of, request};
use crate::login::ask_with_verdict;
use crate::support::lkt;

/// A body of 65 KB with an egress of `count` empty outputs, each of which would take a kilobyte.
fn outputs(count: usize) -> String {
    let outputs = vec!["{}"; count].join(",");
    format!(r#"{{"room_config":{{"egress":{{"room":{{"fileOutputs":[{outputs}]}}}}}}}}"#)
}

#[test]
fn a_request_with_too_many_values_is_refused_with_the_field_and_the_limit() {
    let member = |count: usize| (0..count).map(|n| format!(r#""k{n}":"v""#)).collect::<Vec<_>>();
    let attributes = format!(r#"{{"participant_attributes":{{{}}}}}"#, member(2000).join(","));
    let names = format!("{{{}}}", member(2000).join(","));
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    let values = |whose: &str| format!("{whose} has more than 1024 values");
    for (body, field, error) in [
        (
            outputs(21_600),
            Some("room_config"),
            "`room_config` has more than 128 objects".to_owned(),
        ),
        (attributes, Some("participant_attributes"), values("`participant_attributes`")),
        (names, None, values("the JSON")),
        (deep, Some("x"), "`x` has more than 32 levels of objects and lists".to_owned()),
    ] {
        let response = handle(&endpoint(), request(body.as_str()));
        let answer = json_of(&response);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{answer}");
        assert_eq!(answer["code"], "over_limit");
        assert_eq!(answer.get("field").and_then(Value::as_str), field);
        assert_eq!(answer["error"], error);
        assert_eq!(answer["hint"], "send fewer values in one request");
    }
}

#[test]
fn the_largest_sensible_request_is_within_the_limit() {
    let attributes = (0..500).map(|n| (format!("key-{n}"), format!("[{{value,}} {n}]")));
    let agents =
        (0..50).map(|n| json!({"agent_name": format!("a{n}"), "metadata": "{[,".repeat(500)}));
    let body = json!({
        "participant_attributes": attributes.collect::<std::collections::BTreeMap<_, _>>(),
        "room_config": {"agents": agents.collect::<Vec<_>>(), "tags": {"a": "b"}},
    });
    let mut endpoint = endpoint();
    endpoint.max_body = 1024 * 1024;
    let minted = claims(&handle(&endpoint, request(body.to_string())));
    assert_eq!(minted["attributes"].as_object().map(serde_json::Map::len), Some(500));
}

#[test]
fn a_denied_part_is_refused_before_it_is_read() {
    for deny in [Field::RoomConfig, Field::RoomConfigPart(RoomConfigPart::Egress)] {
        let mut endpoint = endpoint();
        endpoint.policy.deny.insert(deny);
        // A `colour` is no value of this field: whoever reads it would say so.
        for body in [outputs(100), r#"{"roomConfig":{"egress":{"room":"colour"}}}"#.to_owned()] {
            let response = handle(&endpoint, request(body));
            let answer = json_of(&response);
            assert_eq!(answer["code"], "field_denied", "{answer}");
            assert_eq!(answer["field"], deny.to_string());
        }
        for empty in ["{}", r#"{"egress":{}}"#, r#"{"egress":{"room":null},"name":""}"#] {
            let body = format!(r#"{{"room_config":{empty}}}"#);
            claims(&handle(&endpoint, request(body)));
        }
    }
}

#[test]
fn requests_of_the_command_line_are_held_to_the_same_limit() {
    let said = lkt("mint --dev --request -").stdin(outputs(1000)).fails(2);
    assert_eq!(
        said,
        "error: standard input: `room_config` has more than 128 objects\n\
         help: give fewer values in one request\n"
    );
    let lines = format!("{{}}\n{}\n", outputs(1000));
    let said = lkt("mint --dev --batch -").stdin(lines).output();
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("line 2: `room_config` has more than 128 objects"), "{said}");
    assert!(TokenSourceRequest::from_json(outputs(1000).as_bytes()).is_err());
}

#[test]
fn a_backend_and_an_issuer_are_held_to_a_limit() {
    let refused = |body: &str| {
        let (endpoint, keys) = (crate::login::endpoint(), crate::login::signer::Signer::ed25519());
        let token = keys.token(r#"{"alg":"EdDSA"}"#, &crate::login::claims(&json!({})));
        let keys = crate::login::key_set(&[keys.jwk("")]);
        let headers = [("authorization", format!("Bearer {token}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        crate::login::outcome(&ask_with_verdict(&endpoint, &keys, &headers, "{}", body))
    };
    for body in [outputs(1000), json!({"error": vec![0; 2000]}).to_string()] {
        assert_eq!(refused(&body), (503, "ask_failed".to_owned()));
    }
    let keys = json!({"keys": vec![json!({}); 5000]}).to_string();
    let error = KeySet::from_jwks(keys.as_bytes()).expect_err("too large");
    assert_eq!(error.to_string(), "it is not a key set: `keys` has more than 1024 objects");
}

#[test]
fn half_of_an_emoji_is_read_as_a_replacement_character() {
    for (half, name) in [
        (r"Ada \ud83d", "Ada \u{fffd}"),
        (r"\ude00 \ud83d\ude00", "\u{fffd} \u{1f600}"),
        (r"\\ud83d", r"\ud83d"),
    ] {
        let body = format!(r#"{{"participant_name":"{half}"}}"#);
        assert_eq!(claims(&handle(&endpoint(), request(body)))["name"], name, "{half}");
    }
}
