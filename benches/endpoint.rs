//! What a request costs without a socket, step by step: `cargo bench --bench endpoint`.

use divan::{Bencher, black_box};
use http::Request;
use lkt::endpoint::{Endpoint, Random, TokenRules, TokenSourceRequest};
use lkt::token::{ApiSecret, Claims, KeyPair};

/// Seconds since the epoch: any will do.
const NOW: u64 = 1_800_000_000;

/// A request of 260 bytes, as `benches/run` sends it.
const BODY: &[u8] = br#"{"room_name":"a-room-for-the-benchmark","participant_identity":"participant-0123456789abcde","participant_name":"A participant of the benchmark","participant_metadata":"{\"plan\": \"pro\", \"seat\": 17}","participant_attributes":{"lang":"en","role":"speaker"}}"#;

/// The same with an agent to dispatch.
const WITH_AGENT: &[u8] = br#"{"room_name":"a-room-for-the-benchmark","participant_identity":"participant-0123456789abcde","room_config":{"agents":[{"agent_name":"my-agent","metadata":"{}"}]}}"#;

fn main() {
    divan::main();
}

fn body(which: &str) -> &'static [u8] {
    if which == "agent" { WITH_AGENT } else { BODY }
}

fn keys() -> KeyPair {
    let secret = ApiSecret::new("a-secret-of-thirty-two-bytes-or-so").expect("a secret");
    KeyPair::new("devkey", secret).expect("a key")
}

fn claims() -> Claims {
    let request = TokenSourceRequest::from_json(BODY).expect("valid").request;
    let random = Random::new(|| 42);
    TokenRules::default().claims(request, "devkey", NOW, &random).expect("valid")
}

#[divan::bench(args = ["plain", "agent"])]
fn parse_request(bencher: Bencher, which: &str) {
    let body = body(which);
    bencher.bench(|| TokenSourceRequest::from_json(black_box(body)));
}

#[divan::bench]
fn build_claims(bencher: Bencher) {
    let rules = TokenRules::default();
    let random = Random::new(|| 42);
    bencher
        .with_inputs(|| TokenSourceRequest::from_json(BODY).expect("valid").request)
        .bench_values(|request| rules.claims(request, "devkey", NOW, &random));
}

#[divan::bench]
fn write_claims(bencher: Bencher) {
    let claims = claims();
    bencher.bench(|| serde_json::to_vec(black_box(&claims)));
}

#[divan::bench]
fn sign_claims(bencher: Bencher) {
    let (keys, claims) = (keys(), claims());
    bencher.bench(|| keys.sign(black_box(&claims)));
}

#[divan::bench(args = ["plain", "agent"])]
fn handle_request(bencher: Bencher, which: &str) {
    let body = body(which);
    let url = "ws://localhost:7880".parse().expect("a URL");
    let endpoint = Endpoint::new(keys(), url, Random::new(|| 42));
    let request = || {
        Request::post("/getToken")
            .header("host", "localhost:3000")
            .header("content-type", "application/json")
            .body(body.to_vec())
            .expect("a request")
    };
    bencher.with_inputs(request).bench_values(|request| endpoint.handle(request, NOW));
}
