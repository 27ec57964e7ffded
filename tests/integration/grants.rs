//! Permissions: each flag gives exactly its claims, and every grant can be set.

use serde_json::{Value, json};

use crate::support::{claims_value, lkt, verify_dev};

/// Returns the claims of a token with these arguments, without key, identity and name.
fn granted(arguments: &str) -> Value {
    let mut claims = claims_value(&lkt(&format!("mint --dev {arguments}")).succeeds());
    let members = claims.as_object_mut().expect("an object");
    for name in ["iss", "sub", "name"] {
        members.remove(name);
    }
    claims
}

/// Returns the claims of a join, with additions to `video`.
fn join_with(more: Value) -> Value {
    let mut video = json!({"roomJoin": true, "room": "quickstart-room"});
    let Value::Object(more) = more else { panic!("no object") };
    video.as_object_mut().expect("an object").extend(more);
    json!({"video": video})
}

#[test]
fn each_flag_gives_exactly_its_claims() {
    let cases = [
        ("", join_with(json!({}))),
        ("--join", join_with(json!({}))),
        ("--create", json!({"video": {"roomCreate": true}})),
        ("--list", json!({"video": {"roomList": true}})),
        ("--record", json!({"video": {"roomRecord": true}})),
        ("--egress", json!({"video": {"roomRecord": true}})),
        ("--ingress", json!({"video": {"ingressAdmin": true}})),
        ("--admin -r r", json!({"video": {"roomAdmin": true, "room": "r"}})),
        ("--inference", json!({"inference": {"perform": true}})),
        ("--join --create", join_with(json!({"roomCreate": true}))),
        ("--allow-update-metadata", join_with(json!({"canUpdateOwnMetadata": true}))),
        ("--no-publish", join_with(json!({"canPublish": false}))),
        ("--no-subscribe", join_with(json!({"canSubscribe": false}))),
        ("--no-publish-data", join_with(json!({"canPublishData": false}))),
        ("--hidden", join_with(json!({"hidden": true}))),
        (
            "--allow-source camera,screen_share",
            join_with(json!({"canPublishSources": ["camera", "screen_share"]})),
        ),
        ("--grant canPublish=false", join_with(json!({"canPublish": false}))),
        ("--grant {\"canPublish\":false}", join_with(json!({"canPublish": false}))),
        ("--grant sip.call", json!({"sip": {"call": true}})),
        ("--grant roomList", json!({"video": {"roomList": true}})),
        (
            "--grant agentThread.threadIds=a,b --grant agentThread.read",
            json!({"agentThread": {"threadIds": ["a", "b"], "read": true}}),
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(granted(arguments), expected, "{arguments}");
    }
    let kind = granted("--kind agent --room-preset p");
    assert_eq!((&kind["kind"], &kind["roomPreset"]), (&json!("agent"), &json!("p")));
}

/// Returns a value that is not the default of its field.
fn other_value(value: &Value, name: &str) -> String {
    match value {
        Value::Bool(_) => "=true".to_owned(),
        Value::Array(_) if name == "canPublishSources" => "=camera".to_owned(),
        _ => "=x".to_owned(),
    }
}

#[test]
fn every_grant_that_livekits_crate_has_is_reached() {
    // Every field is set, so that every field is serialised. A new field in the crate makes this fail.
    let claims = full_claims();
    let sections =
        ["video", "sip", "agent", "agentEndpoint", "agentThread", "inference", "observability"];
    let mut reached = 0;
    for section in sections {
        for (name, value) in claims[section].as_object().expect(section) {
            let typed = if section == "video" { name.clone() } else { format!("{section}.{name}") };
            let grant = format!("{typed}{}", other_value(value, name));
            // Some grants have a meaning only for a participant.
            let token = lkt("mint -q --dev --join --list --grant").arg(&grant).succeeds();
            let theirs = serde_json::to_value(verify_dev(&token)).expect("writes");
            assert!(theirs[section].get(name).is_some(), "{grant} is not in {theirs}");
            reached += 1;
        }
    }
    assert!(reached >= 35, "{reached}");
}

/// Returns the claims of LiveKit's crate with every field set. A deserializer with a value for every
/// field finds all fields of its types.
fn full_claims() -> Value {
    let claims: livekit_token::Claims = crate::support::everything();
    serde_json::to_value(claims).expect("writes")
}

#[test]
fn a_wrong_grant_is_named_with_the_one_that_was_meant() {
    for (grant, error, help) in [
        ("roomName=x", "no grant `roomName`", "did you mean `room`?"),
        ("canPublsh", "no grant `canPublsh`", "did you mean `canPublish`?"),
        ("sip.cal", "no grant `sip.cal`", "did you mean `sip.call`?"),
        ("foo", "--grant foo: there is no grant `foo`", "help: the grants are: roomCreate, "),
        ("nothing.like.it", "no grant", "grants are"),
        ("canPublish=maybe", "must be true or false", "canPublish=false"),
        ("canPublish=", "must be true or false", "canPublish=false"),
        ("room", "must be a text", "room=demo"),
        ("canPublishSources", "must be a list", "canPublishSources=a,b"),
        ("canPublishSources=webcam", "there is no source `webcam`", "camera, microphone"),
        (r#"{"canPublish":"false"}"#, "must be true or false", "canPublish=false"),
        (r#"{"roomName":"x"}"#, "no grant `roomName`", "did you mean `room`?"),
        (r#"{"canPublish":true,"canPublish":false}"#, "given twice", "leave one of them out"),
        ("sip.call=1", "`sip.call` must be true or false", "write it as sip.call=true"),
        ("room=", "`room` is empty", "write it as room=demo"),
        ("room= ", "`room` is empty", "write it as room=demo"),
        (r#"{"room":""}"#, "`room` is empty", "write it as room=demo"),
        (
            "agentThread.threadIds=",
            "`agentThread.threadIds` has an empty entry",
            "agentThread.threadIds=a,b",
        ),
        (
            "agentThread.threadIds=a,,b",
            "`agentThread.threadIds` has an empty entry",
            "agentThread.threadIds=a,b",
        ),
        (r#"{"canPublishSources":[]}"#, "has an empty entry", "canPublishSources=a,b"),
        (
            "",
            "--grant is empty",
            "leave it out for the default, or see whether a variable is not set",
        ),
        ("{", "EOF", "JSON object"),
    ] {
        let said = lkt("mint --dev --grant").arg(grant).fails(2);
        assert!(said.contains(error) && said.contains(help), "{grant}: {said}");
    }
}

/// Every option of `lk token create` that applies here, and its meaning there.
#[test]
fn the_options_of_livekits_cli_mean_the_same() {
    let cases = [
        ("--join --room r --identity i --name n --metadata m", "/video/room", json!("r")),
        ("--join -r r -i i -n n", "/sub", json!("i")),
        ("--metadata m", "/metadata", json!("m")),
        ("--attribute k=v", "/attributes/k", json!("v")),
        ("--attribute-file a.json", "/attributes/f", json!("v")),
        ("--grant {\"hidden\":true}", "/video/hidden", json!(true)),
        ("--agent a --deployment d --job-metadata j", "/roomConfig/agents/0/agentName", json!("a")),
        (
            "--agent a --deployment d --job-metadata j",
            "/roomConfig/agents/0/deployment",
            json!("d"),
        ),
        ("--agent a --deployment d --job-metadata j", "/roomConfig/agents/0/metadata", json!("j")),
        ("--create", "/video/roomCreate", json!(true)),
        ("--list", "/video/roomList", json!(true)),
        ("--admin --room r", "/video/roomAdmin", json!(true)),
        ("--egress", "/video/roomRecord", json!(true)),
        ("--ingress", "/video/ingressAdmin", json!(true)),
        ("--inference", "/inference/perform", json!(true)),
        ("--allow-update-metadata", "/video/canUpdateOwnMetadata", json!(true)),
        ("--allow-source camera", "/video/canPublishSources", json!(["camera"])),
        ("--token-only", "/iss", json!("devkey")),
    ];
    for (arguments, pointer, expected) in cases {
        let token = lkt(&format!("mint --dev {arguments}")).file("a.json", r#"{"f":"v"}"#);
        let claims = claims_value(&token.succeeds());
        assert_eq!(claims.pointer(pointer), Some(&expected), "{arguments}: {claims}");
    }
    let hour = lkt("mint --dev --valid-for 1h -o claims").succeeds();
    let hour = serde_json::from_str::<Value>(&hour).expect("JSON");
    assert_eq!(
        hour["exp"].as_u64().zip(hour["iat"].as_u64()).map(|(exp, iat)| exp - iat),
        Some(3610)
    );
    assert!(lkt("mint --dev --json").succeeds().starts_with('{'));
}

#[test]
fn a_grant_that_allows_nothing_by_itself_is_added_to_a_join() {
    for (arguments, expected) in [
        ("--grant agentThread.threadIds=a", json!({"agentThread": {"threadIds": ["a"]}})),
        ("--grant agentThread.scope=x", json!({"agentThread": {"scope": "x"}})),
        ("--grant agentEndpoint.agentName=bot", json!({"agentEndpoint": {"agentName": "bot"}})),
        ("--grant sip.call=false", json!({})),
        ("--grant room=r", json!({})),
    ] {
        let claims = granted(arguments);
        assert_eq!(claims["video"]["roomJoin"], true, "{arguments}: {claims}");
        for (claim, value) in expected.as_object().expect("an object") {
            assert_eq!(claims[claim], *value, "{arguments}");
        }
    }
    for arguments in [
        "--grant roomJoin=false",
        "--grant roomJoin=false --grant agentThread.threadIds=a",
        "--grant roomJoin=false --grant room=r",
    ] {
        let said = lkt(&format!("mint --dev {arguments}")).fails(2);
        assert!(said.starts_with("error: the token would allow nothing\n"), "{said}");
    }
}

#[test]
fn two_grants_that_contradict_each_other_are_an_error_however_they_are_typed() {
    for (one, other) in [
        ("--no-publish", "--grant canPublish=true"),
        ("--allow-source", "--grant canPublish=false"),
        ("--no-publish", "--grant canPublishSources=camera"),
        ("--hidden", "--grant hidden=false"),
        ("--create", "--grant roomCreate=false"),
        ("--inference", "--grant inference.perform=false"),
        ("--grant canPublish=true", "--grant canPublish=false"),
        ("--grant room=a", "--grant room=b"),
        (r#"--grant {"canSubscribe":true}"#, "--grant canSubscribe=false"),
    ] {
        let typed = format!("{one} {other}").replace("--allow-source", "--allow-source camera");
        let said = lkt(&format!("mint --dev {typed}")).fails(2);
        let expected = format!(
            "error: {one} and {other} contradict each other\nhelp: leave one of them out\n"
        );
        assert_eq!(said, expected);
    }
    for arguments in [
        "--no-publish --grant canPublish=false",
        "--grant canPublish --grant canPublish=true --allow-source camera",
        "--join --grant roomJoin",
        "--grant room=a --room a",
    ] {
        lkt(&format!("mint --dev {arguments}")).succeeds();
    }
    for detail in ["--grant canPublish", "--grant hidden", "--allow-update-metadata"] {
        let said = lkt(&format!("mint --dev --create {detail}")).fails(2);
        let expected = format!(
            "error: {detail} needs a token that joins, and this one does not\nhelp: add --join\n"
        );
        assert_eq!(said, expected);
    }
}

#[test]
fn a_source_is_one_that_can_be_published() {
    let granted = granted_with(&["--allow-source", "camera, microphone"]);
    assert_eq!(granted["video"]["canPublishSources"], json!(["camera", "microphone"]));
    for source in ["unknown", "webcam", "camera,unknown"] {
        let said = lkt("mint --dev --allow-source").arg(source).fails(2);
        let help = "\nhelp: give one of camera, microphone, screen_share, screen_share_audio\n";
        assert!(said.starts_with("error: invalid value `") && said.ends_with(help), "{said}");
    }
}

fn granted_with(arguments: &[&str]) -> Value {
    let command = arguments.iter().fold(lkt("mint --dev"), |command, &more| command.arg(more));
    claims_value(&command.succeeds())
}
