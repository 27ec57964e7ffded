//! `lkt serve --invites`: the page for guests, the token path, the log. `tests/invites/run` uses the page
//! in browsers.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Connection, JSON, TestServer, claims_of, lkt, post};

/// A code for a server with `--dev`.
fn invite(flags: &str) -> String {
    lkt(&format!("invite --dev -o code {flags}")).succeeds().trim().to_owned()
}

fn token(server: &TestServer, code: &str) -> Answer {
    let mut connection = Connection::open(server.address());
    let bearer = format!("Bearer {code}");
    connection.send(post("/getToken", &[JSON, ("Authorization", &bearer)], "{}"));
    connection.answer().expect("an answer")
}

fn get(server: &TestServer, path: &str, headers: &str) -> Answer {
    let mut connection = Connection::open(server.address());
    connection.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
    connection.answer().expect("an answer")
}

fn shown(server: &TestServer, code: &str) -> Answer {
    get(server, "/join/invitation", &format!("Authorization: Bearer {code}\r\n"))
}

#[test]
fn a_code_of_lkt_invite_is_a_login_of_lkt_serve() {
    let server = TestServer::start("--invites");
    let code = invite("-r demo --no-publish");
    for path in ["/getToken", "/api/token", "/api/v2/sandbox/connection-details"] {
        let mut connection = Connection::open(server.address());
        let bearer = format!("Bearer {code}");
        connection.send(post(path, &[JSON, ("Authorization", &bearer)], "{}"));
        let answer = connection.answer().expect("an answer");
        assert_eq!(answer.status, 201, "{path}");
        let claims = serde_json::from_str::<Value>(&claims_of(&answer.token())).expect("JSON");
        let video = json!({"roomJoin": true, "room": "demo", "canPublish": false});
        assert_eq!(claims["video"], video, "{path}");
    }
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &[JSON], "{}"));
    assert_eq!(connection.answer().expect("an answer").status, 401);
}

#[test]
fn the_log_names_the_invitation_and_has_nothing_else_of_its_code() {
    let server = TestServer::start("--invites -v");
    let made = lkt("invite --dev -r demo -o json").succeeds();
    let made = serde_json::from_str::<Value>(&made).expect("JSON");
    let (code, id) = (made["code"].as_str().expect("a code"), made["id"].as_str().expect("an id"));
    assert_eq!(token(&server, code).status, 201);
    let changed = format!("{}A", &code[..code.len() - 1]);
    assert_eq!(token(&server, &changed).status, 401);
    assert_eq!(shown(&server, code).status, 200);
    assert_eq!(get(&server, &format!("/join/{code}"), "").status, 404);
    assert_eq!(get(&server, &format!("/join?code={code}"), "").status, 200);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, log) = server.wait();
    let minted = log.iter().find(|line| line.contains("status=201")).expect("a line");
    assert!(minted.contains(&format!("invitation=\"{id}\"")), "{minted}");
    let refused = log.iter().find(|line| line.contains("status=401")).expect("a line");
    assert!(refused.contains("code=\"invitation_bad_signature\""), "{refused}");
    for line in &log {
        let parts = (0..code.len() - 16).map(|at| &code[at..at + 16]);
        assert!(!parts.into_iter().any(|part| line.contains(part)), "{line}");
    }
}

#[test]
fn the_page_for_guests_is_for_everyone_and_only_with_invites() {
    let server = TestServer::start("--invites --base-path /livekit --allow-host call.example.com");
    for (method, path, host, status) in [
        ("GET", "/livekit/join", "localhost", 200),
        ("HEAD", "/livekit/join", "localhost", 200),
        ("GET", "/livekit/join/", "call.example.com", 200),
        ("GET", "/livekit/join?x=y", "call.example.com", 200),
        ("POST", "/livekit/join", "localhost", 405),
        ("OPTIONS", "/livekit/join/invitation", "localhost", 405),
        ("GET", "/livekit/join/other", "localhost", 404),
        ("GET", "/livekit/join/invitation", "localhost", 401),
        ("GET", "/livekit/join", "evil.example", 403),
    ] {
        assert_eq!(server.ask(method, path, host).status, status, "{method} {path} {host}");
    }
    assert_eq!(TestServer::start("").ask("GET", "/join", "localhost").status, 404);
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    let away = TestServer::run(command.env_clear(), "serve --dev --invites --listen 0.0.0.0:0");
    assert_eq!(away.ask("GET", "/join", "call.example.com").status, 200);
    assert_eq!(away.ask("GET", "/", "call.example.com").status, 404);
}

