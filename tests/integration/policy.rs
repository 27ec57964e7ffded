//! The whole table of what clients may ask for, without sockets.

use std::collections::BTreeSet;

use lkt::endpoint::{Endpoint, Field, RoomPattern, When};
use serde_json::{Value, json};

use crate::endpoint::{claims, endpoint, handle, json_of, request};
use crate::support::{TestServer, claims_value, json_post, lkt};

/// The six fields: a value, its place in the claims, and empty values.
fn fields() -> Vec<(Field, Value, &'static str)> {
    vec![
        (Field::RoomName, json!("given"), "/video/room"),
        (Field::ParticipantIdentity, json!("given"), "/sub"),
        (Field::ParticipantName, json!("given"), "/name"),
        (Field::ParticipantMetadata, json!("given"), "/metadata"),
        (Field::ParticipantAttributes, json!({"k": "given"}), "/attributes/k"),
        (Field::RoomConfig, json!({"metadata": "given"}), "/roomConfig/metadata"),
    ]
}

fn with_default(field: Field) -> Endpoint {
    let mut endpoint = endpoint();
    let text = match field {
        Field::ParticipantAttributes => r#"{"k":"default"}"#,
        Field::RoomConfig => r#"{"metadata":"default"}"#,
        _ => "default",
    };
    endpoint.rules.fields.set(field, text, When::Absent).expect("a default");
    endpoint
}

