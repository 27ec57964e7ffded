//! Checks that the description at `/openapi.json` matches the endpoint.

use std::collections::BTreeSet;

use http::Request;
use lkt::endpoint::{Code, Field, Routes};
use serde_json::{Value, json};

use crate::endpoint::{endpoint, handle, json_of};
use crate::support::TestServer;

const KEPT: &str = include_str!("../../src/service/openapi.json");

fn kept() -> Value {
    serde_json::from_str(KEPT).expect("JSON")
}

/// Follows a reference. Any other value is returned unchanged.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => value,
    }
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

/// Every operation: its path, its method and its description.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in resolved(document, item).as_object().expect("methods") {
            all.push((path.clone(), method.to_uppercase(), operation));
        }
    }
    all
}

#[test]
fn what_is_kept_is_what_is_served() {
    let server = TestServer::start("");
    assert_eq!(server.ask("GET", "/openapi.json", "localhost").json(), kept());
}

#[test]
fn the_paths_are_those_that_are_served() {
    let mut expected = Routes::default().token.into_iter().collect::<BTreeSet<_>>();
    for path in ["/", "/healthz", "/readyz", "/openapi.json", "/api/sandbox/connection-details"] {
        expected.insert(path.to_owned());
    }
    expected.insert("/api/v2/sandbox/connection-details".to_owned());
    assert_eq!(names(&kept()["paths"]), expected);

    let server = TestServer::start("--path /mine --path /other/ --base-path /livekit/");
    assert_eq!(server.ask("GET", "/openapi.json", "localhost").status, 404);
    let document = server.ask("GET", "/livekit/openapi.json", "localhost").json();
    assert_eq!(document["servers"], json!([{"url": "/livekit"}]));
    let paths = names(&document["paths"]);
    assert!(paths.contains("/mine") && paths.contains("/other"), "{paths:?}");
    assert!(!paths.contains("/getToken"), "{paths:?}");
}

#[test]
fn every_operation_is_answered_as_it_says() {
    let server = TestServer::start("");
    let document = kept();
    for (path, method, operation) in operations(&document) {
        let answer = server.ask(&method, &path, "localhost");
        let status = answer.status.to_string();
        let said = operation["responses"].get(&status);
        let said = resolved(&document, said.unwrap_or_else(|| panic!("{method} {path} {status}")));
        assert!(status.starts_with('2'), "{method} {path} {status}");
        if method == "HEAD" || status == "204" {
            assert!(said.get("content").is_none(), "{method} {path}");
            continue;
        }
        let types = names(&said["content"]);
        let kind = answer.header("content-type").expect("a content type");
        assert!(types.contains(kind.split(';').next().expect("a type")), "{method} {path}: {kind}");
        if let Some(headers) = said.get("headers") {
            for (name, header) in headers.as_object().expect("headers") {
                let is_required = resolved(&document, header)["required"] == true;
                assert!(
                    !is_required || answer.header(&name.to_lowercase()).is_some(),
                    "{path}: {name}"
                );
            }
        }
        let schema = types.iter().next().map(|kind| &said["content"][kind]["schema"]);
        let schema = resolved(&document, schema.expect("a schema"));
        if let Some(properties) = schema.get("properties") {
            assert_eq!(names(properties), names(&answer.json()), "{method} {path}");
        }
    }
}

#[test]
fn every_status_and_code_is_in_it_with_each_other() {
    let document = kept();
    let known = Code::ALL.iter().map(|code| (code.status().as_u16().to_string(), code.to_string()));
    let known = known.collect::<BTreeSet<_>>();
    let mut described = BTreeSet::new();
    for (_, method, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let schema = resolved(&document, response).pointer("/content/application~1json/schema");
            if method == "HEAD" || !status.starts_with(['4', '5']) {
                continue;
            }
            let codes = schema.and_then(|schema| schema.pointer("/allOf/1/properties/code/enum"));
            for code in codes.and_then(Value::as_array).expect("codes") {
                described.insert((status.clone(), code.as_str().expect("text").to_owned()));
            }
        }
    }
    assert_eq!(described, known);
    let refusal = &document["components"]["schemas"]["Refusal"]["properties"];
    let all = refusal["code"]["enum"].as_array().expect("codes").iter();
    let all = all.map(|code| code.as_str().expect("text")).collect::<BTreeSet<_>>();
    assert_eq!(all, Code::ALL.iter().map(|code| code.as_str()).collect());
}

#[test]
fn every_field_is_in_it() {
    let schemas = &kept()["components"]["schemas"];
    let (parts, fields) = Field::names().partition::<BTreeSet<_>, _>(|name| name.contains('.'));
    assert_eq!(names(&schemas["TokenSourceRequest"]["properties"]), fields);
    let parts = parts.iter().map(|part| part.trim_start_matches("room_config.").to_owned());
    assert_eq!(names(&schemas["RoomConfiguration"]["properties"]), parts.collect());
    let wrong = Request::post("/getToken").header("content-type", "application/json");
    let wrong = wrong.body(br#"{"room_name":1}"#.to_vec()).expect("a request");
    let refusal = json_of(&handle(&endpoint(), wrong));
    assert_eq!(names(&schemas["Refusal"]["properties"]), names(&refusal));
}

#[test]
fn nothing_in_it_is_left_unused_and_no_reference_leads_nowhere() {
    let document = kept();
    for (kind, parts) in document["components"].as_object().expect("components") {
        for name in names(parts).iter().filter(|_| kind != "securitySchemes") {
            let reference = format!("\"#/components/{kind}/{name}\"");
            assert!(KEPT.contains(&reference), "{reference}");
        }
    }
    for rest in KEPT.split("\"$ref\": \"#").skip(1) {
        let pointer = rest.split('"').next().expect("an end");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
