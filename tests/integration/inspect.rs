//! `lkt inspect`: round trips, and every reason for a server to refuse a token.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use livekit_token::{AccessToken, VideoGrants};
use serde_json::{Value, json};

use crate::support::{lkt, now};

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Signs claims by hand, so that they can be wrong.
fn signed(header: &str, claims: &Value, secret: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let message = format!("{}.{}", encode(header), encode(&claims.to_string()));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    let signature = mac.chain_update(&message).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn good() -> Value {
    let video = json!({"roomJoin": true, "room": "demo"});
    json!({"iss": "devkey", "sub": "ada", "nbf": now() - 10, "exp": now() + 600, "video": video})
}

fn refused(token: &str) -> String {
    let output = lkt("inspect --verify --dev").arg(token).output();
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{token}\n{said}");
    said
}

#[test]
fn what_mint_prints_is_verified() {
    let token = lkt("mint --dev --room demo --agent bob").succeeds();
    for input in [token.clone(), format!("  {token}\n\n"), lkt("mint --dev --json").succeeds()] {
        let shown = lkt("inspect --verify --dev").stdin(&input).succeeds();
        for line in [
            "ok      algorithm",
            "ok      issuer",
            "ok      signature",
            "ok      exp",
            "ok      nbf",
        ] {
            assert!(shown.contains(line), "{shown}");
        }
    }
    let shown = lkt("inspect").arg(token.trim()).succeeds();
    assert!(
        shown.contains("join the room `demo`") && shown.contains("dispatch the agent `bob`"),
        "{shown}"
    );
    assert!(shown.contains("(expires in ") && !shown.contains("suspicious"), "{shown}");
}

#[test]
fn what_livekits_crate_signs_is_verified() {
    let grants = VideoGrants { room_join: true, room: "r".to_owned(), ..VideoGrants::default() };
    let token =
        AccessToken::with_api_key("devkey", "secret").with_identity("i").with_grants(grants);
    let token = token.with_ttl(Duration::from_secs(60)).to_jwt().expect("signs");
    let report = lkt("inspect --verify --dev --json").arg(token).succeeds();
    let report = serde_json::from_str::<Value>(&report).expect("JSON");
    assert_eq!((&report["verified"], &report["claims"]["sub"]), (&json!(true), &json!("i")));
    assert_eq!(
        report["times"]["exp"]["in_seconds"].as_i64().map(|left| (55..=60).contains(&left)),
        Some(true)
    );
}

#[test]
fn every_reason_to_refuse_is_its_own() {
    let token = |change: &dyn Fn(&mut Value)| {
        let mut claims = good();
        change(&mut claims);
        signed(HEADER, &claims, "secret")
    };
    let without = |name: &'static str| {
        token(&move |claims| drop(claims.as_object_mut().expect("an object").remove(name)))
    };
    let cases = [
        (signed(HEADER, &good(), "other"), "signature was not made with this secret"),
        (token(&|claims| claims["iss"] = "other".into()), "issued by the key `other`"),
        (without("iss"), "issued by the key ``"),
        (signed(r#"{"alg":"none"}"#, &good(), "secret"), "algorithm is `none`"),
        (signed(r#"{"alg":"RS256"}"#, &good(), "secret"), "algorithm is `RS256`"),
        (signed(r#"{"alg":"HS512"}"#, &good(), "secret"), "algorithm is `HS512`"),
        (signed("{}", &good(), "secret"), "algorithm is ``"),
        (token(&|claims| claims["exp"] = (now() - 61).into()), "it expired 1m "),
        (without("exp"), "has no `exp`"),
        (token(&|claims| claims["exp"] = "soon".into()), "`exp` is a string, and must be a number"),
        (token(&|claims| claims["nbf"] = (now() + 120).into()), "not valid before "),
        (signed(HEADER, &good(), "secret").replace('.', ""), "it has 1 part, a token has 3\n"),
        (format!("{}.", signed(HEADER, &good(), "secret")), "it has 4 parts, a token has 3\n"),
        (format!("{}.{}.", encode(HEADER), encode(&good().to_string())), "signature"),
        (format!("{}.{}.AAAA", encode(HEADER), encode("[]")), "payload is not a JSON object"),
        (format!("{}.!!.AAAA", encode(HEADER)), "payload is not base64url"),
        ("..".to_owned(), "header is not a JSON object"),
    ];
    for (token, reason) in cases {
        let said = refused(&token);
        assert!(said.contains(reason), "{reason} in {said}");
    }
    // Clocks may differ by up to a minute.
    lkt("inspect --verify --dev")
        .arg(token(&|claims| claims["exp"] = (now() - 30).into()))
        .succeeds();
    lkt("inspect --verify --dev")
        .arg(token(&|claims| claims["nbf"] = (now() + 30).into()))
        .succeeds();
}

#[test]
fn what_is_not_a_token_is_said_once_with_the_way_out() {
    let wrong = "error: not a token: it has 1 part, a token has 3\n";
    let said = lkt("inspect foo").fails(1);
    assert_eq!(
        said,
        format!("{wrong}help: give the whole token: three parts with dots between them\n")
    );
    let said = lkt("inspect foo").file("foo", "text").fails(1);
    assert_eq!(said, format!("{wrong}help: to read the file: `lkt inspect - < foo`\n"));
    let said = lkt("inspect -").stdin("\n").fails(2);
    let help = "give a token, or see whether a variable is not set";
    assert_eq!(said, format!("error: standard input is empty\nhelp: {help}\n"));
}

#[test]
fn times_are_said_in_words() {
    let mut early = good();
    early["nbf"] = 1_893_456_000_u64.into();
    early["exp"] = 1_893_459_600_u64.into();
    let said = refused(&signed(HEADER, &early, "secret"));
    let start =
        "error: a server would refuse the token: not valid before 2030-01-01T00:00:00Z (in ";
    assert!(said.starts_with(start), "{said}");
    let mut late = good();
    late["exp"] = (now() - 12).into();
    let shown = lkt("inspect --verify --dev").arg(signed(HEADER, &late, "secret")).succeeds();
    let line = shown.lines().find(|line| line.starts_with("  ok      exp (")).expect(&shown);
    let ago = line.strip_prefix("  ok      exp (expired ").expect(line);
    let ago = ago.strip_suffix(" s ago, within the server's leeway of 60 s)").expect(line);
    assert!((12..30).contains(&ago.parse::<u64>().expect(ago)), "{line}");
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    use lkt::token::{Decoded, KeyPair};
    let token = signed(HEADER, &good(), "secret");
    KeyPair::dev().verify(&token, now()).expect("as it is, it is good");
    for at in 0..token.len() {
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            // Two bits of the last character are unused, and LiveKit's server ignores them.
            if Decoded::new(&flipped)
                .is_ok_and(|flipped| flipped == Decoded::new(&token).expect("one"))
            {
                assert_eq!(at, token.len() - 1);
                continue;
            }
            assert!(
                KeyPair::dev().verify(&flipped, now()).is_err(),
                "byte {at}, bit {bit}: {flipped}"
            );
        }
    }
}

#[test]
fn what_is_suspicious_is_said_without_a_key() {
    let claims = json!({"iss": "x", "video": {"roomJoin": true}});
    let shown = lkt("inspect").arg(signed(HEADER, &claims, "any")).succeeds();
    for part in ["suspicious", "has no `exp`", "names no room", "names no identity"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

/// Signs claims given as text, which `json!` could not write, for `--dev`.
fn signed_text(claims: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let message = format!("{}.{}", encode(HEADER), encode(claims));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret").expect("any key");
    let signature = mac.chain_update(&message).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn claims_are_read_as_livekits_server_reads_them() {
    let exp = now() + 600;
    let odd = signed_text(&format!(
        r#"{{"iss":"devkey","sub":"ada","nbf":0,"exp":{exp},"video":{{"roomJoin":true,"room":"harmless"}},
            "Video":{{"ROOMADMIN":true,"room":"board"}}}}"#
    ));
    let shown = lkt("inspect --verify --dev").arg(odd).succeeds();
    for part in [
        "moderate the room `board`",
        "join the room `board`",
        "`Video` is read as `video`",
        "`video.ROOMADMIN` is read as `video.roomAdmin`",
        "`video` is given twice",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("harmless"), "{shown}");
    for exp in ["9223372036854775807", "18446744073709551615", "1e300"] {
        let claims = format!(r#"{{"iss":"devkey","exp":{exp}}}"#);
        assert!(refused(&signed_text(&claims)).contains("it expired"), "{exp}");
    }
}

#[test]
fn a_token_is_found_in_what_mint_and_serve_print() {
    for output in ["token", "json", "env", "meet"] {
        let text = lkt("mint --dev --room demo -o").arg(output).succeeds();
        let shown = lkt("inspect --verify --dev").stdin(&text).succeeds();
        assert!(shown.contains("join the room `demo`"), "{output}: {shown}");
    }
    let header = format!("Authorization: Bearer {}", lkt("mint --dev").succeeds());
    lkt("inspect --verify --dev").arg(header).succeeds();
}

#[test]
fn a_token_cannot_steer_the_terminal() {
    let claims = json!({"sub": "\u{1b}[2J\u{202e}\u{9b}31m", "exp": now() + 5, "\u{7}": 1});
    let token = signed(HEADER, &claims, "any");
    let controls = ['\u{1b}', '\u{202e}', '\u{9b}', '\u{7}'];
    let shown = lkt("inspect").arg(&token).succeeds();
    assert!(!shown.contains(controls), "{shown:?}");
    let shown = lkt("inspect --json").arg(&token).succeeds();
    assert!(!shown.contains(controls), "{shown:?}");
    let report = serde_json::from_str::<Value>(&shown).expect("JSON");
    assert_eq!(report["claims"]["sub"], claims["sub"]);
}

#[test]
fn a_key_without_verify_is_a_wrong_command_line() {
    let token = signed(HEADER, &good(), "secret");
    for flags in ["--keys-file nofile", "--dev", "--api-key k", "--url wss://x", "--env-file x"] {
        let said = lkt(&format!("inspect {flags}")).arg(&token).fails(2);
        let flag = flags.split(' ').next().expect("a flag");
        let error = format!("error: `{flag}` has no effect without `--verify`");
        assert_eq!(said, format!("{error}\nhelp: add --verify, or leave it out\n"));
    }
}

#[test]
fn names_that_livekit_does_not_have_are_said() {
    let video = json!({
        "roomJoin": true, "room": "r", "room_join": true, "canPublishSources": ["foo", "Camera"],
    });
    let mut claims = good();
    claims["video"] = video;
    claims["kind"] = "martian".into();
    let shown = lkt("inspect").arg(signed(r#"{"alg":"none"}"#, &claims, "any")).succeeds();
    for part in [
        "its algorithm is `none`, and LiveKit accepts HS256 only",
        "`video.room_join` is not a grant of LiveKit's, and servers ignore it; did you mean \
         `video.roomJoin`?",
        "`video.canPublishSources[0]` is `foo`, which is none of LiveKit's values",
        "`video.canPublishSources[1]` is `Camera`",
        "`kind` is `martian`",
        "publish tracks from no source that LiveKit has",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
