//! Errors in requests and room configurations, and what to do about them.

use crate::support::lkt;

#[test]
fn a_request_with_an_unknown_name_is_refused_with_a_suggestion() {
    let error = lkt("mint --dev --request -").stdin(r#"{"room_nmae": "r"}"#).fails(2);
    assert!(error.contains("`room_nmae`") && error.contains("`room_name`"), "{error}");
    let request = r#"{"room_config": {"agents": [{"agentNam": "a"}]}}"#;
    let error = lkt("mint --dev --request -").stdin(request).fails(2);
    assert!(error.contains("`room_config.agents[0].agentNam`"), "{error}");
}

/// Comparing it with the known names would take a minute.
#[test]
fn a_name_that_is_far_too_long_is_like_no_other_and_shown_in_part() {
    let request = format!(r#"{{"{}ö": 1}}"#, "a".repeat(900_001));
    let error = lkt("mint --dev --request -").stdin(&request).fails(2);
    let start = format!("error: standard input: there is no field `{}…`\n", "a".repeat(200));
    assert!(error.starts_with(&start) && error.len() < 1000, "{}", error.len());
}

#[test]
fn an_empty_value_is_not_blamed_for_the_mistake_in_another() {
    let request = r#"{"room_name": {}, "participant_name": [], "participant_identity": 5}"#;
    let error = lkt("mint --dev --request -").stdin(request).fails(2);
    assert!(error.contains("`participant_identity` is a number"), "{error}");
}

#[test]
fn an_empty_request_is_an_error() {
    let help = "help: give a JSON object such as {\"room_name\": \"demo\"}\n";
    let said = lkt("mint --dev --request -").fails(2);
    assert_eq!(said, format!("error: standard input is empty\n{help}"));
    let said = lkt("mint --dev --request r.json").file("r.json", "").fails(2);
    assert_eq!(said, format!("error: `r.json` is empty\n{help}"));
}

#[test]
fn an_unknown_field_of_a_room_configuration_is_answered_with_its_fields() {
    let config = |json: &str| lkt("mint --dev --room-config").arg(json).fails(2);
    assert_eq!(
        config(r#"{"foo":1}"#),
        "error: --room-config: there is no field `room_config.foo`\n\
         help: the fields of room_config are name, empty_timeout, departure_timeout, \
         max_participants, metadata, egress, min_playout_delay, max_playout_delay, sync_streams, \
         agents, tags\n"
    );
    let said = config(r#"{"agents":[{},{"agent_nam":"x"}]}"#);
    assert_eq!(
        said,
        "error: --room-config: there is no field `room_config.agents[1].agent_nam`\n\
         help: did you mean `agent_name`?\n"
    );
    let said = config(r#"{"egress":{"room":{"zzz":1}}}"#);
    assert!(said.contains("help: the fields of room_config.egress.room are room_name, "), "{said}");
    let said = config(r#"{"maxParticipant":1}"#);
    assert!(said.ends_with("help: did you mean `max_participants`?\n"), "{said}");
    let said = lkt("mint --dev --request -").stdin(r#"{"zzz":1}"#).fails(2);
    assert!(
        said.ends_with(
            "help: the fields of a request are room_name, participant_identity, participant_name, \
             participant_metadata, participant_attributes, room_config\n"
        ),
        "{said}"
    );
}

#[test]
fn a_wrong_value_in_a_room_configuration_is_answered_with_what_the_field_takes() {
    for (json, help) in [
        (r#"{"max_participants":-1}"#, "give a whole number from 0 to 4294967295"),
        (r#"{"maxParticipants":4294967296}"#, "give a whole number from 0 to 4294967295"),
        (r#"{"metadata":"a","metadata":"b"}"#, "leave one of them out"),
        (r#"{"maxParticipants":1,"max_participants":2}"#, "leave one of them out"),
        (r#"{"metadata":{}}"#, "write the value as a string"),
    ] {
        let said = lkt("mint --dev --room-config").arg(json).fails(2);
        assert!(said.ends_with(&format!("help: {help}\n")), "{json}: {said}");
        let request = format!("{{\"room_config\":{json}}}");
        let said = lkt("mint --dev --request -").stdin(request).fails(2);
        assert!(said.ends_with(&format!("help: {help}\n")), "{json}: {said}");
    }
    let said = lkt("mint --dev --attribute-file a").file("a", r#"{"a":"1","a":"2"}"#).fails(2);
    assert!(said.ends_with("help: leave one of them out\n"), "{said}");
}

#[test]
fn wrong_json_is_pointed_at_where_it_stands() {
    let said = lkt("mint --dev --room-config").arg("{").fails(2);
    assert!(
        said.starts_with(
            "error: --room-config: not JSON: EOF while parsing an object at line 1 column 1\n"
        ),
        "{said}"
    );
}

#[test]
fn what_is_read_from_a_file_cannot_add_to_the_request() {
    for text in [r#"{"a":"b"},"room_name":"x""#, r#"{"a":"b"}}"#, r#"{"a":"b"} {}"#] {
        let said = lkt("mint --dev --attribute-file a.json").file("a.json", text).fails(2);
        assert!(
            said.starts_with("error: `a.json`: not JSON: trailing characters at line 1 column 1")
                && said.ends_with("help: write a JSON object whose values are strings\n"),
            "{said}"
        );
        let config = text.replace("\"a\":\"b\"", "");
        let said = lkt("mint --dev --room-config").arg(config).fails(2);
        assert!(said.starts_with("error: --room-config: not JSON: trailing characters"), "{said}");
    }
    for (text, error) in [
        ("[]", "`a.json`: the attributes are not a JSON object"),
        (r#"{"a":{"b":"secret"}}"#, "`a.json`: the value of `a` is not a string"),
        (r#"{"a":"b","a":"c"}"#, "`a.json`: `a` is given twice"),
    ] {
        let said = lkt("mint --dev --attribute-file a.json").file("a.json", text).fails(2);
        assert!(said.starts_with(&format!("error: {error}")) && !said.contains("secret"), "{said}");
    }
}
