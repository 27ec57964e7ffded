//! How tokens depend on who asks.

use std::sync::Arc;

use lkt::endpoint::login::{GivenGrant, GrantWhen, KeySet};
use lkt::endpoint::{
    Answer, BearerTokens, Endpoint, Field, FieldRule, Outcome, RoomConfigPart, RoomPattern, When,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::signer::Signer;
use super::{ask, ask_with, ask_with_verdict, claims, endpoint, key_set, minted, outcome};

/// An endpoint with rules, the key of its issuer, and the signer of that key.
struct Office {
    endpoint: Endpoint,
    signer: Signer,
    keys: Arc<KeySet>,
}

impl Office {
    fn new(sets: &[(Field, &str)], rooms: &[&str]) -> Self {
        let mut endpoint = endpoint();
        for (field, text) in sets {
            endpoint.rules.fields.set(*field, text, When::Always).expect(text);
        }
        let room = |text: &&str| RoomPattern::new(text).expect(text);
        endpoint.policy.rooms = rooms.iter().map(room).collect();
        let signer = Signer::ed25519();
        let keys = key_set(&[signer.jwk("")]);
        Self { endpoint, signer, keys }
    }

    fn ask(&self, login: &Value, body: &Value) -> Answer {
        let token = self.signer.token(r#"{"alg":"EdDSA"}"#, &claims(login));
        ask(&self.endpoint, &self.keys, &token, &body.to_string())
    }

    fn ask_as_guest(&self, body: &Value) -> Answer {
        ask_with(&self.endpoint, &self.keys, &[], &body.to_string())
    }
}

const IDENTITY: Field = Field::ParticipantIdentity;
const METADATA: Field = Field::ParticipantMetadata;

#[test]
fn a_set_field_is_what_it_is_set_to_and_nothing_else() {
    let office = Office::new(&[(IDENTITY, "{claim.sub}"), (Field::RoomName, "of-{identity}")], &[]);
    for body in [json!({}), json!({"participant_identity": "ada", "room_name": "of-ada"})] {
        let minted = minted(&office.ask(&json!({}), &body));
        assert_eq!((&minted["sub"], &minted["video"]["room"]), (&json!("ada"), &json!("of-ada")));
    }
    for body in [json!({"participant_identity": "bob"}), json!({"room_name": "of-bob"})] {
        let answer = office.ask(&json!({}), &body);
        assert_eq!(outcome(&answer), (403, "field_denied".to_owned()), "{body}");
    }
}

/// Asks with this verdict of a backend.
fn ask_backend(office: &Office, body: &str, said: &Value) -> Answer {
    let token = office.signer.token(r#"{"alg":"EdDSA"}"#, &claims(&json!({})));
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    ask_with_verdict(&office.endpoint, &office.keys, &headers, body, &said.to_string())
}

#[test]
fn a_backend_may_say_what_a_field_is_set_to_and_nothing_else() {
    let office = Office::new(&[(IDENTITY, "{claim.sub}")], &[]);
    let ask =
        |identity: &str| ask_backend(&office, "{}", &json!({"participant_identity": identity}));
    assert_eq!(minted(&ask("ada"))["sub"], "ada");
    assert_eq!(outcome(&ask("bob")), (503, "ask_failed".to_owned()));
}

#[test]
fn a_backend_that_leaves_a_field_empty_clears_what_the_client_asked_for() {
    let asked = json!({
        "room_name": "attic", "participant_identity": "eve", "participant_name": "Eve",
        "participant_metadata": "{\"role\":\"teacher\"}", "participant_attributes": {"role": "teacher"},
        "room_config": {"agents": [{"agent_name": "a"}], "metadata": "m"},
    });
    let office = Office::new(&[], &[]);
    let claim = |field: &str| match field {
        "participant_name" => ("/name", json!("eve")),
        "participant_metadata" => ("/metadata", Value::Null),
        "participant_attributes" => ("/attributes", Value::Null),
        _ => ("/roomConfig", Value::Null),
    };
    for field in Field::WHOLE.map(|field| field.to_string()) {
        for empty in [json!(null), json!(""), json!({}), json!([])] {
            let answer = ask_backend(&office, &asked.to_string(), &json!({field.as_str(): empty}));
            if ["room_name", "participant_identity"].contains(&field.as_str()) {
                let failed = (503, "ask_failed".to_owned());
                assert_eq!(outcome(&answer), failed, "{field}: {empty}");
                continue;
            }
            let minted = minted(&answer);
            let (place, expected) = claim(&field);
            let found = minted.pointer(place).cloned().unwrap_or_default();
            assert_eq!(found, expected, "{field}: {empty}");
            // The other fields are what the client asked for.
            assert_eq!(
                (&minted["sub"], &minted["video"]["room"]),
                (&json!("eve"), &json!("attic"))
            );
            let kept = Field::WHOLE.iter().skip(3).map(ToString::to_string);
            for (other, place) in kept.zip(["/metadata", "/attributes/role", "/roomConfig/agents"])
            {
                assert_eq!(minted.pointer(place).is_some(), other != field, "{field}: {other}");
            }
        }
    }
    // An empty value is none: what is set or a default applies.
    let mut office = Office::new(&[(Field::ParticipantName, "Set")], &[]);
    office.endpoint.rules.fields.set(METADATA, "default", When::Absent).expect("a default");
    let said =
        json!({"participant_name": null, "participantMetadata": "", "room_config": {"egress": {}}});
    let minted = minted(&ask_backend(&office, &asked.to_string(), &said));
    assert_eq!((&minted["name"], &minted["metadata"]), (&json!("Set"), &json!("default")));
    assert_eq!(minted.get("roomConfig"), None);
}

#[test]
fn a_backend_is_not_asked_about_a_request_that_the_policy_refuses() {
    let mut office = Office::new(&[], &["team-*", "{identity}-*"]);
    office.endpoint.policy.deny.insert(METADATA);
    // Whatever it says.
    let said = json!({"room_name": "team-a"});
    for (body, code) in [
        (json!({"participant_metadata": "x"}), "field_denied"),
        (json!({"room_name": "attic"}), "room_denied"),
        (json!({"room_name": 5}), "wrong_type"),
    ] {
        assert_eq!(outcome(&ask_backend(&office, &body.to_string(), &said)).1, code, "{body}");
    }
    for body in [json!({}), json!({"room_name": "team-b"}), json!({"room_name": "ada-1"})] {
        let answer = ask_backend(&office, &body.to_string(), &said);
        assert_eq!(minted(&answer)["video"]["room"], "team-a", "{body}");
    }
    let said = json!({"room_name": "attic"});
    assert_eq!(outcome(&ask_backend(&office, "{}", &said)).1, "room_denied");
}

#[test]
fn what_a_backend_gets_wrong_is_not_blamed_on_the_client() {
    let office = Office::new(&[], &[]);
    let output = json!({"file": {"s3": {"secret": "x"}, "filepath": "x"}});
    let egress = json!({"room_config": {"egress": {"room": output}}});
    for said in [json!({"participant_name": "x".repeat(300)}), egress] {
        let answer = ask_backend(&office, "{}", &said);
        assert_eq!(outcome(&answer), (503, "ask_failed".to_owned()), "{said}");
    }
}

#[test]
fn grants_make_no_join_without_a_room() {
    let mut office = Office::new(&[], &[]);
    office.endpoint.rules.base = lkt::token::Claims::default();
    office.endpoint.rules.base.video.room_list = true;
    let said = json!({"grants": {"roomJoin": true}});
    assert_eq!(outcome(&ask_backend(&office, "{}", &said)).0, 400);
    let body = r#"{"room_name":"a","participant_identity":"ada"}"#;
    assert_eq!(minted(&ask_backend(&office, body, &said))["video"]["room"], "a");
}

#[test]
fn a_refusal_says_whose_login_it_was_and_a_set_identity_is_no_default() {
    let office = Office::new(&[(IDENTITY, "{claim.sub}")], &["lobby"]);
    let refused = office.ask(&json!({"jti": "j1"}), &json!({"room_name": "attic"}));
    let login = refused.login.as_ref().expect("a login");
    assert_eq!((login.subject.as_str(), login.id.as_deref()), ("ada", Some("j1")));
    let is_default = |answer: &Answer| match &answer.outcome {
        Outcome::Minted(minted) => minted.identity_is_default,
        other => panic!("{other:?}"),
    };
    assert!(!is_default(&office.ask(&json!({}), &json!({"room_name": "lobby"}))));
    // A default remains a default next to fields that are set, and so does its name.
    let mut office = Office::new(&[(Field::RoomName, "lobby")], &[]);
    office.endpoint.callers.issuers.clear();
    let answer = office.ask_as_guest(&json!({}));
    assert!(is_default(&answer));
    assert_eq!(minted(&answer)["name"], "quickstart-username");
}

#[test]
fn a_server_may_ask_for_any_persons_room() {
    let mut office = Office::new(&[], &["org-{claim.org}/*", "lobby"]);
    office.endpoint.callers.bearer = BearerTokens::from_lines("a-token-of-a-server");
    let ask = |room: &str| {
        let headers = [("authorization", "Bearer a-token-of-a-server")];
        let body = json!({"room_name": room}).to_string();
        outcome(&ask_with(&office.endpoint, &office.keys, &headers, &body)).0
    };
    assert_eq!([ask("lobby"), ask("org-any/x"), ask("attic")], [201, 201, 403]);
}

#[test]
fn a_server_says_whom_it_asks_for_but_changes_nothing_that_is_fixed() {
    let sets = [(IDENTITY, "{claim.sub}"), (Field::ParticipantName, "Fixed")];
    let mut office = Office::new(&sets, &[]);
    office.endpoint.callers.bearer = BearerTokens::from_lines("a-token-of-a-server");
    let ask = |body: Value| {
        let headers = [("authorization", "Bearer a-token-of-a-server")];
        ask_with(&office.endpoint, &office.keys, &headers, &body.to_string())
    };
    let all = minted(&ask(json!({"participant_identity": "bob"})));
    assert_eq!((&all["sub"], &all["name"]), (&json!("bob"), &json!("Fixed")));
    let refused = ask(json!({"participant_identity": "bob", "participant_name": "Bob"}));
    assert_eq!(outcome(&refused), (403, "field_denied".to_owned()));
}

#[test]
fn each_field_that_is_set_may_be_asked_for_as_it_is_and_not_otherwise() {
    let config = |max: u32| json!({"max_participants": max});
    for (field, text, same, other) in [
        (Field::ParticipantName, "{claim.sub}", json!("ada"), json!("bob")),
        (METADATA, "m-{claim.sub}", json!("m-ada"), json!("m-bob")),
        (
            Field::ParticipantAttributes,
            r#"{"a":"{claim.sub}"}"#,
            json!({"a": "ada"}),
            json!({"a": "bob"}),
        ),
        (Field::RoomConfig, r#"{"max_participants":5}"#, config(5), config(6)),
    ] {
        let office = Office::new(&[(field, text)], &[]);
        let ask = |value: &Value| office.ask(&json!({}), &json!({field.to_string(): value}));
        minted(&ask(&same));
        assert_eq!(outcome(&ask(&other)), (403, "field_denied".to_owned()), "{field}");
    }
    let part = Field::RoomConfigPart(RoomConfigPart::MaxParticipants);
    let office = Office::new(&[(part, "5")], &[]);
    let ask = |max: u32| office.ask(&json!({}), &json!({"room_config": config(max)}));
    minted(&ask(5));
    assert_eq!(outcome(&ask(6)), (403, "field_denied".to_owned()));
}

#[test]
fn fields_are_made_from_the_defaults_of_others() {
    let mut office = Office::new(&[(METADATA, "{identity} in {room_name}")], &[]);
    let fields = &mut office.endpoint.rules.fields;
    fields.set(IDENTITY, "somebody", When::Absent).expect("a default");
    fields.set(Field::RoomName, "room-of-{identity}", When::Absent).expect("a default");
    let all = minted(&office.ask(&json!({}), &json!({})));
    assert_eq!(all["metadata"], "somebody in room-of-somebody");
    assert_eq!(
        (&all["sub"], &all["video"]["room"]),
        (&json!("somebody"), &json!("room-of-somebody"))
    );
}

#[test]
fn an_implied_name_is_set_only_if_the_login_has_one() {
    let mut office = Office::new(&[], &[]);
    let name = |office: &mut Office, when| {
        let name = FieldRule::new(Field::ParticipantName, "{claim.name}", when);
        office.endpoint.rules.fields.add(name.expect("a template"));
    };
    name(&mut office, When::Login);
    let body = json!({"participant_identity": "ada"});
    assert_eq!(minted(&office.ask(&json!({}), &body))["name"], "ada");
    assert_eq!(minted(&office.ask(&json!({"name": "Ada L"}), &body))["name"], "Ada L");
    name(&mut office, When::Always);
    let refused = office.ask(&json!({}), &body);
    assert_eq!(outcome(&refused), (403, "claim_missing".to_owned()));
}

#[test]
fn a_name_of_the_wrong_form_does_not_let_the_client_choose_one() {
    let mut office = Office::new(&[(IDENTITY, "{claim.sub}")], &[]);
    let name = FieldRule::new(Field::ParticipantName, "{claim.name}", When::Login);
    office.endpoint.rules.fields.add(name.expect("a rule"));
    let login = |name: &Value| {
        let mut claims: Value = serde_json::from_str(&claims(&json!({}))).expect("JSON");
        claims["name"] = name.clone();
        office.signer.token(r#"{"alg":"EdDSA"}"#, &claims.to_string())
    };
    for name in [json!(null), json!(""), json!(["Ada", "Eve"]), json!({"given": "Ada"}), json!([])]
    {
        let send =
            |body: Value| ask(&office.endpoint, &office.keys, &login(&name), &body.to_string());
        assert_eq!(minted(&send(json!({})))["name"], "ada", "{name}");
        assert_eq!(minted(&send(json!({"participant_name": "ada"})))["name"], "ada", "{name}");
        let refused = send(json!({"participant_name": "The Boss"}));
        assert_eq!(outcome(&refused), (403, "field_denied".to_owned()), "{name}");
    }
}

#[test]
fn a_room_that_is_made_from_a_login_is_for_no_guest() {
    let mut office = Office::new(&[(Field::RoomName, "of-{claim.sub}")], &[]);
    office.endpoint.callers.guests = true;
    let refused = office.ask_as_guest(&json!({}));
    assert_eq!(outcome(&refused), (403, "claim_missing".to_owned()));
}

#[test]
fn metadata_that_is_not_an_object_a_list_or_a_string_is_text() {
    let office = Office::new(&[(METADATA, "1e3")], &[]);
    assert_eq!(minted(&office.ask(&json!({}), &json!({})))["metadata"], "1e3");
}

#[test]
fn a_room_may_be_made_from_the_identity() {
    let office = Office::new(&[(IDENTITY, "{claim.sub}")], &["{identity}/*"]);
    minted(&office.ask(&json!({}), &json!({"room_name": "ada/x"})));
    for room in ["bob/x", "/x"] {
        let refused = office.ask(&json!({}), &json!({"room_name": room}));
        assert_eq!(outcome(&refused), (403, "room_denied".to_owned()), "{room}");
    }
    let pattern = |text: &str| RoomPattern::new(text).expect(text);
    for (text, claims, headers) in [
        ("{identity}/*", false, false),
        ("{claim.org}/*", true, false),
        ("{header.x-org}/*", false, true),
    ] {
        let pattern = pattern(text);
        assert_eq!((pattern.has_claims(), pattern.has_headers()), (claims, headers), "{text}");
        assert_eq!(pattern.to_string(), text);
    }
}

#[test]
fn a_set_field_knows_what_it_is_made_from() {
    let set = |text: &str| FieldRule::new(METADATA, text, When::Always).expect(text);
    for (text, claims, headers) in [
        ("plain", false, false),
        (r#"{"a":["{claim.org}"]}"#, true, false),
        ("{claim.org}", true, false),
        ("{header.x-org}", false, true),
    ] {
        assert_eq!((set(text).has_claims(), set(text).has_headers()), (claims, headers), "{text}");
    }
}

#[test]
fn a_missing_claim_is_a_refusal() {
    let office = Office::new(&[(IDENTITY, "{claim.sub}@{claim.org_id}")], &[]);
    for login in
        [json!({}), json!({"org_id": ""}), json!({"org_id": ["a", "b"]}), json!({"org_id": {}})]
    {
        let answer = office.ask(&login, &json!({}));
        assert_eq!(outcome(&answer), (403, "claim_missing".to_owned()), "{login}");
    }
    for org in [json!(7), json!([7])] {
        let minted = minted(&office.ask(&json!({ "org_id": org }), &json!({})));
        assert_eq!(minted["sub"], "ada@7");
    }
}

#[test]
fn claims_in_json_are_text() {
    let quote = r#"x","admin":"yes"#;
    let sets = [
        (METADATA, r#"{"org":"{claim.org}","list":["{claim.org}"]}"#),
        (Field::ParticipantAttributes, r#"{"org":"{claim.org}"}"#),
        (Field::RoomConfigPart(RoomConfigPart::Metadata), "{claim.org}"),
    ];
    let office = Office::new(&sets, &[]);
    let all = minted(&office.ask(&json!({"org": quote}), &json!({})));
    let metadata = all["metadata"].as_str().expect("metadata");
    let metadata = serde_json::from_str::<Value>(metadata).expect("JSON");
    assert_eq!(metadata, json!({"org": quote, "list": [quote]}));
    assert_eq!(all["attributes"], json!({"org": quote}));
    assert_eq!(all["roomConfig"]["metadata"], quote);
    let text = Office::new(&[(METADATA, r#""{claim.org}""#)], &[]);
    let text = minted(&text.ask(&json!({"org": quote}), &json!({})));
    assert_eq!(text["metadata"], json!(quote).to_string());
    // JSON in a string of JSON, as an agent's metadata often is.
    let nested = json!({"profile": r#"{"org":"{claim.org}"}"#}).to_string();
    let office = Office::new(&[(Field::ParticipantAttributes, &nested)], &[]);
    let all = minted(&office.ask(&json!({"org": quote}), &json!({})));
    let profile = all["attributes"]["profile"].as_str().expect("an attribute");
    let profile = serde_json::from_str::<Value>(profile).expect("JSON");
    assert_eq!(profile, json!({"org": quote}));
    // A value that only resembles JSON could be used for injection.
    let set = |field, text: &str| FieldRule::new(field, text, When::Always);
    for almost in [
        r#"{"org":{claim.org}}"#,
        r#"{ "org": "{claim.org}", "id": {claim.sub} }"#,
        "{\n\"org\": \"{claim.org}\",\n}",
        r#"["{claim.org}",]"#,
        r#" "{claim.org}" x"#,
    ] {
        assert!(set(METADATA, almost).is_err(), "{almost}");
        let default = almost.replace("claim.org", "identity").replace("claim.sub", "identity");
        let nested = |text: &str| json!({"a": text}).to_string();
        for (field, text, default) in [
            (METADATA, almost.to_owned(), default.clone()),
            (Field::ParticipantAttributes, nested(almost), nested(&default)),
            (Field::RoomConfigPart(RoomConfigPart::Metadata), almost.to_owned(), default),
        ] {
            assert!(set(field, &text).is_err(), "{field}={text}");
            let default = FieldRule::new(field, &default, When::Absent);
            assert!(default.is_err(), "{field}: {default:?}");
        }
    }
    for plain in ["{claim.org}", "[guest] {claim.org}", "org {claim.org}"] {
        assert!(set(METADATA, plain).is_ok(), "{plain}");
    }
    assert!(set(Field::ParticipantAttributes, "{claim.org}").is_err());
    assert!(set(IDENTITY, "{identity}").is_err());
    assert!(set(Field::RoomName, "{room_name}").is_err());
}

#[test]
fn rooms_are_those_of_the_person() {
    let office = Office::new(&[], &["org-{claim.org}/*", "lobby"]);
    let room = |name: &str| json!({"room_name": name});
    let login = json!({"org": "a*"});
    for name in ["org-a*/x", "org-a*/", "lobby"] {
        minted(&office.ask(&login, &room(name)));
    }
    for name in ["org-ab/x", "org-a/x", "org-a*", "org-/x", "lobb", "quickstart-room"] {
        let answer = office.ask(&login, &room(name));
        assert_eq!(outcome(&answer), (403, "room_denied".to_owned()), "{name}");
    }
    minted(&office.ask(&json!({}), &room("lobby")));
    let answer = office.ask(&json!({}), &room("org-/x"));
    assert_eq!(outcome(&answer), (403, "claim_missing".to_owned()));
}

#[test]
fn grants_follow_claims_in_order() {
    let mut office = Office::new(&[], &[]);
    let when =
        |check: &str, grant: GivenGrant| GrantWhen::new(check.parse().expect(check), vec![grant]);
    let video = |name: &str, value: bool| GivenGrant::new("video", name, value.into()).expect(name);
    let rules = &mut office.endpoint.rules;
    rules.grants = vec![
        when("realm.roles=host", video("roomAdmin", true)),
        when("role=viewer", video("canPublish", false)),
        when("role=*", video("canSubscribe", true)),
    ];
    rules.guest_grants = vec![video("canPublishData", false)];
    let host = minted(&office.ask(&json!({"realm": {"roles": ["host"]}}), &json!({})));
    assert_eq!(
        (&host["video"]["roomAdmin"], host["video"].get("canPublish")),
        (&json!(true), None)
    );
    let viewer = minted(&office.ask(&json!({"role": "viewer"}), &json!({})));
    assert_eq!(viewer["video"]["canPublish"], false);
    assert_eq!(viewer["video"]["canSubscribe"], true);
    assert!(viewer["video"].get("roomAdmin").is_none());
    office.endpoint.callers.guests = true;
    let guest = minted(&office.ask_as_guest(&json!({})));
    assert_eq!(guest["video"]["canPublishData"], false);
}

#[test]
fn a_guest_cannot_take_what_others_have_by_login() {
    let sets = [(IDENTITY, "{claim.sub}"), (METADATA, "{claim.org}")];
    let mut office = Office::new(&sets, &[]);
    office.endpoint.callers.guests = true;
    let guest = minted(&office.ask_as_guest(&json!({"participant_name": "Guest"})));
    assert_eq!((&guest["sub"], &guest["name"]), (&json!("guest-haaaaaaa"), &json!("Guest")));
    let fields = office.endpoint.rules.fields.clone();
    let named =
        |when| FieldRule::new(Field::ParticipantName, "{claim.name}", when).expect("a rule");
    office.endpoint.rules.fields.add(named(When::Always));
    let answer = office.ask_as_guest(&json!({"participant_name": "Ada (admin)"}));
    assert_eq!(outcome(&answer), (403, "field_denied".to_owned()));
    office.endpoint.rules.fields = fields;
    office.endpoint.rules.fields.add(named(When::Login));
    assert_eq!(outcome(&office.ask_as_guest(&json!({"participant_name": "Guest"}))).0, 201);
    for body in [json!({"participant_identity": "ada"}), json!({"participant_metadata": "x"})] {
        let answer = office.ask_as_guest(&body);
        assert_eq!(outcome(&answer), (403, "field_denied".to_owned()), "{body}");
    }
    let office = Office { endpoint: office.endpoint, ..Office::new(&[], &[]) };
    assert_eq!(outcome(&office.ask_as_guest(&json!({}))).0, 201);
}

#[test]
fn a_proxys_word_is_taken_from_the_proxy_alone() {
    use std::ops::ControlFlow;
    let mut endpoint = crate::endpoint::endpoint();
    endpoint.callers.proxy_header = Some("remote-user".parse().expect("a header"));
    let set = endpoint.rules.fields.set(IDENTITY, "{header.Remote-User}", When::Always);
    set.expect("a template");
    let ask = |headers: &[(&str, &str)]| ask_with(&endpoint, &key_set_of_any(), headers, "{}");
    assert_eq!(minted(&ask(&[("remote-user", "ada")]))["sub"], "ada");
    for headers in
        [&[][..], &[("remote-user", "")], &[("remote-user", "ada"), ("remote-user", "b")]]
    {
        assert_eq!(outcome(&ask(headers)), (401, "unauthorized".to_owned()), "{headers:?}");
    }
    let request = http::Request::post("/getToken").header("remote-user", "ada").body(());
    let (head, ()) = request.expect("a request").into_parts();
    let ControlFlow::Break(answer) = endpoint.identify(&head, false, &[], super::NOW) else {
        panic!("taken")
    };
    assert_eq!(outcome(&answer), (403, "header_denied".to_owned()));
}

fn key_set_of_any() -> Arc<KeySet> {
    key_set(&[Signer::ed25519().jwk("")])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// For any claims and any request: either a refusal, or a token that obeys the rules.
    #[test]
    fn identity_and_room_obey_whatever_the_claims(
        subject in "\\PC{0,12}|[*?{}\"\\\\a-c/-]{1,12}|\\{claim\\.org\\}|\\{random\\}",
        org in "\\PC{0,8}|[*?{}\"a-c/-]{1,8}|\u{1FFFE}|\u{1FFFF}",
        room in "org-[*?a-c/-]{0,8}|\\PC{0,12}",
        identity in proptest::option::of("\\PC{0,12}"),
    ) {
        let sets = [(IDENTITY, "{claim.sub}"), (METADATA, r#"{"org":"{claim.org}"}"#)];
        let office = Office::new(&sets, &["org-{claim.org}/?*"]);
        let mut body = json!({"room_name": room});
        if let Some(identity) = identity {
            body["participant_identity"] = identity.into();
        }
        let answer = office.ask(&json!({"sub": subject, "org": org}), &body);
        let (status, code) = outcome(&answer);
        prop_assert!(status != 500, "{}", code);
        if status == 201 {
            let minted = minted(&answer);
            prop_assert_eq!(&minted["sub"], &json!(subject));
            let given = minted["video"]["room"].as_str().expect("a room");
            let start = format!("org-{org}/");
            prop_assert!(given.starts_with(&start) && given.len() > start.len(), "{}", given);
            let metadata = minted["metadata"].as_str().expect("metadata");
            prop_assert_eq!(metadata, json!({"org": org}).to_string());
        }
    }
}

/// Claims of any shape, including the names that the rules ask for.
fn any_claims() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "\\PC{0,8}",
        "[*?a-c/-]{0,6}",
        "host",
        "\\{(claim\\.org|random|identity|room_name|header\\.x)\\}",
        "\"[,:\\]}]{1,4}\"",
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]|org|roles", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    });
    (value.clone(), value.clone(), value)
        .prop_map(|(org, role, name)| json!({"org": org, "role": role, "name": name}))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The same for claims of any type: a value that is not text, a number or a boolean, or a list of one,
    /// never becomes text, and a grant is given only for the exact value.
    #[test]
    fn claims_of_any_shape_give_what_the_rules_say_or_nothing(login in any_claims()) {
        let sets = [
            (Field::RoomName, "org-{claim.org}/daily"),
            (Field::ParticipantName, "{claim.name}"),
            (Field::ParticipantAttributes, r#"{"org":"{claim.org}"}"#),
        ];
        let mut office = Office::new(&sets, &["org-{claim.org}/*"]);
        let admin = GivenGrant::new("video", "roomAdmin", true.into()).expect("a grant");
        let check = "role=host".parse().expect("a check");
        office.endpoint.rules.grants = vec![GrantWhen::new(check, vec![admin])];
        let answer = office.ask(&login, &json!({}));
        let (status, code) = outcome(&answer);
        let text = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        };
        // A list of one is its element.
        let text = |value: &Value| match value.as_array().map(Vec::as_slice) {
            Some([element]) => text(element),
            _ => text(value),
        };
        let (Some(org), Some(name)) = (text(&login["org"]), text(&login["name"])) else {
            prop_assert_eq!((status, code.as_str()), (403, "claim_missing"));
            return Ok(());
        };
        prop_assert_eq!(status, 201, "{}", code);
        let minted = minted(&answer);
        prop_assert_eq!(&minted["video"]["room"], &json!(format!("org-{org}/daily")));
        prop_assert_eq!(&minted["name"], &json!(name));
        prop_assert_eq!(&minted["attributes"], &json!({"org": org}));
        let is_host = |value: &Value| value == "host";
        let role = &login["role"];
        let host = is_host(role) || role.as_array().is_some_and(|list| list.iter().any(is_host));
        prop_assert_eq!(minted["video"].get("roomAdmin") == Some(&json!(true)), host);
    }
}
