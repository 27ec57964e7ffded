//! The endpoint as pure functions: requests in, responses out, no socket.

use http::{Request, Response, StatusCode};
use lkt::endpoint::{Code, Endpoint, Outcome, Random, TokenRules, TokenSourceRequest};
use lkt::token::KeyPair;
use serde_json::{Value, json};

use crate::support::{claims_value, verify_dev};

/// An endpoint like that of `lkt serve --dev`.
pub(crate) fn endpoint() -> Endpoint {
    let url = "ws://localhost:7880".parse().expect("a URL");
    Endpoint::new(KeyPair::dev(), url, Random::new(|| 7))
}

/// `POST /getToken` with JSON.
pub(crate) fn request(body: impl Into<Vec<u8>>) -> Request<Vec<u8>> {
    let request = Request::post("/getToken").header("content-type", "application/json");
    request.body(body.into()).expect("a request")
}

pub(crate) fn handle(endpoint: &Endpoint, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    endpoint.handle(request, crate::support::now()).response
}

pub(crate) fn json_of(response: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

/// The claims of the token in an answer, verified by LiveKit's crate.
pub(crate) fn claims(response: &Response<Vec<u8>>) -> Value {
    assert_eq!(response.status(), 201, "{}", String::from_utf8_lossy(response.body()));
    let token = json_of(response)["participant_token"].as_str().expect("a token").to_owned();
    verify_dev(&token);
    claims_value(&token)
}

fn ask(body: &str) -> Response<Vec<u8>> {
    handle(&endpoint(), request(body))
}

#[test]
fn an_answer_is_201_with_exactly_two_names_and_may_not_be_kept() {
    let response = ask("{}");
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer = json_of(&response);
    let names = answer.as_object().expect("an object").keys().collect::<Vec<_>>();
    assert_eq!(names, ["participant_token", "server_url"]);
    assert_eq!(answer["server_url"], "ws://localhost:7880");
}

#[test]
fn nothing_asked_in_any_form_gives_the_defaults() {
    let video = json!({"roomJoin": true, "room": "quickstart-room"});
    let (iss, sub, name) = ("devkey", "quickstart-identity", "quickstart-username");
    let expected = json!({"iss": iss, "sub": sub, "name": name, "video": video});
    let absent = r#"{"room_name":A,"participantIdentity":A,"participant_name":A,
        "participant_metadata":A,"participant_attributes":A,"room_config":A}"#;
    let mut bodies = vec![
        String::new(),
        " {}\n".to_owned(),
        "{}".to_owned(),
        "{\n}".to_owned(),
        "null".to_owned(),
    ];
    bodies.extend(["null", r#""""#, "{}", "[]"].map(|empty| absent.replace('A', empty)));
    bodies.push(r#"{"room_config":{"egress":{},"tags":{},"name":""}}"#.to_owned());
    bodies.push(r#"{"participant_attributes":{"k":null}}"#.to_owned());
    for body in bodies {
        assert_eq!(claims(&ask(&body)), expected, "{body}");
    }
}

#[test]
fn mint_and_serve_share_the_one_function_that_knows_defaults() {
    let minted = claims_value(&crate::support::lkt("mint --dev").succeeds());
    assert_eq!(claims(&ask("{}")), minted);
    let direct = TokenRules::default()
        .claims(TokenSourceRequest::default(), "devkey", 1000, &Random::new(|| 7))
        .expect("claims");
    let mut direct = serde_json::to_value(direct).expect("writes");
    let members = direct.as_object_mut().expect("an object");
    members.retain(|name, _| !["iat", "nbf", "exp"].contains(&name.as_str()));
    assert_eq!(direct, minted);
}

#[test]
fn both_spellings_are_read_and_unicode_stays_as_it_is() {
    let body = json!({
        "roomName": "Zimmer 🚀", "participant_identity": "Ünï", "participantName": "日本語",
        "participant_metadata": "{\"a\":\"\\u2028\"}", "participantAttributes": {"ключ": "😀", "": "x"},
        "roomConfig": {"maxParticipants": 5, "empty_timeout": "30", "agents": [{"agent_name": "é"}]},
    });
    let claims = claims(&ask(&body.to_string()));
    assert_eq!(claims["video"]["room"], body["roomName"]);
    assert_eq!(
        (&claims["sub"], &claims["name"]),
        (&body["participant_identity"], &body["participantName"])
    );
    assert_eq!(claims["metadata"], body["participant_metadata"]);
    assert_eq!(claims["attributes"], body["participantAttributes"]);
    let config = json!({"maxParticipants": 5, "emptyTimeout": 30, "agents": [{"agentName": "é"}]});
    assert_eq!(claims["roomConfig"], config);
}

#[test]
fn entries_of_a_list_are_never_dropped() {
    let body =
        r#"{"room_config":{"agents":[{},{"metadata":"m"},{"deployment":"d"},{"agentName":null}]}}"#;
    let agents = json!([{}, {"metadata": "m"}, {"deployment": "d"}, {}]);
    assert_eq!(claims(&ask(body))["roomConfig"], json!({"agents": agents}));
}

/// Expects a refusal with status 400 that names the field and says what to do.
fn assert_refused(body: &str, code: Code, field: Option<&str>) {
    let response = ask(body);
    let answer = json_of(&response);
    let status = response.status().as_u16();
    assert_eq!((status, answer["code"].as_str()), (400, Some(code.as_str())), "{body}: {answer}");
    assert_eq!(answer.get("field").and_then(Value::as_str), field, "{body}: {answer}");
    assert_eq!(response.headers()["lkt-error"], code.as_str());
    assert!(!answer["hint"].as_str().expect("a hint").is_empty());
    assert!(answer.get("participant_token").is_none());
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in ["{", "[]", "\n", "nul", "7", "{} {}", "\"\u{0}\"", r#"{"room_name":"\ud80"}"#] {
        assert_refused(body, Code::MalformedJson, None);
    }
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    for (body, field) in [
        (r#"{"room_name":5}"#, "room_name"),
        (r#"{"roomName":true}"#, "room_name"),
        (r#"{"participant_metadata":{"a":1}}"#, "participant_metadata"),
        (r#"{"participant_attributes":{"k":1}}"#, "participant_attributes.k"),
        (r#"{"participant_attributes":"x"}"#, "participant_attributes"),
        (r#"{"participant_attributes":{"k":"a","k":"b"}}"#, "participant_attributes.k"),
        (r#"{"room_name":"a","room_name":"b"}"#, "room_name"),
        (r#"{"room_name":"a","roomName":"b"}"#, "room_name"),
        (r#"{"room_config":5}"#, "room_config"),
        (r#"{"room_config":{"agents":"x"}}"#, "room_config.agents"),
        (r#"{"room_config":{"agents":[null]}}"#, "room_config.agents[0]"),
        (r#"{"room_config":{"agents":[{"agent_name":7}]}}"#, "room_config.agents[0].agent_name"),
        (r#"{"room_config":{"syncStreams":1}}"#, "room_config.syncStreams"),
        (r#"{"room_config":{"emptyTimeout":-1}}"#, "room_config.emptyTimeout"),
        (r#"{"room_config":{"tags":{"a":"1","a":"2"}}}"#, "room_config.tags.a"),
        (r#"{"room_config":{"metadata":"a","metadata":"b"}}"#, "room_config.metadata"),
    ] {
        assert_refused(body, Code::WrongType, Some(field));
    }
}

#[test]
fn an_object_where_text_is_due_gets_the_hint_to_stringify_it() {
    for body in [r#"{"participant_metadata":{"a":1}}"#, r#"{"participant_attributes":{"k":[]}}"#] {
        let answer = json_of(&ask(body));
        assert!(answer["hint"].as_str().expect("a hint").contains("JSON.stringify"), "{answer}");
    }
}

#[test]
fn limits_are_those_of_a_server_and_their_edges_hold() {
    for field in ["room_name", "participant_identity", "participant_name"] {
        let body = |length| json!({field: "x".repeat(length)}).to_string();
        assert_eq!(ask(&body(256)).status(), 201, "{field}");
        let response = ask(&body(257));
        let answer = json_of(&response);
        assert_eq!(
            (response.status().as_u16(), &answer["code"], &answer["field"]),
            (400, &json!("over_limit"), &json!(field))
        );
    }
    let mut endpoint = endpoint();
    endpoint.max_body = 1024 * 1024;
    let metadata =
        |length| request(json!({"participant_metadata": "m".repeat(length)}).to_string());
    assert_eq!(handle(&endpoint, metadata(512 * 1024)).status(), 201);
    assert_eq!(handle(&endpoint, metadata(512 * 1024 + 1)).status(), 400);
    let attributes =
        |length| request(json!({"participant_attributes": {"k": "v".repeat(length)}}).to_string());
    assert_eq!(handle(&endpoint, attributes(64 * 1024 - 1)).status(), 201);
    assert_eq!(handle(&endpoint, attributes(64 * 1024)).status(), 400);
}

#[test]
fn the_body_may_have_64_kib_and_not_a_byte_more() {
    let body = |length: usize| {
        let frame = r#"{"participant_metadata":""}"#.len();
        json!({"participant_metadata": "m".repeat(length - frame)}).to_string()
    };
    assert_eq!(body(64 * 1024).len(), 64 * 1024);
    assert_eq!(ask(&body(64 * 1024)).status(), 201);
    let response = ask(&body(64 * 1024 + 1));
    assert_eq!(
        (response.status().as_u16(), json_of(&response)["code"].as_str()),
        (413, Some("body_too_large"))
    );
}

#[test]
fn content_types_that_clients_send_pass_and_what_a_page_can_send_unasked_does_not() {
    let send = |types: &[&str], body: &str| {
        let mut builder = Request::post("/getToken");
        for value in types {
            builder = builder.header("content-type", *value);
        }
        handle(&endpoint(), builder.body(body.into()).expect("a request")).status().as_u16()
    };
    assert_eq!(send(&["application/json; charset=utf-8"], "{}"), 201);
    assert_eq!(send(&["application/json, text/plain"], "{}"), 201);
    assert_eq!(send(&["text/plain,application/json"], "{}"), 201);
    assert_eq!(send(&["application/json", "text/plain"], "{}"), 201);
    assert_eq!(send(&["text/plain", "application/json"], "{}"), 201);
    assert_eq!(send(&[], ""), 201);
    assert_eq!(send(&[], "{}"), 415);
    assert_eq!(send(&["text/plain;charset=UTF-8"], "{}"), 415);
    assert_eq!(send(&["application/x-www-form-urlencoded"], "{}"), 415);
    assert_eq!(send(&["text/plain; a=b, application/json"], "{}"), 415);
}

#[test]
fn credentials_in_a_room_configuration_are_refused() {
    let body = r#"{"room_config":{"egress":{"tracks":{"s3":{"secret":"hunter2"}}}}}"#;
    let response = ask(body);
    let answer = json_of(&response);
    assert_eq!((response.status().as_u16(), &answer["code"]), (403, &json!("credential_denied")));
    assert_eq!(answer["field"], "room_config.egress.tracks.s3.secret");
    assert!(!String::from_utf8_lossy(response.body()).contains("hunter2"));
}

#[test]
fn a_password_in_a_url_of_an_egress_is_a_credential() {
    let urls = [
        (
            json!({"room": {"customBaseUrl": "https://user:hunter2@x.example"}}),
            "room.customBaseUrl",
        ),
        (
            json!({"room": {"webhooks": [{"url": "https://u:hunter2@hook.example/x"}]}}),
            "room.webhooks[0].url",
        ),
        (
            json!({"tracks": {"s3": {"endpoint": "http://hunter2@minio:9000", "bucket": "b"}}}),
            "tracks.s3.endpoint",
        ),
        (
            json!({"tracks": {"s3": {"proxy": {"url": "socks5://u:hunter2@proxy"}}}}),
            "tracks.s3.proxy.url",
        ),
        // One reader sees a fragment here, and another a password.
        (json!({"room": {"customBaseUrl": "https://u:#hunter2@x.example"}}), "room.customBaseUrl"),
    ];
    for (egress, path) in urls {
        let response = ask(&json!({"room_config": {"egress": egress}}).to_string());
        let answer = json_of(&response);
        assert_eq!(answer["code"], "credential_denied", "{egress}: {answer}");
        assert_eq!(answer["field"], format!("room_config.egress.{path}"));
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    let plain =
        json!({"room": {"customBaseUrl": "https://x.example", "webhooks": [{"url": "http://y"}]}});
    claims(&ask(&json!({"room_config": {"egress": plain}}).to_string()));
}

#[test]
fn no_refusal_quotes_what_may_be_a_secret() {
    let secret = "hunter2";
    let values = [json!(secret), json!([secret]), json!({"a": [secret]}), json!({"s3": secret})];
    let numbers = [json!(31337), json!(31337.5), json!({"a": 31337})];
    for value in values.iter().chain(&numbers) {
        for body in [
            json!({"participant_metadata": value}),
            json!({"participant_attributes": value}),
            json!({"participant_attributes": {"k": value}}),
            json!({"room_config": value}),
            json!({"room_config": {"egress": value}}),
            json!({"room_config": {"egress": {"tracks": {"s3": value}}}}),
            json!({"room_config": {"egress": {"tracks": {"s3": {"forcePathStyle": value}}}}}),
            json!({"room_config": {"agents": value}}),
            json!({"room_config": {"agents": [{"restartPolicy": value}]}}),
            json!({"room_config": {"agents": [{"metadata": value}]}}),
            json!({"room_config": {"emptyTimeout": value}}),
        ] {
            let response = ask(&body.to_string());
            if response.status() == 201 {
                continue;
            }
            let said = json_of(&response).to_string();
            assert!(!said.contains(secret) && !said.contains("31337"), "{body}: {said}");
        }
    }
}

#[test]
fn unknown_names_are_ignored_and_reported_for_the_log() {
    let body = r#"{"new_field":{"a":[1]},"room_config":{"agents":[{"newer":1}],"x":null}}"#;
    let answer = endpoint().handle(request(body), crate::support::now());
    assert_eq!(claims(&answer.response)["roomConfig"], json!({"agents": [{}]}));
    let Outcome::Minted(minted) = answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!(minted.unknown, ["new_field", "room_config.agents[0].newer"]);
}

#[test]
fn an_answer_says_what_has_come_of_the_request() {
    let answer = endpoint().handle(request("{"), 1000);
    let Outcome::Refused(refusal) = answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!(refusal.code, Code::MalformedJson);
    let health = Request::get("/healthz").body(Vec::new()).expect("a request");
    assert_eq!(endpoint().handle(health, 1000).outcome, Outcome::Other);
}

#[test]
fn every_code_has_an_error_status_and_a_name_for_a_header() {
    for code in Code::ALL {
        assert!(code.status().is_client_error() || code.status().is_server_error(), "{code}");
        assert!(
            code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{code}"
        );
    }
}
