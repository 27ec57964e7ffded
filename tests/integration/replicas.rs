//! `lkt serve` for operators: the store, metrics, the deny list, and files that change. The store itself
//! is tested by `tests/fleet/run`.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use serde_json::json;

use crate::support::{Answer, Connection, TestServer, json_post, lkt};

/// The URL of a store whose port nothing listens at.
fn gone() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    format!("redis://user:hunter2@{}", listener.local_addr().expect("an address"))
}

fn request(server: &TestServer, identity: &str) -> Answer {
    let body = json!({"participant_identity": identity, "room_name": "den"}).to_string();
    json_post(server.address(), &body)
}

#[test]
fn each_process_counts_by_itself_while_the_store_cannot_be_reached() {
    let server = TestServer::start(&format!("--rate 2/1h --store {}", gone()));
    let statuses = [(); 3].map(|()| request(&server, "ada").status);
    assert_eq!(statuses, [201, 201, 429]);
    let line = server.wait_for_log("the store cannot be reached");
    assert!(line.contains("store=redis://127.0.0.1:") && !line.contains("hunter2"), "{line}");
}

#[test]
fn requests_are_refused_without_the_store_if_the_operator_says_so() {
    let server = TestServer::start(&format!("--rate 2/1h --store-failure deny --store {}", gone()));
    let answer = request(&server, "ada");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(answer.json()["code"], "store_unavailable");
    // What needs no store is answered.
    assert_eq!(server.ask("GET", "/healthz", "localhost").status, 200);
    let ready = server.ask("GET", "/readyz", "localhost");
    assert_eq!((ready.status, &ready.json()["code"]), (503, &"store_unavailable".into()));
    // Where each process counts by itself, tokens can be issued.
    let server = TestServer::start(&format!("--rate 2/1h --store {}", gone()));
    assert_eq!(server.ask("GET", "/readyz", "localhost").status, 200);
}

