//! Fuzzes the endpoint with a request: method, target, headers and body. The input has each of them on
//! a line, and an empty line before the body.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use libfuzzer_sys::fuzz_target;
use lkt::endpoint::{Endpoint, Hosts, Random};
use lkt::token::{ApiSecret, Decoded, KeyPair};

const NOW: u64 = 1_800_000_000;

static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
    let secret = ApiSecret::new("a-secret-that-no-fuzzer-guesses-in-time").expect("a secret");
    let keys = KeyPair::new("APIfuzz", secret).expect("a key");
    let url = "wss://livekit.example".parse().expect("a URL");
    let mut endpoint = Endpoint::new(keys, url, Random::new(|| 42));
    endpoint.hosts = Hosts::Loopback(vec!["tokens.example".to_owned()]);
    endpoint.policy.deny.insert("participant_metadata".parse().expect("a field"));
    endpoint
});

fuzz_target!(|input: &[u8]| {
    let Some(request) = parse(input) else { return };
    let is_post = request.method() == Method::POST;
    let response = ENDPOINT.handle(request, NOW).response;
    let status = response.status().as_u16();
    assert!(matches!(status, 200 | 201 | 204 | 400..=431), "{status}");
    if response.body().is_empty() {
        assert_eq!(status, 204);
        return;
    }
    // The HTML page, which contains nothing of the request.
    if response.headers()["content-type"].as_bytes().starts_with(b"text/html") {
        assert!(status == 200 && !is_post);
        return;
    }
    let body = serde_json::from_slice::<serde_json::Value>(response.body()).expect("JSON");
    let token = body["participant_token"].as_str().or(body["participantToken"].as_str());
    if let Some(token) = token {
        assert!(is_post);
        let claims = Decoded::new(token).expect("a token").claims;
        assert_eq!(claims["exp"], NOW + 600);
        assert_eq!(claims.get("metadata"), None);
        // `video` has only what flags allow: join, and the room.
        let video = claims["video"].as_object().expect("grants");
        assert!(video.keys().all(|grant| grant == "room" || grant == "roomJoin"), "{video:?}");
        ENDPOINT.keys.verify(token, NOW).expect("a token of this key");
    } else {
        assert!(status >= 400 || status == 200);
    }
});

fn parse(input: &[u8]) -> Option<Request<Vec<u8>>> {
    let end = input.windows(2).position(|bytes| bytes == b"\n\n")?;
    let mut lines = input[..end].split(|byte| *byte == b'\n');
    let mut request = Request::new(input[end + 2..].to_vec());
    *request.method_mut() = Method::from_bytes(lines.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(lines.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(&line[colon + 1..]).ok()?);
    }
    Some(request)
}