#[test]
fn each_field_absent_empty_and_given_under_each_rule() {
    for (field, given, place) in fields() {
        let name = field.to_string();
        let body = |value: &Value| json!({name.as_str(): value}).to_string();
        let absent = "{}".to_owned();
        let empties = ["null", "\"\"", "{}", "[]"];
        let empties = empties.map(|empty| format!(r#"{{"{name}":{empty}}}"#));
        let unset = || std::iter::once(&absent).chain(&empties);

        // Free: the given value is used.
        let taken = claims(&handle(&endpoint(), request(body(&given))));
        assert_eq!(taken.pointer(place), Some(&json!("given")), "{name}");

        // Default: used only if the request leaves the field out.
        let endpoint = with_default(field);
        for body in unset() {
            let taken = claims(&handle(&endpoint, request(body.as_str())));
            assert_eq!(taken.pointer(place), Some(&json!("default")), "{body}");
        }
        let taken = claims(&handle(&endpoint, request(body(&given))));
        assert_eq!(taken.pointer(place), Some(&json!("given")), "{name}");

        // Deny: an empty value counts as not set, and any other value is refused.
        let mut endpoint = with_default(field);
        endpoint.policy.deny = BTreeSet::from([field]);
        for body in unset() {
            let taken = claims(&handle(&endpoint, request(body.as_str())));
            assert_eq!(taken.pointer(place), Some(&json!("default")), "{body}");
        }
        refused(&endpoint, &body(&given), 403, "field_denied", &name);

        // Require: an empty value counts as not set here too.
        let mut endpoint = with_default(field);
        endpoint.policy.require = BTreeSet::from([field]);
        for body in unset() {
            refused(&endpoint, body, 400, "field_required", &name);
        }
        let taken = claims(&handle(&endpoint, request(body(&given))));
        assert_eq!(taken.pointer(place), Some(&json!("given")), "{name}");
    }
}

fn refused(endpoint: &Endpoint, body: &str, status: u16, code: &str, field: &str) {
    let response = handle(endpoint, request(body));
    let answer = json_of(&response);
    assert_eq!(response.status().as_u16(), status, "{body}: {answer}");
    assert_eq!((&answer["code"], &answer["field"]), (&json!(code), &json!(field)), "{body}");
}

#[test]
fn a_part_of_the_room_configuration_can_be_denied_or_required() {
    let mut endpoint = endpoint();
    endpoint.policy.deny = BTreeSet::from(["room_config.egress".parse().expect("a field")]);
    let egress = r#"{"room_config":{"egress":{"tracks":{"filepath":"x"}}}}"#;
    refused(&endpoint, egress, 403, "field_denied", "room_config.egress");
    claims(&handle(&endpoint, request(r#"{"roomConfig":{"egress":{},"agents":[{}]}}"#)));
    endpoint.policy.require = BTreeSet::from(["room_config.agents".parse().expect("a field")]);
    refused(
        &endpoint,
        r#"{"room_config":{"agents":[]}}"#,
        400,
        "field_required",
        "room_config.agents",
    );
    claims(&handle(&endpoint, request(r#"{"roomConfig":{"agents":[{}]}}"#)));
}

#[test]
fn rooms_must_match_a_pattern_even_by_default() {
    let mut endpoint = endpoint();
    endpoint.policy.rooms =
        ["team-*", "lobby"].map(|text| RoomPattern::new(text).expect(text)).to_vec();
    for room in ["team-a", "team-", "lobby"] {
        let body = json!({"room_name": room}).to_string();
        claims(&handle(&endpoint, request(body)));
    }
    for body in [r#"{"room_name":"other"}"#, r#"{"room_name":"xteam-a"}"#, "{}"] {
        refused(&endpoint, body, 403, "room_denied", "room_name");
    }
}

#[test]
fn placeholders_in_defaults_are_filled_in() {
    let mut endpoint = endpoint();
    let fields = &mut endpoint.rules.fields;
    fields.set(Field::ParticipantIdentity, "user-{random}", When::Absent).expect("a default");
    fields.set(Field::RoomName, "room-of-{identity}", When::Absent).expect("a default");
    let taken = claims(&handle(&endpoint, request("{}")));
    assert_eq!(taken["sub"], "user-haaaaaaa");
    assert_eq!(taken["video"]["room"], "room-of-user-haaaaaaa");
    let taken = claims(&handle(&endpoint, request(r#"{"participant_identity":"{random}"}"#)));
    assert_eq!(taken["video"]["room"], "room-of-{random}");
}

#[test]
fn flags_that_no_request_can_meet_are_refused() {
    let error = lkt("serve --dev --deny room_name --require room_name").fails(2);
    assert!(error.contains("`room_name` is both denied and required"), "{error}");
    let error = lkt("serve --dev --deny room_nme").fails(2);
    assert!(error.contains("did you mean `room_name`?"), "{error}");
    let error = lkt("serve --dev --default room_config={\"x\":1}").fails(2);
    assert!(error.contains("no field `room_config.x`"), "{error}");
    let error = lkt("serve --dev --grant room=x").fails(2);
    assert!(error.contains("--allow-room"), "{error}");
}

/// Returns the claims that `lkt serve` with these flags gives for a request.
fn served(flags: &[String], body: &Value) -> Value {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(["serve", "--dev", "--listen", "127.0.0.1:0"]).args(flags);
    let server = TestServer::run(&mut command, "");
    let answer = json_post(server.address(), body.to_string());
    assert_eq!(answer.status, 201, "{flags:?} {body}: {answer:?}");
    claims_value(&answer.token())
}

#[test]
fn an_identity_cannot_break_out_of_a_default_that_is_json() {
    let eve = r#"eve","role":"admin"#;
    let guest = r#"{"role":"guest","user":"{identity}"}"#;
    let flags = [
        format!("--default=participant_metadata={guest}"),
        format!(
            "--default=participant_attributes={}",
            json!({"who": guest, "plain": "{identity}"})
        ),
        format!(
            "--default=room_config={}",
            json!({"metadata": guest, "agents": [{"metadata": guest}]})
        ),
        "--default=room_name={identity}".to_owned(),
    ];
    let claims = served(&flags, &json!({"participant_identity": eve}));
    let expected = json!({"role": "guest", "user": eve});
    for place in
        ["/metadata", "/attributes/who", "/roomConfig/metadata", "/roomConfig/agents/0/metadata"]
    {
        let text = claims.pointer(place).and_then(Value::as_str).expect(place);
        let filled = serde_json::from_str::<Value>(text).expect(text);
        assert_eq!(filled, expected, "{place}");
    }
    // Everywhere else, text stays as it is.
    assert_eq!(claims["attributes"]["plain"], eve);
    assert_eq!(claims["video"]["room"], eve);
}

#[test]
fn a_denied_part_of_a_default_holds_whatever_else_is_sent() {
    let flags = [
        r#"--default=room_config={"maxParticipants":2,"emptyTimeout":30}"#,
        "--default=room_config.metadata=hello",
        "--deny=room_config.max_participants",
    ];
    let flags = flags.map(str::to_owned);
    let body = json!({"room_config": {"tags": {"a": "b"}, "empty_timeout": 5}});
    let expected =
        json!({"maxParticipants": 2, "emptyTimeout": 5, "metadata": "hello", "tags": {"a": "b"}});
    assert_eq!(served(&flags, &body)["roomConfig"], expected);
}
