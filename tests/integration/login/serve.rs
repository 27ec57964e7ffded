//! `lkt serve` with logins, tested from outside.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{ask, code, token};
use super::issuer::{IssuerServer, ok};
use super::signer::Signer;
use crate::support::{Answer, Connection, JSON, TestServer, claims_of, json_post, lkt, post};

fn jwks(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

fn claims(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_str(&claims_of(&answer.token())).expect("JSON")
}

#[test]
fn a_login_is_all_that_an_issuer_takes() {
    let signer = Signer::ed25519();
    let issuer = IssuerServer::with_keys(&jwks(&[signer.jwk("a")]));
    let url = issuer.url("");
    let server = TestServer::start(&format!("--auth-issuer {url} --auth-audience lkt"));
    let good = token(&signer, "a", &url, &json!({}));
    let minted = claims(&ask(&server, &good, "{}"));
    assert_eq!((&minted["sub"], &minted["name"]), (&json!("ada"), &json!("Ada")));
    let line = server.wait_for_log("sub=\"ada\"");
    assert!(line.contains("jti=\"j1\"") && line.contains(&url) && !line.contains(&good), "{line}");
    let other = ask(&server, &good, r#"{"participant_identity":"bob"}"#);
    assert_eq!(code(&other), (403, "field_denied"));
    let foreign = token(&Signer::ed25519(), "a", &url, &json!({}));
    assert_eq!(code(&ask(&server, &foreign, "{}")), (401, "bad_signature"));
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &[("Content-Type", "application/json")], "{}"));
    assert_eq!(code(&connection.answer().expect("an answer")), (401, "unauthorized"));
    // Discovery and keys were fetched once.
    assert_eq!(issuer.asked(), 2);
}

#[test]
fn new_keys_are_fetched_once_for_a_flood_of_unknown_ones() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let issuer = IssuerServer::with_keys(&jwks(&[old.jwk("old")]));
    let url = issuer.url("");
    let server = TestServer::start(&format!("--auth-issuer {url} --auth-audience lkt"));
    claims(&ask(&server, &token(&old, "old", &url, &json!({})), "{}"));
    let before = issuer.asked();
    for kid in 0..50 {
        let forged = token(&new, &format!("k{kid}"), &url, &json!({}));
        assert_eq!(code(&ask(&server, &forged, "{}")), (401, "unknown_key"));
    }
    // The fetch at the start was less than 30 seconds ago, so there is no other fetch.
    assert_eq!(issuer.asked(), before);
    claims(&ask(&server, &token(&old, "old", &url, &json!({})), "{}"));
}