#[test]
fn the_url_of_a_store_that_is_none_is_refused_and_not_quoted() {
    for (url, problem) in [
        ("http://:hunter2@host", "the scheme `http` is not one of a store"),
        ("redis://:hunter2@host:port", "the URL of the store cannot be parsed"),
        ("redis+sentinel://:hunter2@host:26379", "the URL names no primary"),
    ] {
        let stderr = lkt("serve --dev --store").arg(url).fails(2);
        assert!(stderr.contains(problem), "{stderr}");
        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
}

#[test]
fn people_identities_and_rooms_on_the_list_get_no_new_tokens() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("denied");
    std::fs::write(&path, "# since Monday\nidentity=eve*\n").expect("written");
    let server = TestServer::start(&format!("--deny-file {}", path.display()));
    let answer = request(&server, "eve-2");
    assert_eq!(answer.status, 403);
    let expected = json!({
        "error": "this identity gets no new tokens",
        "code": "denied",
        "hint": "contact the operator of this server",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(request(&server, "ada").status, 201);
    // A changed file is noticed without a signal.
    std::fs::write(&path, "room=de?").expect("written");
    server.wait_for_log("reloaded");
    assert_eq!(request(&server, "eve-2").json()["error"], "this room gets no new tokens");
    // One that cannot be read leaves the old one in effect.
    std::fs::write(&path, "room=attic\neve\n").expect("written");
    let line = server.wait_for_log("not reloaded");
    assert!(line.contains("line 2: there is no `=`"), "{line}");
    assert_eq!(request(&server, "ada").status, 403);
}

#[test]
fn a_list_in_the_store_that_was_never_read_is_not_taken_for_an_empty_one() {
    let options = |more: &str| format!("--deny-store lkt:denied --store {} {more}", gone());
    let strict = TestServer::start(&options("--store-failure deny"));
    assert_eq!(request(&strict, "ada").json()["code"], "store_unavailable");
    let lax = TestServer::start(&options(""));
    lax.wait_for_log("cannot read the deny list in the store");
    assert_eq!(request(&lax, "ada").status, 201);
    // No requests should come here while others have read it.
    assert_eq!(lax.ask("GET", "/readyz", "localhost").status, 503);
    let alone = lkt("serve --dev --deny-store lkt:denied").fails(2);
    assert!(alone.contains("--store <URL>"), "{alone}");
}

#[test]
fn a_list_that_cannot_be_read_stops_the_start() {
    let stderr = lkt("serve --dev --deny-file denied").file("denied", "user=eve").fails(2);
    assert_eq!(
        stderr,
        "error: --deny-file `denied`: line 1: `user` is not `sub`, `identity`, `room` or `jti`\n\
         help: write one NAME=PATTERN a line, such as `sub=auth0|123` or \
         `identity=eve* until 2026-12-31T18:00:00Z`\n"
    );
}

/// Sends a request on a new connection.
fn get(address: SocketAddr, line: &str) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(format!("{line} HTTP/1.1\r\nHost: anything\r\n\r\n"));
    let answer =
        if line.starts_with("HEAD") { Connection::answer_to_head } else { Connection::answer };
    answer(&mut connection).expect("an answer")
}

#[test]
fn metrics_are_at_their_own_address_and_nowhere_else() {
    let server = TestServer::start("--metrics-listen 0 --deny room_config");
    let metrics = metrics_of(&server);
    request(&server, "ada");
    json_post(server.address(), r#"{"room_config":{"metadata":"m"}}"#);
    let content_type = get(metrics, "HEAD /metrics");
    let content_type = content_type.header("content-type");
    assert_eq!(content_type, Some("text/plain; version=0.0.4; charset=utf-8"));
    // An answer is counted when it has been sent, so the last one may be missing for a moment.
    let read = |_| String::from_utf8(get(metrics, "GET /metrics").body).expect("UTF-8");
    let mut texts = (0..1000).map(read);
    let text = texts.find(|text| text.contains("lkt_answer_seconds_count 2\n"));
    let text = text.expect("two answers");
    for line in [
        concat!("lkt_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\",os=\"linux\",arch="),
        "lkt_requests_total{code=\"minted\",caller=\"anyone\"} 1\n",
        "lkt_requests_total{code=\"field_denied\",caller=\"anyone\"} 1\n",
        "lkt_answer_seconds_count 2\n",
        "lkt_connections_accepted_total 2\n",
        "lkt_connections_limit 512\n",
        "lkt_lane_busy_seconds_total{lane=\"0\"} ",
        "process_start_time_seconds ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    // Nothing that a client chose is in it.
    assert!(!text.contains("ada") && !text.contains("den\""), "{text}");
    assert_eq!(get(metrics, "POST /getToken").status, 404);
    assert_eq!(get(metrics, "POST /metrics").status, 405);
    assert_eq!(server.ask("GET", "/metrics", "localhost").status, 404);
}

#[test]
fn an_address_for_metrics_that_is_taken_stops_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address").to_string();
    let stderr = lkt("serve --dev --listen 127.0.0.1:0 --metrics-listen").arg(address).fails(1);
    assert!(stderr.contains("listens at"), "{stderr}");
}

/// A secret that is replaced in the way of Kubernetes, by a link that is renamed into place.
#[test]
fn a_secret_that_is_replaced_by_a_link_is_noticed() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for (version, keys) in [
        ("..1", "old: an-old-secret-of-32-characters-or-more"),
        ("..2", "new: a-new-secret-of-32-characters-or-more"),
    ] {
        std::fs::create_dir(at(version)).expect("a folder");
        std::fs::write(at(version).join("keys"), keys).expect("written");
    }
    symlink("..1", at("..data")).expect("a link");
    symlink("..data/keys", at("keys")).expect("a link");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(["serve", "--url", "ws://localhost:7880", "--listen", "127.0.0.1:0"]);
    let server = TestServer::run(
        &mut command,
        &format!("--no-env-file --keys-file {}", at("keys").display()),
    );
    let key = || crate::support::claims_value(&request(&server, "ada").token())["iss"].clone();
    assert_eq!(key(), "old");
    symlink("..2", at("..data_tmp")).expect("a link");
    std::fs::rename(at("..data_tmp"), at("..data")).expect("renamed");
    server.wait_for_log("reloaded");
    assert_eq!(key(), "new");
}

#[test]
fn metrics_say_what_connections_do_and_how_old_key_sets_are() {
    let issuer = format!("https://127.0.0.1:{}", free_port());
    let options = format!(
        "--metrics-listen 0 --max-connections 3 --auth-issuer {issuer} --auth-audience a --auth-optional"
    );
    let server = TestServer::start(&options);
    let metrics = metrics_of(&server);
    let mut idle = Connection::open(server.address());
    idle.send(crate::support::post("/getToken", &[crate::support::JSON], "{}"));
    assert_eq!(idle.answer().expect("an answer").status, 201);
    let mut receiving = Connection::open(server.address());
    receiving.send("POST /getToken HTTP/1.1\r\nHost: loc");
    for line in [
        "lkt_connections{state=\"idle\"} 1\n".to_owned(),
        "lkt_connections{state=\"receiving\"} 1\n".to_owned(),
        "lkt_connections_evicted_total 0\n".to_owned(),
        format!("lkt_key_set_usable{{issuer=\"{issuer}\"}} 0\n"),
        format!("lkt_key_set_failures_total{{issuer=\"{issuer}\"}} 1\n"),
        format!("lkt_key_set_fetches_total{{issuer=\"{issuer}\"}} 0\n"),
        format!("lkt_key_set_last_success_timestamp_seconds{{issuer=\"{issuer}\"}} 0\n"),
    ] {
        wait_for_metric(metrics, &line);
    }
    // More connections than there may be: others make room for them.
    let more = [(); 3].map(|()| Connection::open(server.address()));
    wait_for_metric(metrics, "lkt_connections_accepted_total 5\n");
    wait_for_metric(metrics, "lkt_connections_evicted_total 2\n");
    drop((idle, receiving, more));
    wait_for_metric(metrics, "lkt_connections{state=\"idle\"} 0\n");
}

/// Where a server shows its metrics.
fn metrics_of(server: &TestServer) -> SocketAddr {
    let line = server.wait_for_log("  metrics ");
    let address = line.split("http://").nth(1).and_then(|url| url.strip_suffix("/metrics"));
    address.and_then(|address| address.parse().ok()).expect("an address")
}

/// Reads the metrics until they have this line.
fn wait_for_metric(metrics: SocketAddr, line: &str) {
    let mut text = String::new();
    for _ in 0..2000 {
        text = String::from_utf8(get(metrics, "GET /metrics").body).expect("UTF-8");
        if text.contains(line) {
            return;
        }
    }
    panic!("{line} is not in\n{text}");
}

/// A port that nothing listens at.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    listener.local_addr().expect("an address").port()
}
