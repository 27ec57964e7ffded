//! What a request costs without a socket, step by step: `cargo bench --bench endpoint`. The fastest and the
//! middle one of many samples; the times depend on the machine.

#![allow(clippy::disallowed_methods)] // the clock is read here

use std::hint::black_box;
use std::time::{Duration, Instant};

use http::Request;
use lkt::endpoint::{Endpoint, Random, TokenRules, TokenSourceRequest};
use lkt::token::{ApiSecret, Claims, KeyPair};

/// Seconds since the epoch: any will do.
const NOW: u64 = 1_800_000_000;

/// Number of samples, and of calls in each.
const SAMPLES: usize = 200;
const CALLS: u32 = 500;

/// A request of 260 bytes, as `benches/run` sends it.
const BODY: &[u8] = br#"{"room_name":"a-room-for-the-benchmark","participant_identity":"participant-0123456789abcde","participant_name":"A participant of the benchmark","participant_metadata":"{\"plan\": \"pro\", \"seat\": 17}","participant_attributes":{"lang":"en","role":"speaker"}}"#;

/// The same with an agent to dispatch.
const WITH_AGENT: &[u8] = br#"{"room_name":"a-room-for-the-benchmark","participant_identity":"participant-0123456789abcde","room_config":{"agents":[{"agent_name":"my-agent","metadata":"{}"}]}}"#;

/// Times a step. Making its inputs and dropping its results does not count.
fn measure<I, O>(name: &str, make: impl Fn() -> I, step: impl Fn(I) -> O) {
    let mut samples = (0..SAMPLES)
        .map(|_| {
            let inputs = (0..CALLS).map(|_| make()).collect::<Vec<_>>();
            let mut results = Vec::with_capacity(inputs.len());
            let start = Instant::now();
            results.extend(inputs.into_iter().map(|input| step(black_box(input))));
            let elapsed = start.elapsed();
            black_box(results);
            elapsed / CALLS
        })
        .collect::<Vec<Duration>>();
    samples.sort();
    let of = |at: usize| samples.get(at).copied().unwrap_or_default();
    println!("{name:<24} {:>10.1?} {:>10.1?}", of(0), of(SAMPLES / 2));
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

fn main() {
    println!("{:<24} {:>10} {:>10}", "", "fastest", "median");
    let (keys, claims, rules, random) =
        (keys(), claims(), TokenRules::default(), Random::new(|| 42));
    let parsed = || TokenSourceRequest::from_json(BODY).expect("valid").request;
    measure("build claims", parsed, |request| rules.claims(request, "devkey", NOW, &random));
    measure("write claims", || (), |()| serde_json::to_vec(&claims));
    measure("sign claims", || (), |()| keys.sign(&claims));
    let url = "ws://localhost:7880".parse().expect("a URL");
    let endpoint = Endpoint::new(keys, url, Random::new(|| 42));
    for (which, body) in [("plain", BODY), ("agent", WITH_AGENT)] {
        let name = |step: &str| format!("{step}, {which}");
        measure(&name("parse request"), || body, TokenSourceRequest::from_json);
        let request = || {
            Request::post("/getToken")
                .header("host", "localhost:3000")
                .header("content-type", "application/json")
                .body(body.to_vec())
                .expect("a request")
        };
        measure(&name("handle request"), request, |request| endpoint.handle(request, NOW));
    }
}
