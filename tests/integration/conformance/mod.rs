//! One table of requests and expected answers, checked with everything that contains the endpoint: the
//! function, `lkt serve`, and the servers of `examples/servers`, which have their own tests.

pub(crate) mod table;

use std::path::PathBuf;
use std::process::Command;

use http::Request;
use lkt::endpoint::Hosts;
use table::{Case, ask_all, case, table};

use crate::endpoint::{endpoint, handle};
use crate::support::{Answer, TestServer, verify_dev};

/// Cases for the documents that `lkt serve` shows besides the endpoint.
fn documents() -> Vec<Case> {
    let page = [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ];
    let page = Box::leak(Box::new(page));
    vec![
        case("GET", "/openapi.json", 200)
            .has(&[("content-type", "application/json")])
            .says("/openapi", "3.1.0"),
        case("HEAD", "/openapi.json", 200),
        case("PUT", "/openapi.json", 405).has(&[("allow", "GET, HEAD")]),
        case("GET", "/", 200).has(page),
        case("HEAD", "/", 200).has(page),
        case("POST", "/", 405)
            .code("method_not_allowed")
            .says("/hint", "POST /getToken hands out tokens"),
        case("OPTIONS", "/", 204).has(&[("allow", "GET, HEAD, OPTIONS")]),
    ]
}

#[test]
fn the_function_conforms() {
    let mut endpoint = endpoint();
    endpoint.hosts = Hosts::Loopback(Vec::new());
    for case in table() {
        let mut request = Request::builder().method(case.method).uri(case.path);
        if case.headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in case.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(case.body.clone().into_bytes()).expect("a request");
        let response = handle(&endpoint, request);
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        case.check(&Answer { status, headers, body: response.into_body() });
    }
}

#[test]
fn lkt_serve_conforms() {
    ask_all(&TestServer::start(""), table().into_iter().chain(documents()));
}

#[test]
fn the_embed_example_prints_a_good_token() {
    let output = Command::new(example("embed")).output().expect("runs");
    let claims = verify_dev(&String::from_utf8(output.stdout).expect("UTF-8"));
    assert_eq!((claims.sub.as_str(), claims.video.room.as_str()), ("ada", "demo"));
}

/// The program of an example. `cargo test` builds all examples.
fn example(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a path");
    let folder = this.ancestors().nth(2).expect("target/debug");
    let program = folder.join("examples").join(name);
    assert!(program.exists(), "run `cargo build --examples` first: {}", program.display());
    program
}
