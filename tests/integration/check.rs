//! `lkt check`, against servers that answer as LiveKit's does, and against others.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};

use crate::login::issuer::IssuerServer;
use crate::support::{Lkt, lkt};

/// Starts a server that answers one request with these bytes, and returns the request.
fn answers(bytes: impl Into<Vec<u8>>) -> (SocketAddr, Receiver<String>) {
    answers_at("127.0.0.1:0", bytes)
}

fn answers_at(address: &str, bytes: impl Into<Vec<u8>>) -> (SocketAddr, Receiver<String>) {
    let bytes = bytes.into();
    let listener = TcpListener::bind(address).expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        // The head may come in pieces. A client that has not sent all of it would find the connection closed.
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 8192];
            let length = stream.read(&mut piece).expect("a request");
            if length == 0 {
                break;
            }
            request.extend_from_slice(piece.get(..length).expect("a part"));
        }
        stream.write_all(&bytes).expect("sends");
        let request = String::from_utf8_lossy(&request).into_owned();
        // The test may have ended without waiting for the request.
        let _ = sender.send(request);
    });
    (address, receiver)
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn check(address: SocketAddr) -> Lkt {
    lkt("check --dev --url").arg(format!("ws://{address}"))
}

#[test]
fn a_token_that_the_server_repeats_is_not_shown_though_it_breaks_off() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).expect("a request");
        let request = String::from_utf8_lossy(&request[..length]);
        let (_, token) = request.split_once("access_token=").expect("a token");
        let token = token.split(['&', ' ']).next().expect("a token");
        let body = format!("{}{token}{}", "x".repeat(200), "y".repeat(500));
        stream.write_all(answer("401 Unauthorized", &body).as_bytes()).expect("sends");
    });
    let (printed, said, _) = ended(check(address));
    server.join().expect("an end");
    assert!(printed.contains("xxx…yyy"), "{printed}");
    assert!(!format!("{printed}{said}").contains("eyJ"), "{printed}{said}");
}

#[test]
fn an_answer_whose_body_does_not_come_is_the_servers_trouble() {
    let (address, _) = answers("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuc");
    let (_, said, code) = ended(check(address));
    assert_eq!(code, Some(1));
    let problem = "is in trouble: 200, and its body broke off or did not come in time\n";
    assert!(said.contains(problem), "{said}");
}

#[test]
fn localhost_is_both_loopback_addresses_whatever_the_file_of_hosts_has() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        if TcpListener::bind(address).is_err() {
            // The machine has no IPv6.
            continue;
        }
        let (address, _) = answers_at(address, answer("200 OK", "success"));
        let url = format!("ws://localhost:{}", address.port());
        let printed = lkt("check --dev --url").arg(url).succeeds();
        assert!(printed.contains("accepts the token"), "{address}: {printed}");
    }
}

#[test]
fn a_token_beside_the_key_is_warned_about() {
    let (address, request) = answers(answer("200 OK", "success"));
    let (_, said) = check(address).env("LIVEKIT_TOKEN", "eyJ.eyJ.x").succeeds_saying();
    let warning = "warning: LIVEKIT_TOKEN is set too: LiveKit's server SDKs for Node, Go and Python use it \
                   in place of the key; unset it where they have the key\n";
    assert_eq!(said, warning);
    // Servers may have low limits on names.
    let token = request.recv().expect("a request");
    let token = token.split_once("access_token=").expect("a token").1;
    let claims = crate::support::claims_value(token.split(' ').next().expect("a token"));
    assert_eq!((&claims["sub"], &claims["video"]["room"]), (&json!("lkt"), &json!("lkt")));
}