#[test]
fn a_slow_issuer_holds_up_its_own_logins_alone() {
    let (started, starts) = channel();
    let (release, released) = channel::<()>();
    let shared = Arc::new(Mutex::new((started, released)));
    let signer = Signer::ed25519();
    let slow = IssuerServer::with_keys("");
    let (slow_url, keys) = (slow.url(""), slow.keys(&jwks(&[signer.jwk("a")])));
    slow.answer(move |asked| {
        let shared = shared.lock().expect("no panic");
        let _ = shared.0.send(());
        let _ = shared.1.recv();
        keys(asked)
    });
    let quick = IssuerServer::with_keys(&jwks(&[signer.jwk("a")]));
    let quick_url = quick.url("");
    let server = TestServer::start(&format!(
        "--auth-issuer {slow_url} --auth-issuer {quick_url} --auth-audience lkt"
    ));
    starts.recv().expect("a fetch");
    let bearer = format!("Bearer {}", token(&signer, "a", &slow_url, &json!({})));
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let mut waiting = Connection::open(server.address());
    waiting.send(post("/getToken", &headers, "{}"));
    let good = token(&signer, "a", &quick_url, &json!({}));
    for _ in 0..20 {
        let began = Instant::now();
        claims(&ask(&server, &good, "{}"));
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    drop(release);
    claims(&waiting.answer().expect("an answer"));
}

/// A set without a usable key is not a failed fetch: the issuer has withdrawn its keys.
#[test]
fn no_login_is_accepted_of_an_issuer_that_publishes_no_key() {
    let signer = Signer::ed25519();
    for (keys, problem) in [
        (jwks(&[]), "it has no keys"),
        (jwks(&[json!({"kty": "oct", "k": "c2VjcmV0"})]), "none of its keys can verify logins"),
    ] {
        let issuer = IssuerServer::with_keys(&keys);
        let url = issuer.url("");
        let server = TestServer::start(&format!("--auth-issuer {url} --auth-audience lkt"));
        let line = server.wait_for_log("an issuer publishes no key that can verify logins");
        assert!(line.contains(problem) && line.contains(&format!("{url}/jwks")), "{line}");
        let answer = ask(&server, &token(&signer, "a", &url, &json!({})), "{}");
        assert_eq!(code(&answer), (401, "unknown_key"));
    }
}

#[test]
fn without_keys_the_answer_is_503_and_says_when_to_ask_again() {
    let signer = Signer::ed25519();
    let endless = "x".repeat(300 * 1024);
    let other = IssuerServer::with_keys(&jwks(&[signer.jwk("a")]));
    let elsewhere = other.url("/jwks");
    let redirect = |to: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    for (answer, reason) in [
        ("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(), "500"),
        ("garbage\r\n\r\n".to_owned(), "cannot fetch"),
        (ok(&endless), "over 262144 bytes"),
        (ok("{}"), "it is not a key set: it has no `keys`"),
        (redirect(&elsewhere), "redirects to another host"),
        (redirect("/jwks"), "redirects over 3 times"),
    ] {
        let issuer = IssuerServer::start(move |_| answer.clone());
        let (url, jwks) = (issuer.url(""), issuer.url("/jwks"));
        let flags = format!("--auth-issuer {url} --auth-jwks {jwks} --auth-audience lkt");
        let server = TestServer::start(&flags);
        let line = server.wait_for_log("cannot fetch the keys");
        assert!(line.contains(reason), "{reason}: {line}");
        let answer = ask(&server, &token(&signer, "a", &url, &json!({})), "{}");
        assert_eq!(code(&answer), (503, "auth_unavailable"), "{reason}");
        assert!(answer.header("retry-after").is_some_and(|after| after.parse::<u8>().is_ok()));
    }
    assert_eq!(other.asked(), 0);
}

#[test]
fn a_backend_allows_refuses_and_changes() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let backend = IssuerServer::start(move |asked| {
        let question = serde_json::from_slice::<Value>(&asked.body).expect("JSON");
        let room = question["request"]["room_name"].as_str().unwrap_or_default().to_owned();
        let _ = tell.lock().expect("no panic").send((asked.head.clone(), question));
        let refuse = |status: &str, body: &str| ok(body).replacen("200 OK", status, 1);
        match room.as_str() {
            "mine" => ok(r#"{"participant_identity":"u1","grants":{"roomAdmin":true}}"#),
            "free" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            "theirs" => refuse("403 Forbidden", r#"{"error":"not your room"}"#),
            "out" => refuse("401 Unauthorized", r#"{"error":"log in"}"#),
            _ => refuse("500 Oops", "{}"),
        }
    });
    let server = TestServer::start(&format!("--ask {}", backend.url("/allow")));
    let ask = |room: &str| {
        let headers = [("Content-Type", "application/json"), ("Cookie", "session=s1")];
        let mut connection = Connection::open(server.address());
        connection.send(post("/getToken", &headers, json!({"room_name": room}).to_string()));
        connection.answer().expect("an answer")
    };
    let mine = claims(&ask("mine"));
    assert_eq!((&mine["sub"], &mine["video"]["roomAdmin"]), (&json!("u1"), &json!(true)));
    let (head, question) = told.recv().expect("a question");
    assert!(head.contains("cookie: session=s1\r\n"), "{head}");
    let expected = json!({"request": {"room_name": "mine"}, "claims": null, "remote": "127.0.0.1"});
    assert_eq!(question, expected);
    claims(&ask("free"));
    assert_eq!(code(&ask("theirs")), (403, "ask_denied"));
    assert_eq!(ask("theirs").json()["error"], "not your room");
    assert_eq!(code(&ask("out")), (401, "unauthorized"));
    assert_eq!(code(&ask("other")), (503, "ask_failed"));
}

#[test]
fn a_person_gets_so_many_tokens() {
    let server = TestServer::start("--rate 3/10m");
    let ask = || json_post(server.address(), "{}");
    assert_eq!([ask(), ask(), ask()].map(|answer| answer.status), [201; 3]);
    let answer = ask();
    assert_eq!(code(&answer), (429, "rate_limited"));
    let after = answer.header("retry-after").and_then(|after| after.parse::<u16>().ok());
    assert!(after.is_some_and(|after| (1..=201).contains(&after)), "{after:?}");
}

#[test]
fn a_proxys_header_is_taken_from_its_address_alone() {
    let ask = |server: &TestServer| {
        let headers = [("Content-Type", "application/json"), ("Remote-User", "ada")];
        let mut connection = Connection::open(server.address());
        connection.send(post("/getToken", &headers, "{}"));
        connection.answer().expect("an answer")
    };
    let server = TestServer::start("--auth-header Remote-User --trusted-proxy 127.0.0.1");
    assert_eq!(claims(&ask(&server))["sub"], "ada");
    let unnamed = json_post(server.address(), "{}");
    assert_eq!(code(&unnamed), (401, "unauthorized"));
    assert_eq!(unnamed.json()["hint"], "log in, and send the request through the proxy");
    let server = TestServer::start("--auth-header Remote-User --trusted-proxy 10.0.0.0/8");
    assert_eq!(code(&ask(&server)), (403, "header_denied"));
}

#[test]
fn a_configuration_file_has_the_same_options() {
    let config = r#"
        dev = true
        ttl = "5m"
        max-body = 1000
        allow-room = ["team-*", "lobby"]
        set = "participant_name=from the file"
    "#;
    let printed =
        lkt("serve --config lkt.toml --print-config --ttl=7m").file("lkt.toml", config).succeeds();
    for line in ["dev = true", "ttl = \"7m\"", r#"allow-room = ["team-*", "lobby"]"#] {
        assert!(printed.lines().any(|printed| printed == line), "{line}\n{printed}");
    }
    // The output is a valid configuration.
    let again = lkt("serve --config lkt.toml --print-config").file("lkt.toml", &printed).succeeds();
    assert_eq!(again, printed);
    let masked = lkt("serve --print-config --api-key k --api-secret hunter2").succeeds();
    assert!(masked.contains("api-secret = \"***\"") && !masked.contains("hunter2"), "{masked}");
}

#[test]
fn a_wrong_configuration_file_is_named_with_the_way_out() {
    for (config, part) in [
        ("alow-room = \"x\"", "did you mean `allow-room`?"),
        ("dev = \"yes\"", "takes true or false"),
        ("ttl = [\"5m\"]", "takes a text or a number"),
        ("ttl = \"soon\"", "--ttl"),
        ("config = \"x\"", "`config` is for the command line"),
        ("[serve]\ndev = true", "leave out the line `[serve]`"),
        ("dev = true\ndev = true", "line 2"),
        ("api-secret = hunter2", "line 1"),
    ] {
        let error = lkt("serve --config lkt.toml").file("lkt.toml", config).fails(2);
        assert!(error.contains(part) && !error.contains("hunter2"), "{config}\n{error}");
    }
    lkt("serve --config missing.toml").fails(2);
}

#[test]
fn the_user_of_a_proxy_has_the_users_name_and_the_start_names_the_headers_to_remove() {
    let flags = "--auth-header Remote-User --trusted-proxy 127.0.0.1 \
                 --set participant_metadata={header.X-Org} --allow-room {header.X-Team}-*";
    let server = TestServer::start(flags);
    let post = |body: &str| {
        let mut connection = Connection::open(server.address());
        let headers = [("remote-user", "ada"), ("x-org", "o"), ("x-team", "t")];
        connection.send(crate::support::post("/getToken", &[&[JSON], &headers[..]].concat(), body));
        connection.answer().expect("an answer")
    };
    let minted = claims(&post(r#"{"room_name":"t-1"}"#));
    assert_eq!((&minted["sub"], &minted["name"]), (&json!("ada"), &json!("ada")));
    let refused = post(r#"{"room_name":"t-1","participant_name":"The Boss"}"#);
    assert_eq!(code(&refused), (403, "field_denied"));
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, lines) = server.wait();
    let said =
        "the proxy must remove what clients send as remote-user, x-org, x-team, and set it itself";
    assert!(lines.iter().any(|line| line.contains(said)), "{lines:?}");
}

#[test]
fn flags_that_would_let_anyone_in_are_refused() {
    for (flags, part) in [
        ("--auth-issuer https://x.example", "--auth-audience"),
        ("--auth-issuer http://x.example --auth-audience a", "https"),
        ("--auth-issuer x --auth-audience a", "--auth-jwks"),
        ("--auth-jwks https://x.example/jwks", "--auth-issuer"),
        ("--auth-issuer https://x --auth-audience a --auth-jwks http://x/jwks", "https"),
        ("--auth-header Remote-User", "--trusted-proxy"),
        ("--auth-optional", "--auth-issuer"),
        ("--set participant_identity={claim.sub}", "--auth-issuer"),
        ("--set participant_identity={header.x}", "--auth-header"),
        ("--set participant_identity={sub}", "{claim.PATH}"),
        ("--allow-room org-{org}", "{claim.PATH}"),
        ("--ask http://x.example", "--allow-http x.example"),
        ("--ask http://x.example --allow-http x.example:80", "the name of a host alone"),
        ("--auth-issuer https://x --auth-claim azp!=a", "--auth-audience"),
        ("--auth-issuer https://x --auth-claim !act", "--auth-audience"),
        ("--auth-issuer https://x --auth-claim azp=", "nothing after `=`"),
        ("--auth-issuer https://x --auth-claim azp==a", "`==`"),
        ("--auth-no-issuer --auth-audience a", "--auth-secret-file"),
        ("--auth-no-issuer --auth-audience a --auth-jwks https://x/jwks", "in a file"),
        ("--auth-no-issuer --auth-issuer https://x --auth-audience a", "cannot be used with"),
        ("--auth-user-claim id", "--auth-issuer"),
        ("--auth-issuer https://x --auth-audience a --auth-user-claim a..b", "realm_access.roles"),
        ("--auth-issuer https://x --auth-audience a --auth-token-header authorization", "already"),
        ("--auth-issuer https://x --auth-audience a --auth-token-header cookie", "--auth-cookie"),
        (
            "--auth-issuer https://x --auth-audience a --auth-token-header X-Amzn-Oidc-Data",
            "X-Amzn-Oidc-Accesstoken",
        ),
        ("--auth-issuer https://x --auth-audience a --auth-cookie a;b", "name of a cookie"),
        (
            "--auth-issuer https://x --auth-audience a --auth-cookie a --cors-origin *",
            "any web page",
        ),
        (
            "--auth-issuer https://x.example --auth-issuer https://x.example/a --auth-audience a \
             --set participant_identity={claim.iss}/{claim.sub}",
            "{claim.iss}|{claim.sub}",
        ),
        ("--rate often", "10/1m"),
    ] {
        let error = lkt(&format!("serve --dev {flags}")).fails(2);
        assert!(error.contains(part), "{flags}\n{error}");
    }
}

#[test]
fn check_says_what_an_issuer_has_and_verifies_as_serve_does() {
    let signer = Signer::ed25519();
    let encryption = json!({"kty": "RSA", "use": "enc", "kid": "e", "n": "AQ", "e": "AQAB"});
    let issuer = IssuerServer::with_keys(&jwks(&[signer.jwk("a"), encryption]));
    let url = issuer.url("");
    let check = |token: &str| {
        let check = format!("check --auth-issuer {url} --auth-token t --auth-audience lkt");
        lkt(&check).file("t", token)
    };
    let good = token(&signer, "a", &url, &json!({}));
    let said = check(&good).succeeds();
    assert!(said.contains("key      a: Ed25519") && said.contains("good: sub ada"), "{said}");
    assert!(said.contains("key `e`: it is for `enc`"), "{said}");
    let output = check(&token(&signer, "a", &url, &json!({"exp": 1}))).output();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("`token_expired`") && !error.contains("eyJ"), "{error}");
    let error = lkt(&format!("check --auth-issuer {url}/")).fails(1);
    assert!(error.contains("is of the issuer"), "{error}");
}
