//! `lkt inspect`: what a LiveKit server makes of joins without a room, of permissions on every room, and
//! of webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lkt::token::{ApiSecret, Claims, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{lkt, now};

/// Signs claims with the key of `--dev`.
fn signed(mut claims: Value) -> String {
    let object = claims.as_object_mut().expect("an object");
    let defaults = json!({"iss": "devkey", "nbf": now() - 10, "exp": now() + 600});
    for (name, value) in defaults.as_object().expect("an object") {
        object.entry(name.clone()).or_insert(value.clone());
    }
    let claims = serde_json::from_value::<Claims>(claims).expect("claims");
    KeyPair::dev().sign(&claims).expect("signs")
}

fn inspected(claims: Value) -> String {
    lkt("inspect").arg(signed(claims)).succeeds()
}

fn refused(claims: Value) -> String {
    let output = lkt("inspect --verify --dev").arg(signed(claims)).output();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn a_join_without_a_room_or_an_identity_is_refused_as_the_server_does() {
    let no_room = json!({"sub": "ada", "video": {"roomJoin": true}});
    let shown = inspected(no_room.clone());
    assert!(
        shown.contains("  join any room that the client names (servers since 1.9.1"),
        "{shown}"
    );
    assert_eq!(
        refused(no_room),
        "error: a server would refuse the token: it joins, but names no room: servers since 1.9.1 answer \
         400, and older ones let it join any room\nhelp: mint one with --room\n"
    );
    let no_identity = json!({"video": {"roomJoin": true, "room": "demo"}});
    assert_eq!(
        refused(no_identity),
        "error: a server would refuse the token: it joins, but names no identity, and the server answers \
         400\nhelp: mint one with --identity\n"
    );
    let token = lkt("mint --dev").succeeds();
    let shown = lkt("inspect --verify --dev").arg(token.trim()).succeeds();
    assert!(shown.contains("checked as LiveKit's server 1.13 does\n"), "{shown}");
    assert!(shown.ends_with("  ok      nbf\n  ok      join\n"), "{shown}");
    let list = lkt("mint --dev --list").succeeds();
    let shown = lkt("inspect --verify --dev").arg(list.trim()).succeeds();
    assert!(!shown.contains("join"), "{shown}");
}

#[test]
fn a_room_beside_permissions_on_every_room_is_called_no_limit() {
    let warning = |arguments: &str| lkt(&format!("mint --dev {arguments}")).succeeds_saying().1;
    for (arguments, grants) in [
        ("--create --room ci-1", "`roomCreate`"),
        ("--create --list --room ci-1", "`roomCreate`, `roomList`"),
        ("--record --grant room=ci-1", "`roomRecord`"),
        ("--ingress --room ci-1", "`ingressAdmin`"),
        ("--grant sip.call --room ci-1", "`sip.call`"),
    ] {
        let expected = format!(
            "warning: the room does not limit {grants}: the token is good for every room\n"
        );
        assert_eq!(warning(arguments), expected, "{arguments}");
    }
    for arguments in ["--create", "--admin --room ci-1", "--room ci-1", "--join --create"] {
        assert_eq!(warning(arguments), "", "{arguments}");
    }
    let shown = inspected(json!({"video": {"roomCreate": true, "room": "ci-1"}}));
    let suspicion = "`roomCreate` applies to every room: `room` does not limit it";
    assert!(shown.contains(suspicion), "{shown}");
}

#[test]
fn what_a_token_allows_by_other_ways_is_said() {
    let egress = json!({"roomConfig": {"egress": {"room": {"roomName": "r"}}}});
    assert!(inspected(egress).contains("record the room, if this join creates it"));
    assert!(inspected(json!({})).contains("allows\n  nothing\n"));
    let moves = json!({"video": {"roomAdmin": true, "room": "a", "destinationRoom": "b"}});
    let shown = inspected(moves);
    let words = "move and forward participants of the room that it moderates to the room `b`";
    assert!(shown.contains(words), "{shown}");
    let header = "eyJhbGciOiJIUzI1NiJ9";
    let claims = r#"{"video":{"roomConfig":{},"roomJoin":true}}"#;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    let shown = lkt("inspect").arg(format!("{header}.{payload}.AAAA")).succeeds();
    assert!(shown.contains("`roomConfig` is a claim beside `video`"), "{shown}");
    // No server checks the name when a participant joins.
    let video = json!({"roomJoin": true, "room": "r"});
    let shown = inspected(json!({"sub": "a", "name": "n".repeat(300), "video": video}));
    assert!(!shown.contains("300 bytes"), "{shown}");
}

#[test]
fn what_older_servers_do_is_said() {
    let token =
        lkt("mint --dev --agent a --agent-deployment d --agent-attribute k=v --room-preset p")
            .arg("--room-config")
            .arg(r#"{"metadata": "m", "tags": {"a": "b"}}"#)
            .succeeds();
    let shown = lkt("inspect").arg(token.trim()).succeeds();
    for note in [
        "older servers\n",
        "  `roomConfig.agents` needs 1.8.2: older servers ignore it\n",
        "  `roomConfig.metadata` needs 1.9.1: servers 1.8.2 to 1.9.0 refuse the token\n",
        "  `roomConfig.tags` needs 1.10.1: servers 1.8.2 to 1.10.0 refuse the token\n",
        "  `roomConfig.agents[].deployment` needs 1.12.0: servers 1.8.2 to 1.11 refuse the token\n",
        "  `roomConfig.agents[].attributes` needs 1.13.2: servers 1.8.2 to 1.11 refuse the token, 1.12.0",
        "  `roomPreset` needs 1.8.2: older servers ignore it; with a preset that the server does not have",
    ] {
        assert!(shown.contains(note), "{note}\n{shown}");
    }
    let plain = lkt("mint --dev").succeeds();
    assert!(!lkt("inspect").arg(plain.trim()).succeeds().contains("older servers"));
}

/// The header of a webhook with this hash.
fn webhook(sha256: &str) -> String {
    format!("Authorization: {}\r\n", signed(json!({"sha256": sha256})))
}

#[test]
fn a_webhook_is_verified_with_its_body_and_mistakes_are_named() {
    let body = "{\"event\": \"room_started\",\n \"id\": \"EV_x\"}";
    let hash = |body: &str| STANDARD.encode(Sha256::digest(body.as_bytes()));
    let hex = Sha256::digest(body.as_bytes())
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let run = |sha256: &str| {
        lkt("inspect --verify --dev --body body").file("body", body).arg(webhook(sha256))
    };
    let shown = run(&hash(body)).succeeds();
    assert!(
        shown.contains("  sign a message, such as a webhook, whose body has the hash"),
        "{shown}"
    );
    assert!(shown.ends_with("  ok      sha256\n"), "{shown}");
    for (sha256, problem) in [
        (hash(&format!("{body}\n")), "is the hash of this body with the line end that was removed"),
        (
            hash("{\"event\":\"room_started\",\"id\":\"EV_x\"}"),
            "the same JSON, written in another way",
        ),
        (hash(&body.replace("\": ", "\":").replace(",\n ", ",")), "the same JSON"),
        (hex, "is the body's hash in hex, and LiveKit's is base64"),
        (hash("other"), "is not the hash of this body"),
        (String::new(), "has no `sha256`, so it is not the token of a webhook"),
    ] {
        let output = run(&sha256).output();
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(problem) && !said.contains("EV_x"), "{problem}\n{said}");
    }
    let added = lkt("inspect --verify --dev --body body").file("body", format!("{body}\n"));
    let said = String::from_utf8(added.arg(webhook(&hash(body))).output().stderr).expect("UTF-8");
    assert!(said.contains("without the line end that was added"), "{said}");
    lkt("inspect --body body").file("body", body).arg(webhook("x")).fails(2);
}

#[test]
fn of_several_keys_the_one_that_signed_is_used() {
    let secret = "a-secret-of-more-than-thirty-two-bytes";
    let keys = format!("KEYa: other-{secret}\nKEYb: {secret}\n");
    let pair = KeyPair::new("KEYb", ApiSecret::new(secret).expect("a secret")).expect("a pair");
    let claims = json!({"iss": "KEYb", "nbf": now(), "exp": now() + 60});
    let token = pair.sign(&serde_json::from_value(claims).expect("claims")).expect("signs");
    let inspect = lkt("inspect -q --verify --keys-file keys").file("keys", &keys).arg(&token);
    assert!(inspect.succeeds().contains("ok      signature"));
    let other = lkt("inspect -q --verify --keys-file keys --api-key KEYa").file("keys", &keys);
    assert_eq!(other.arg(&token).output().status.code(), Some(1));
    let unknown = signed(json!({}));
    let said =
        lkt("inspect -q --verify --keys-file keys").file("keys", &keys).arg(unknown).fails(2);
    assert!(said.contains("several keys: `KEYa`, `KEYb`"), "{said}");
}

#[test]
fn what_is_not_one_whole_token_is_called_what_it_is() {
    let token = lkt("mint --dev").succeeds();
    let token = token.trim();
    let (unsigned, _) = token.rsplit_once('.').expect("a signature");
    for (text, help) in [
        (unsigned.to_owned(), "its signature is missing"),
        (format!("{token}\n{token}"), "give one token at a time"),
        (
            "{\"error\":\"no\",\"code\":\"unauthorized\"}".to_owned(),
            "the JSON has no `participant_token`",
        ),
        ("a.b.c.d.e".to_owned(), "an encrypted token (JWE) has 5 parts"),
    ] {
        let said = lkt("inspect").stdin(text).fails(1);
        assert!(said.contains(help), "{said}");
    }
}