/// Returns stdout, stderr and the exit code.
fn ended(command: Lkt) -> (String, String, Option<i32>) {
    let output = command.output();
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn a_server_that_takes_the_token_is_reported() {
    let (address, request) = answers(answer("200 OK", "success"));
    let (printed, said, code) = ended(check(address));
    assert_eq!(
        printed,
        format!(
            "key      devkey, from --dev\n\
             secret   6 bytes, fingerprint 2bb80d\n\
             url      ws://{address}, from --url\n\
             server   accepts the token: 200 `success`\n\
             clock    the server did not say what time it is\n"
        )
    );
    assert_eq!((said.as_str(), code), ("", Some(0)));
    let request = request.recv().expect("a request");
    let token = request.strip_prefix("GET /rtc/validate?access_token=").expect("the path");
    let token = token.split(' ').next().expect("a token");
    let claims = crate::support::verify_dev(token);
    assert!(claims.video.room_join && !printed.contains(token));
}

#[test]
fn a_refusal_is_told_with_its_likely_cause() {
    for (status, body, error, help) in [
        (
            "401 Unauthorized",
            "invalid API key",
            "the server does not know the key `devkey`",
            "key and URL are probably those of two projects: take both from the same one (if the key \
             looks like a secret, the two are swapped)",
        ),
        (
            "401 Unauthorized",
            "invalid token: x, error: token signature is invalid",
            "the secret does not belong to the key `devkey`",
            "take the secret that was made together with this key",
        ),
        (
            "503 Service Unavailable",
            "",
            "the server, or a proxy before it, is in trouble: 503",
            "see whether the server runs, and what its log says; then try again",
        ),
    ] {
        let (address, _request) = answers(answer(status, body));
        let (printed, said, code) = ended(check(address));
        assert_eq!(said, format!("error: {error}\nhelp: {help}\n"));
        assert!(printed.contains("does not accept the token: "), "{printed}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn a_server_that_is_not_there_is_said_to_be() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (_, said, code) = ended(check(free));
    let uri = format!("http://{free}/rtc/validate");
    assert_eq!(
        said,
        format!(
            "error: no LiveKit server at `{uri}`: connection refused\n\
             help: start the server, or check host and port of the URL (livekit-server listens on 7880)\n"
        )
    );
    assert_eq!(code, Some(1));
}

#[test]
fn json_has_the_answer_and_none_of_its_controls() {
    let (address, _request) = answers(answer("401 Unauthorized", "no \u{9b}31m\u{202e} token"));
    let (printed, _, code) = ended(check(address).arg("--json"));
    assert!(printed.contains("no \\u009b31m\\u202e token"), "{printed}");
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(report["answer"], "no \u{9b}31m\u{202e} token");
    assert_eq!((&report["ok"], &report["code"]), (&json!(false), &json!("refused")));
    assert_eq!(code, Some(1));
}

#[test]
fn a_url_from_this_directory_and_a_key_from_elsewhere_are_not_used_together() {
    let (address, request) = answers(answer("200 OK", "success"));
    let mixed = || {
        lkt("check")
            .file(".env", format!("LIVEKIT_URL=ws://{address}\n"))
            .env("LIVEKIT_API_KEY", "APIx")
            .env("LIVEKIT_API_SECRET", "s".repeat(32))
    };
    let said = mixed().fails(2);
    assert_eq!(
        said,
        format!(
            "error: the URL `ws://{address}` is from LIVEKIT_URL in .env, but the API key `APIx` is from \
             LIVEKIT_API_KEY, its secret from LIVEKIT_API_SECRET\nhelp: if they belong together, give --yes, or the URL with --url\n"
        )
    );
    assert!(request.try_recv().is_err(), "the server was asked");
    let (printed, _, code) = ended(mixed().arg("--yes"));
    assert!(printed.contains("accepts the token") && code == Some(0), "{printed}");
}

#[test]
fn no_secret_of_the_users_is_sent_to_the_server_of_a_file_in_this_directory() {
    let secret = "s".repeat(32);
    let users = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(users.path(), &secret).expect("writes");
    let (address, request) = answers(answer("200 OK", "success"));
    let named = users.path().display();
    for (lines, part) in [
        (
            format!(
                "LIVEKIT_URL=ws://{address}/${{STOLEN}}\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={secret}"
            ),
            "LIVEKIT_URL in line 1 of `.env` has a `$`",
        ),
        (
            format!(
                "LIVEKIT_URL=ws://{address}\nLIVEKIT_API_KEY=${{STOLEN}}\nLIVEKIT_API_SECRET={secret}"
            ),
            "LIVEKIT_API_KEY in line 2 of `.env` has a `$`",
        ),
        (
            format!(
                "LIVEKIT_URL=ws://{address}\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET_FILE={named}"
            ),
            "which LIVEKIT_API_SECRET_FILE in .env names",
        ),
        (
            format!("LIVEKIT_URL=ws://{address}\nLIVEKIT_KEYS=\"k: ${{STOLEN}}\""),
            "LIVEKIT_KEYS in line 2 of `.env` has a `$`",
        ),
    ] {
        let said =
            lkt("check").file(".env", lines).env("STOLEN", "of-the-users".repeat(3)).fails(2);
        assert!(said.contains(part) && !said.contains("of-the-users"), "{said}");
    }
    assert!(request.try_recv().is_err(), "the server was asked");
}

#[test]
fn the_server_and_the_issuer_are_checked_one_at_a_time() {
    let (address, request) = answers(answer("200 OK", "success"));
    for option in [
        "--auth-token x",
        "--auth-jwks x",
        "--auth-secret-file x",
        "--auth-audience x",
        "--auth-claim a=b",
    ] {
        let said = lkt(&format!("check {option} --dev --url ws://{address}")).fails(2);
        assert!(said.contains("--auth-issuer <URL>"), "{said}");
    }
    assert!(request.try_recv().is_err(), "the server was asked");
    for flags in [
        "--dev",
        "--url ws://x",
        "--api-key k",
        "--api-secret s",
        "--api-secret-file f",
        "--keys-file f",
        "--project p",
        "--env-file f",
        "--yes",
    ] {
        let said = lkt(&format!("check --auth-issuer https://x {flags}")).fails(2);
        let flag = flags.split(' ').next().expect("a flag");
        let error = format!("error: `{flag}` cannot be used with `--auth-issuer`\n");
        assert!(said.starts_with(&error), "{said}");
    }
}

#[test]
fn an_issuer_that_is_none_is_a_wrong_command_line() {
    let https = "give an https URL, or its keys with --auth-jwks";
    for (arguments, error, help) in [
        (
            "--auth-issuer ftp://x",
            "invalid value `ftp://x` for `--auth-issuer`: it is neither",
            https,
        ),
        (
            "--auth-issuer http://x",
            "invalid value `http://x` for `--auth-issuer`: it is plain",
            https,
        ),
        ("--auth-issuer=", "`--auth-issuer` is empty", "leave it out"),
        ("--auth-issuer i --auth-jwks=", "`--auth-jwks` is empty", "leave it out"),
        ("--auth-issuer i --auth-jwks none", "`--auth-jwks`: cannot read `none`", "give a file"),
        ("--auth-issuer i --auth-token=", "`--auth-token` is empty", "leave it out"),
        ("--auth-issuer i --auth-token none", "`--auth-token`: cannot read `none`", "give a file"),
        (
            "--auth-issuer i --auth-secret-file none",
            "`--auth-secret-file`: cannot read",
            "give a file",
        ),
    ] {
        let said = lkt(&format!("check {arguments}")).fails(2);
        let (first, second) = said.split_once('\n').expect("two lines");
        assert!(first.contains(error) && second.contains(help), "{arguments}: {said}");
    }
}

#[test]
fn an_issuer_that_does_not_answer_is_named_in_plain_words() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let said = lkt(&format!("check --auth-issuer http://{free}")).fails(1);
    let url = format!("http://{free}/.well-known/openid-configuration");
    let error = format!("error: cannot fetch `{url}`: connection refused\n");
    assert!(said.starts_with(&error), "{said}");
}

#[test]
fn a_login_of_a_shared_secret_is_verified() {
    use crate::login::signer::Signer;
    let secret = "a-secret-that-is-shared-with-the-issuer";
    let exp = crate::support::now() + 60;
    let claims = json!({"iss": "i", "sub": "ada\u{9b}31m\u{202e}", "aud": "lkt", "exp": exp});
    let token = Signer::Secret(secret.as_bytes().to_vec());
    let token = token.token(r#"{"alg":"HS256"}"#, &claims.to_string());
    let check = |secret: &str| {
        let check =
            "check --json --auth-issuer i --auth-secret-file s --auth-token t --auth-audience lkt";
        ended(lkt(check).file("s", secret).file("t", &token))
    };
    let (printed, _, code) = check(secret);
    assert!(!printed.contains(['\u{9b}', '\u{202e}']), "{printed:?}");
    let report = serde_json::from_str::<Value>(&printed).expect("JSON");
    assert_eq!((&report["ok"], code), (&json!(true), Some(0)), "{printed}");
    assert_eq!((&report["claims"]["sub"], &report["keys_from"]), (&claims["sub"], &json!("s")));
    let (printed, said, code) = check("another-secret-of-more-than-32-bytes");
    assert!(said.contains("bad_signature") && code == Some(1), "{printed} {said}");
}

#[test]
fn an_issuers_document_that_is_none_is_quoted() {
    let issuer = IssuerServer::start(|_| crate::login::issuer::ok("[]"));
    let said = lkt(&format!("check --auth-issuer {}", issuer.url(""))).fails(1);
    assert!(said.contains("openid-configuration` is not a discovery document"), "{said}");
}

#[test]
fn a_login_token_where_a_file_is_due_is_not_shown() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln";
    let said = lkt("check --auth-issuer https://x.example --auth-token").arg(token).fails(2);
    assert!(said.contains("--auth-token -") && !said.contains("eyJ"), "{said}");
    let said = lkt("inspect").arg(token).arg(token).fails(2);
    assert!(!said.contains("eyJ"), "{said}");
}

/// `lkt check` of a server elsewhere with this HTTPS_PROXY: stderr and the exit code.
fn through(proxy: &str) -> (String, Option<i32>) {
    let check = lkt("check --dev --url wss://livekit.invalid").env("HTTPS_PROXY", proxy);
    let (_, said, code) = ended(check);
    (said, code)
}

#[test]
fn a_proxy_that_does_not_connect_is_named_as_such() {
    let (address, requests) = answers(answer("403 Forbidden", ""));
    let proxy = format!("http://user:hunter2@{address}");
    let (said, code) = through(&proxy);
    assert!(
        said.contains(
            "the proxy that the environment names does not connect: proxy server responded 403"
        ),
        "{said}"
    );
    assert!(
        said.contains("check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(code, Some(1));
    assert!(
        requests.recv().expect("a request").starts_with("CONNECT livekit.invalid:443 HTTP/1.1")
    );
}

#[test]
fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
    let (said, code) = through("socks5://user:hunter2@127.0.0.1:1");
    assert!(said.contains("HTTPS_PROXY names a SOCKS proxy, which lkt cannot use"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(code, Some(1));
}