#[test]
fn nothing_but_the_pages_own_script_and_style_can_run_in_it() {
    let server = TestServer::start("--invites");
    let answer = server.ask("GET", "/join", "localhost");
    let header = |name: &str| answer.header(name).expect(name).to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let page = String::from_utf8(answer.body.clone()).expect("UTF-8");
    let between = |start: &str, end: &str| {
        let (_, rest) = page.split_once(start).expect(start);
        rest.split_once(end).expect(end).0.to_owned()
    };
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let (script, style) =
        (hash(&between("<script>", "</script>")), hash(&between("<style>", "</style>")));
    let policy = header("content-security-policy");
    let expected = format!(
        "default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src \
         data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    assert_eq!(policy, expected);
    for forbidden in ["http://", "innerHTML", "eval(", "document.write"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_page_learns_what_an_invitation_is_for() {
    let server = TestServer::start("--invites");
    let code = invite("-r demo --until 4102444800 --name Ada --label Call");
    let answer = shown(&server, &code);
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let expected =
        json!({"room": "demo", "label": "Call", "name": "Ada", "expires_at": 4_102_444_800_u64});
    assert_eq!(answer.json(), expected);
    let early = invite("-r demo --not-before 4102444800");
    for (code, expected) in [
        ("x", "not_an_invitation"),
        ("lkti_x", "invitation_malformed"),
        (&early, "invitation_not_yet_valid"),
    ] {
        let answer = shown(&server, code);
        assert_eq!((answer.status, answer.header("lkt-error")), (401, Some(expected)));
    }
    assert_eq!(token(&server, &early).status, 401);
}

#[test]
fn the_link_into_the_call_is_the_operators_choice() {
    let told = |arguments: &str| {
        let page = TestServer::start(arguments).ask("GET", "/join", "localhost").body;
        let page = String::from_utf8(page).expect("UTF-8");
        let told = page.split(r#"data-server=""#).nth(1).and_then(|rest| rest.split('"').next());
        let told = told.expect("an attribute").replace("&quot;", r#"""#).replace("&amp;", "&");
        serde_json::from_str::<Value>(&told).expect("JSON")
    };
    let meet = "https://meet.livekit.io/custom?liveKitUrl={url}&token={token}";
    assert_eq!(told("--invites"), json!({"path": "/getToken", "join_url": meet}));
    let own = told("--invites --path /token --join-url https://app.example.com/#{token}");
    assert_eq!(own, json!({"path": "/token", "join_url": "https://app.example.com/#{token}"}));
    for url in ["javascript:alert({token})", "https://app.example.com/"] {
        let said = lkt(&format!("serve --dev --invites --join-url {url}")).fails(2);
        assert!(said.contains("--join-url"), "{said}");
    }
    for path in ["/join", "/join/", "/join/invitation"] {
        let said = lkt(&format!("serve --dev --invites --path {path}")).fails(2);
        assert!(said.contains("a path of the page for guests"), "{said}");
    }
    for option in ["--join-url https://a.example/{token}", "--invite-key-file keys"] {
        let said = lkt(&format!("serve --dev {option}")).fails(2);
        assert!(said.contains("`--invites` is missing"), "{said}");
    }
}

#[test]
fn invitations_of_an_old_key_are_accepted_while_it_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("old-keys");
    let secret = "an-old-secret-with-more-than-32-bytes";
    std::fs::write(&file, format!("APIolder: another-{secret}\nAPIold: {secret}\n"))
        .expect("a file");
    let old = lkt("invite -o code -r demo --api-key APIold").arg("--api-secret").arg(secret);
    let old = old.succeeds();
    let server = TestServer::start("--invites");
    let refused = token(&server, old.trim());
    assert_eq!(refused.header("lkt-error"), Some("invitation_unknown_key"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(["serve", "--dev", "--listen", "127.0.0.1:0", "--invites"]);
    let server = TestServer::run(command.arg("--invite-key-file").arg(&file), "");
    assert_eq!(token(&server, old.trim()).status, 201);
    assert_eq!(token(&server, &invite("-r demo")).status, 201);
}

#[test]
fn the_rate_is_that_of_an_address_or_of_the_one_person_who_is_invited() {
    let server = TestServer::start("--invites --rate 2/1h");
    let (shared, personal) = (invite("-r demo"), invite("-r demo -i ada"));
    for status in [201, 201, 429] {
        assert_eq!(token(&server, &personal).status, status);
    }
    for status in [201, 201, 429] {
        assert_eq!(token(&server, &shared).status, status);
    }
    assert_eq!(token(&server, &invite("-r other")).status, 429);
}

#[test]
fn a_server_with_invitations_says_so_and_may_be_reached_by_others() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    let server = "serve --dev --invites --auth-optional --base-path /lk --listen 127.0.0.1:0";
    let server = TestServer::run(command.env_clear(), server);
    let page = server.wait_for_log("page for guests");
    assert!(page.ends_with(&format!("http://{}/lk/join", server.address())), "{page}");
    let who = server.wait_for_log("who may ask");
    assert!(who.ends_with("guests with an invitation; guests, without a login"), "{who}");
    let said = lkt("serve --dev --auth-optional").fails(2);
    assert!(said.contains("--invites"), "{said}");
}
