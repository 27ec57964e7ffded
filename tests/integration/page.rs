//! The page at `/`: where it is shown, and what can run in it. `tests/page/run` tests it in a browser.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::endpoint::{endpoint, handle};
use crate::support::{Connection, TestServer};

/// Returns the page of a server with these arguments.
fn page(arguments: &str) -> String {
    let answer = TestServer::start(arguments).ask("GET", "/", "localhost:3000");
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).expect("UTF-8")
}

/// Returns what the page's script is told about the server.
fn server(page: &str) -> Value {
    let json = page.split(r#"data-server=""#).nth(1).and_then(|rest| rest.split('"').next());
    let json = json.expect("an attribute").replace("&quot;", r#"""#).replace("&lt;", "<");
    serde_json::from_str(&json.replace("&amp;", "&")).expect("JSON")
}

/// Returns the text between two tags that each occur once.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    assert_eq!((page.matches(start).count(), page.matches(end).count()), (1, 1), "{start}");
    page.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect(start).0
}

#[test]
fn it_is_shown_on_loopback_and_nowhere_else() {
    let at_home = TestServer::start("--allow-host lkt.example --allow-host other.example:3000");
    for host in ["localhost:3000", "127.0.0.1", "[::1]:3000", "LOCALHOST"] {
        assert_eq!(at_home.ask("GET", "/", host).status, 200, "{host}");
    }
    assert_eq!(at_home.ask("GET", "/", "lkt.example").status, 404);
    assert_eq!(at_home.ask("GET", "/", "other.example:3000").status, 404);
    let refused = at_home.ask("GET", "/", "evil.example:3000");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["error"], "the host `evil.example` is not allowed");
    let mut connection = Connection::open(at_home.address());
    connection.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(connection.answer().expect("an answer").status, 404);

    // At an address for other machines, the page is not shown under any name.
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    let away = "serve --dev --allow-anonymous --listen 0.0.0.0:0";
    let away = TestServer::run(command.env_clear(), away);
    assert_eq!(away.ask("GET", "/", "localhost:3000").status, 404);
}

#[test]
fn only_get_and_head_are_for_it_and_only_at_the_root() {
    let server = TestServer::start("");
    for (method, path, status) in [
        ("HEAD", "/", 200),
        ("GET", "//", 200),
        ("GET", "/?x", 200),
        ("POST", "/", 405),
        ("OPTIONS", "/", 204),
        ("GET", "/index.html", 404),
    ] {
        assert_eq!(server.ask(method, path, "localhost").status, status, "{method} {path}");
    }
}

#[test]
fn a_base_path_moves_it_and_a_token_path_takes_its_place() {
    let based = TestServer::start("--base-path /livekit");
    for path in ["/livekit", "/livekit/", "/"] {
        let page = String::from_utf8(based.ask("GET", path, "localhost").body).expect("UTF-8");
        assert_eq!(server(&page)["path"], "/livekit/getToken", "{path}");
    }
    let rooted = TestServer::start("--path / --path /openapi.json");
    for path in ["/", "/openapi.json"] {
        let answer = rooted.ask("GET", path, "localhost");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, OPTIONS")), "{path}");
    }
}

#[test]
fn the_policy_lets_run_what_is_in_it_and_nothing_else() {
    let answer = TestServer::start("").ask("GET", "/", "localhost");
    let policy = answer.header("content-security-policy").expect("a policy").to_owned();
    let page = String::from_utf8(answer.body).expect("UTF-8");
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
    let page = page("");
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
    let path = r#"/"><script>alert(1)</script>{{server}}&quot;&"#;
    let page = page(&format!("--path {path}"));
    assert!(!page.contains("<script>alert"), "{}", &page[..300]);
    assert_eq!(server(&page)["path"], path);
}

#[test]
fn it_asks_for_a_bearer_token_where_one_is_needed_and_holds_none() {
    assert_eq!(server(&page(""))["credential"], Value::Null);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "letmein").expect("writes");
    let page = page(&format!("--auth-token-file {}", file.path().display()));
    assert_eq!(server(&page)["credential"], "bearer");
    assert!(!page.contains("letmein"));
}

#[test]
fn it_knows_what_clients_may_set() {
    let page = page(
        "--deny room_config.egress --deny participant_name --require room_name --allow-room team-* \
         --default participant_identity=user-{random} --default participant_attributes={\"role\":\"{identity}\"}",
    );
    let server = server(&page);
    assert_eq!(server["denied"], json!(["participant_name", "room_config.egress"]));
    assert_eq!(server["required"], json!(["room_name"]));
    assert_eq!(server["rooms"], json!(["team-*"]));
    assert_eq!(
        server["defaults"],
        json!({
            "room_name": "quickstart-room",
            "participant_identity": "user-{random}",
            "participant_name": "the identity if you name one, else quickstart-username",
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
