//! The page at `/`: where it is shown, and what it lets run. `tests/page/run` uses it in a browser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use lkt::endpoint::{Access, BearerTokens, Endpoint, Hosts, RoomPattern, Template};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::endpoint::{endpoint, handle};

/// An endpoint for this machine alone.
fn at_home() -> Endpoint {
    let mut endpoint = endpoint();
    endpoint.hosts = Hosts::Loopback(vec!["lkt.example".to_owned()]);
    endpoint
}

fn ask(endpoint: &Endpoint, method: &str, path: &str, host: &str) -> Response<Vec<u8>> {
    let request = Request::builder().method(method).uri(path).header("host", host);
    handle(endpoint, request.body(Vec::new()).expect("a request"))
}

fn page(endpoint: &Endpoint) -> String {
    let response = ask(endpoint, "GET", "/", "localhost:3000");
    assert_eq!(response.status(), 200);
    String::from_utf8(response.into_body()).expect("UTF-8")
}

/// What the page's script is told about the server.
fn server(page: &str) -> Value {
    let json = page.split(r#"data-server=""#).nth(1).and_then(|rest| rest.split('"').next());
    let json = json.expect("an attribute").replace("&quot;", r#"""#).replace("&lt;", "<");
    serde_json::from_str(&json.replace("&amp;", "&")).expect("JSON")
}

/// What stands between two tags that are there once.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    assert_eq!((page.matches(start).count(), page.matches(end).count()), (1, 1), "{start}");
    page.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect(start).0
}

#[test]
fn it_is_shown_on_loopback_and_nowhere_else() {
    for host in ["localhost:3000", "127.0.0.1", "[::1]:3000", "LOCALHOST"] {
        assert_eq!(ask(&at_home(), "GET", "/", host).status(), 200, "{host}");
        assert_eq!(ask(&endpoint(), "GET", "/", host).status(), 404, "{host}");
    }
    assert_eq!(ask(&at_home(), "GET", "/", "lkt.example").status(), 404);
    assert_eq!(ask(&at_home(), "GET", "/", "evil.example").status(), 403);
    let nameless = Request::get("/").body(Vec::new()).expect("a request");
    assert_eq!(handle(&at_home(), nameless).status(), 404);
}

#[test]
fn only_get_and_head_are_for_it_and_only_at_the_root() {
    for (method, path, status) in [
        ("HEAD", "/", 200),
        ("GET", "//", 200),
        ("GET", "/?x", 200),
        ("POST", "/", 405),
        ("OPTIONS", "/", 405),
        ("GET", "/index.html", 404),
    ] {
        assert_eq!(ask(&at_home(), method, path, "localhost").status(), status, "{method} {path}");
    }
}

#[test]
fn a_base_path_moves_it_and_a_token_path_takes_its_place() {
    let mut endpoint = at_home();
    endpoint.routes.base = "/livekit".to_owned();
    for path in ["/livekit", "/livekit/", "/"] {
        let response = ask(&endpoint, "GET", path, "localhost");
        let page = String::from_utf8(response.into_body()).expect("UTF-8");
        assert!(page.contains(r"&quot;path&quot;:&quot;/livekit/getToken&quot;"), "{path}");
    }
    endpoint.routes.base = String::new();
    endpoint.routes.token = vec!["/".to_owned()];
    assert_eq!(ask(&endpoint, "GET", "/", "localhost").status(), 405);
}

#[test]
fn the_policy_lets_run_what_is_in_it_and_nothing_else() {
    let response = ask(&at_home(), "GET", "/", "localhost");
    let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
    let page = String::from_utf8(response.into_body()).expect("UTF-8");
    for (source, start, end) in
        [("script-src", "<script>", "</script>"), ("style-src", "<style>", "</style>")]
    {
        let hash = STANDARD.encode(Sha256::digest(between(&page, start, end)));
        assert!(policy.contains(&format!("{source} 'sha256-{hash}';")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for directive in [
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "trusted-types 'none'",
    ] {
        assert!(policy.contains(directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn it_asks_nobody_else_and_has_no_code_or_style_in_attributes() {
    let page = page(&at_home());
    let links = page.split("https://").skip(1);
    let links = links.map(|rest| rest.split(['/', '\'']).next().expect("a host"));
    assert_eq!(links.collect::<Vec<_>>(), ["meet.livekit.io"]);
    for forbidden in [" src=", " style=", " onclick=", " onload=", "innerHTML", ": url(", "@import"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(!page.contains("{{"), "something was not filled in");
}

#[test]
fn a_path_with_odd_letters_stays_text() {
    let mut endpoint = at_home();
    let path = r#"/"><script>alert(1)</script>{{server}}&quot;&"#;
    endpoint.routes.token = vec![path.to_owned()];
    let page = page(&endpoint);
    assert!(!page.contains("<script>alert"), "{}", &page[..300]);
    // Slashes in a path are not what this is about.
    assert!(server(&page)["path"].as_str().expect("a path").contains("{{server}}&quot;&"));
}

#[test]
fn it_asks_for_a_bearer_token_where_one_is_needed_and_holds_none() {
    assert_eq!(server(&page(&at_home()))["credential"], Value::Null);
    let mut endpoint = at_home();
    endpoint.access = Access::default();
    endpoint.access.bearer = BearerTokens::from_lines("letmein");
    let page = page(&endpoint);
    assert_eq!(server(&page)["credential"], "bearer");
    assert!(!page.contains("letmein"));
}

#[test]
fn it_knows_what_clients_may_set() {
    let mut endpoint = at_home();
    let field = |name: &str| name.parse().expect(name);
    endpoint.policy.deny = ["room_config.egress", "participant_name"].map(field).into();
    endpoint.policy.require = ["room_name"].map(field).into();
    endpoint.policy.rooms = vec![RoomPattern::new("team-*")];
    endpoint.rules.defaults.participant_identity = Template::new("user-{random}");
    endpoint.rules.defaults.participant_attributes =
        vec![("role".to_owned(), Template::new("{identity}"))];
    let server = server(&page(&endpoint));
    assert_eq!(server["denied"], json!(["participant_name", "room_config.egress"]));
    assert_eq!(server["required"], json!(["room_name"]));
    assert_eq!(server["rooms"], json!(["team-*"]));
    assert_eq!(
        server["defaults"],
        json!({
            "room_name": "quickstart-room",
            "participant_identity": "user-{random}",
            "participant_name": "the identity",
            "participant_attributes": "role={identity}",
        })
    );
}

#[test]
fn fields_that_were_ignored_are_named_in_a_header() {
    let ask = |body: &str| {
        let request = Request::post("/getToken").header("content-type", "application/json");
        handle(&endpoint(), request.body(body.as_bytes().to_vec()).expect("a request"))
    };
    let ignored = |body: &str| ask(body).headers().get("lkt-ignored").cloned();
    assert_eq!(ignored("{}"), None);
    let named = ignored(r#"{"room_nmae":"x","room_config":{"agents":[{"nmae":"y"}]}}"#);
    assert_eq!(named.expect("a header"), "room_nmae, room_config.agents[0].nmae");
    let odd = ignored(r#"{"é\r\nSet-Cookie: x":1}"#).expect("a header");
    assert_eq!(odd, r"\u{e9}\r\nSet-Cookie: x");
    let long = ignored(&format!(r#"{{"{}":1}}"#, "é".repeat(5000))).expect("a header");
    assert_eq!(long.len(), 1024);
}
