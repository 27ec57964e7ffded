//! Which paths and methods are served.

use http::Request;
use serde_json::json;

use crate::endpoint::{claims, endpoint, handle, json_of, request};

#[test]
fn every_usual_path_is_served_and_slashes_and_queries_are_forgiven() {
    for path in [
        "/getToken",
        "/createToken",
        "/create-token",
        "/api/token",
        "/getToken/",
        "//getToken",
        "/getToken?x=1",
        "/api//token",
    ] {
        let mut request = request("{}");
        *request.uri_mut() = path.parse().expect("a path");
        assert_eq!(handle(&endpoint(), request).status(), 201, "{path}");
    }
}

#[test]
fn the_development_token_server_is_answered_as_its_clients_read_it() {
    let mut v2 = request(r#"{"room_name":"r","participant_name":"n"}"#);
    *v2.uri_mut() = "//api/v2/sandbox/connection-details".parse().expect("a path");
    let response = handle(&endpoint(), v2);
    claims(&response);
    let answer = json_of(&response);
    assert_eq!((&answer["room_name"], &answer["participant_name"]), (&json!("r"), &json!("n")));
    let mut v1 = request("{\n\t\"roomName\":\t\"r\",\n\t\"participantName\":\t\"esp\"\n}");
    *v1.uri_mut() = "/api/sandbox/connection-details".parse().expect("a path");
    let response = handle(&endpoint(), v1);
    let answer = json_of(&response);
    assert_eq!(response.status(), 200);
    let names =
        answer.as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["participantName", "participantToken", "roomName", "serverUrl"]);
    assert_eq!((&answer["roomName"], &answer["participantName"]), (&json!("r"), &json!("esp")));
}

#[test]
fn another_path_or_method_is_told_what_works() {
    let send = |method: &str, path: &str| {
        let builder = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
        handle(&endpoint(), builder.body(Vec::new()).expect("a request"))
    };
    for path in ["/", "/getToken/x", "/gettoken", "/healthz/x", "/..%2fgetToken"] {
        let response = send("POST", path);
        let answer = json_of(&response);
        assert_eq!(
            (response.status().as_u16(), &answer["code"]),
            (404, &json!("not_found")),
            "{path}"
        );
        assert!(answer["hint"].as_str().expect("a hint").contains("POST /getToken"), "{answer}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "BREW"] {
        let response = send(method, "/getToken");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"POST, OPTIONS".parse().expect("a header"))
        );
        let hint = json_of(&response)["hint"].as_str().expect("a hint").to_owned();
        assert!(
            hint.starts_with("curl -X POST") && hint.ends_with("'http://127.0.0.1:3000/getToken'"),
            "{hint}"
        );
    }
    assert_eq!(send("POST", "/healthz").headers()["allow"], "GET, HEAD");
    assert_eq!(json_of(&send("GET", "/healthz")), json!({"status": "ok"}));
    assert_eq!(send("HEAD", "/healthz").status(), 200);
    assert_eq!(send("OPTIONS", "/getToken").status(), 204);
}

#[test]
fn a_hostile_host_does_not_get_into_the_curl_line() {
    let request = Request::get("/getToken").header("host", "x'; rm -rf ~ #").body(Vec::new());
    let mut endpoint = endpoint();
    endpoint.hosts = lkt::endpoint::Hosts::Any;
    let answer = json_of(&handle(&endpoint, request.expect("a request")));
    assert!(
        answer["hint"].as_str().expect("a hint").ends_with("'http://localhost:3000/getToken'"),
        "{answer}"
    );
}
