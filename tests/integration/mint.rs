//! `lkt mint`: flags, outputs, requests.

use serde_json::{Value, json};

use crate::support::{claims_of, claims_value, header_text, lkt, now, verify_dev};

#[test]
fn an_agents_thread_is_carried_although_the_crate_does_not_know_it() {
    let (token, said) = lkt("mint --dev --agent a --agent b --agent-thread AT_1").succeeds_saying();
    let agents =
        json!([{"agentName": "a", "threadId": "AT_1"}, {"agentName": "b", "threadId": "AT_1"}]);
    assert_eq!(claims_value(token.trim())["roomConfig"]["agents"], agents);
    assert_eq!(said.matches("--agent-thread").count(), 1, "{said}");
    let error = lkt("mint --dev --agent-thread AT_1").fails(2);
    assert!(error.contains("--agent-thread is for an agent, and none is named"), "{error}");
    let request = r#"{"room_config":{"agents":[{"thread_id":"AT_1"}]}}"#;
    let token = lkt("mint --dev --request -").stdin(request).succeeds();
    assert_eq!(claims_value(token.trim())["roomConfig"], json!({"agents": [{"threadId": "AT_1"}]}));
}

#[test]
fn a_token_is_one_line_that_livekits_verifier_takes() {
    let before = now();
    let line = lkt("mint --dev --room demo --identity ada").succeeds();
    assert_eq!(line.matches('\n').count(), 1);
    let claims = verify_dev(&line);
    assert_eq!(header_text(&line), r#"{"alg":"HS256","typ":"JWT"}"#);
    assert_eq!((claims.iss.as_str(), claims.sub.as_str()), ("devkey", "ada"));
    // A participant with a name is shown by that name.
    assert_eq!(claims.name, "ada");
    assert!(claims.video.room_join);
    assert_eq!(claims.video.room, "demo");
    let claims = serde_json::from_str::<Value>(&claims_of(&line)).expect("JSON");
    let time = |name: &str| claims[name].as_u64().expect(name);
    // Servers up to 1.12 refuse a token whose `iat` is ahead of their clock.
    assert!((before - 10..=now() - 10).contains(&time("iat")));
    assert_eq!((time("nbf"), time("exp")), (time("iat"), time("iat") + 610));
}

#[test]
fn it_works_without_home_environment_or_a_directory_to_write_to() {
    use std::os::unix::fs::PermissionsExt;
    let command = lkt("mint --dev --room demo --identity ada");
    let read_only = std::fs::Permissions::from_mode(0o555);
    std::fs::set_permissions(command.path(), read_only).expect("read-only");
    verify_dev(&command.succeeds());
}

#[test]
fn absent_fields_are_those_of_livekits_page() {
    let claims = claims_value(&lkt("mint --dev").succeeds());
    let video = json!({"roomJoin": true, "room": "quickstart-room"});
    let (iss, sub, name) = ("devkey", "quickstart-identity", "quickstart-username");
    assert_eq!(claims, json!({"iss": iss, "sub": sub, "name": name, "video": video}));
}

#[test]
fn a_participant_without_a_name_is_called_by_its_identity() {
    let named = |arguments: &str| verify_dev(&lkt(arguments).succeeds()).name;
    assert_eq!(named("mint --dev -i ada"), "ada");
    assert_eq!(named("mint --dev -i ada --name Ada"), "Ada");
    let request = lkt("mint --dev --request -").stdin(r#"{"participant_identity": "ada"}"#);
    assert_eq!(verify_dev(&request.succeeds()).name, "ada");
}

#[test]
fn json_is_what_the_endpoint_answers() {
    let line = lkt("mint --dev --json").succeeds();
    let answer = serde_json::from_str::<Value>(&line).expect("JSON");
    let names = answer.as_object().expect("an object").keys().collect::<Vec<_>>();
    assert_eq!(names, ["participant_token", "server_url"]);
    assert_eq!(answer["server_url"], "ws://localhost:7880");
    verify_dev(answer["participant_token"].as_str().expect("a token"));
    assert!(line.starts_with(r#"{"server_url":"#) && line.ends_with("}\n"), "{line}");
}

#[test]
fn claims_are_what_would_be_signed() {
    let shown = lkt("mint --dev -o claims --room demo --ttl 1h").succeeds();
    let claims = serde_json::from_str::<Value>(&shown).expect("JSON");
    let time = |name: &str| claims[name].as_u64().expect(name);
    assert_eq!(time("exp") - time("iat"), 3610);
    assert_eq!(claims["video"]["room"], "demo");
}

#[test]
fn claims_do_not_steer_a_terminal() {
    let name = "a\u{9b}\u{7f}\u{202e}";
    for bulk in ["", "--count 2 --identity x{n}"] {
        let shown = lkt(&format!("mint --dev -o claims {bulk} --name")).arg(name).succeeds();
        assert!(shown.contains(r"a\u009b\u007f\u202e"), "{shown}");
        let first =
            if bulk.is_empty() { shown.as_str() } else { shown.lines().next().expect("a line") };
        assert_eq!(serde_json::from_str::<Value>(first).expect("JSON")["name"], name);
    }
    // A signed token has the name as it is.
    assert_eq!(claims_value(&lkt("mint --dev --name").arg(name).succeeds())["name"], name);
}

#[test]
fn a_link_opens_livekit_meet_with_the_token() {
    let link = lkt("mint --dev -o meet").succeeds();
    let start = "https://meet.livekit.io/custom?liveKitUrl=ws%3A%2F%2Flocalhost%3A7880&token=";
    verify_dev(link.strip_prefix(start).expect(&link));
}

#[test]
fn only_the_first_equals_sign_splits_an_attribute() {
    let token = lkt("mint --dev").arg("--attribute").arg(r##"k=a,b="c"#d"##).arg("-a").arg("e=");
    let claims = claims_value(&token.succeeds());
    assert_eq!(claims["attributes"], json!({"k": r##"a,b="c"#d"##, "e": ""}));
}

#[test]
fn attributes_come_from_a_file_and_flags_win() {
    let token = lkt("mint --dev --attribute-file a.json -a x=flag")
        .file("a.json", r#"{"x": "file", "y": "ü"}"#);
    assert_eq!(claims_value(&token.succeeds())["attributes"], json!({"x": "flag", "y": "ü"}));
}

#[test]
fn agents_are_dispatched_with_the_room_configuration() {
    let token = lkt("mint --dev --agent bob --agent-metadata job --agent-deployment blue")
        .arg("--room-config")
        .arg(r#"{"max_participants": 3, "agents": [{}]}"#);
    let claims = claims_value(&token.succeeds());
    let bob = json!({"agentName": "bob", "metadata": "job", "deployment": "blue"});
    assert_eq!(claims["roomConfig"], json!({"maxParticipants": 3, "agents": [{}, bob]}));
}

#[test]
fn a_room_configuration_comes_from_a_file_or_standard_input() {
    let config = r#"{"metadata": "m"}"#;
    let from_file = lkt("mint --dev --room-config @c.json").file("c.json", config).succeeds();
    let from_stdin = lkt("mint --dev --room-config -").stdin(config).succeeds();
    for token in [from_file, from_stdin] {
        assert_eq!(claims_value(&token)["roomConfig"], json!({"metadata": "m"}));
    }
    let empty = lkt("mint --dev --room-config {}").succeeds();
    assert_eq!(claims_value(&empty).get("roomConfig"), None);
}

#[test]
fn a_request_is_read_and_flags_win_over_it() {
    let request = r#"{"roomName": "r", "participant_identity": "i", "participant_name": null}"#;
    let token = lkt("mint --dev --request - -i flag").stdin(request).succeeds();
    let claims = claims_value(&token);
    assert_eq!((&claims["sub"], &claims["video"]["room"]), (&json!("flag"), &json!("r")));
    assert_eq!(claims["name"], "flag");
}

#[test]
fn times_can_be_given_as_points() {
    let token = lkt("mint --dev --not-before 2026-11-24T02:40:00Z --expires-at 4102444800");
    let claims = serde_json::from_str::<Value>(&claims_of(&token.succeeds())).expect("JSON");
    assert_eq!(
        (&claims["nbf"], &claims["exp"]),
        (&json!(1_795_488_000), &json!(4_102_444_800_u64))
    );
    let with_offset = lkt("mint --dev -o claims --expires-at 2030-01-01T00:00:00+01:00");
    let claims = serde_json::from_str::<Value>(&with_offset.succeeds()).expect("JSON");
    assert_eq!(claims["exp"], json!(1_893_452_400));
}

#[test]
fn a_token_of_server_permissions_has_no_identity_unless_one_is_given() {
    let claims = claims_value(&lkt("mint --dev --list --create").succeeds());
    let video = json!({"roomCreate": true, "roomList": true});
    assert_eq!(claims, json!({"iss": "devkey", "video": video}));
    let claims = claims_value(&lkt("mint --dev --admin --room demo -i ops").succeeds());
    let video = json!({"roomAdmin": true, "room": "demo"});
    assert_eq!(claims, json!({"iss": "devkey", "sub": "ops", "video": video}));
}

#[test]
fn limits_of_a_server_hold_unless_told_otherwise() {
    let long = "n".repeat(257);
    let error = lkt("mint --dev --name").arg(&long).fails(2);
    assert!(
        error.contains("`participant_name` has 257 bytes") && error.contains("--no-limits"),
        "{error}"
    );
    lkt("mint --dev --no-limits --name").arg(&long).succeeds();
}

#[test]
fn credentials_in_an_egress_are_refused_unless_told_otherwise() {
    let outputs = [
        r#"{"tracks": {"s3": {"secret": "x"}}}"#,
        r#"{"room": {"fileOutputs": [{"gcp": {"credentials": "x"}}]}}"#,
        r#"{"room": {"segmentOutputs": [{"azure": {"accountKey": "x"}}]}}"#,
        r#"{"participant": {"file_outputs": [{"aliOSS": {"secret": "x"}}]}}"#,
        r#"{"room": {"streamOutputs": [{"urls": ["rtmp://a/key"]}]}}"#,
        r#"{"room": {"file": {"s3": {"secret": "x"}}}}"#,
    ];
    for output in outputs {
        let config = format!(r#"{{"egress": {output}}}"#);
        let error = lkt("mint --dev --room-config").arg(&config).fails(2);
        assert!(error.contains("`room_config.egress.") && error.contains("credential"), "{error}");
        lkt("mint --dev --allow-sensitive-credentials --room-config").arg(&config).succeeds();
    }
    let harmless =
        r#"{"egress": {"tracks": {"s3": {"bucket": "b", "metadata": {"secret": "no"}}}}}"#;
    lkt("mint --dev --room-config").arg(harmless).succeeds();
}

#[test]
fn a_large_token_is_warned_about() {
    let (_, said) = lkt("mint --dev -m").arg("m".repeat(9000)).succeeds_saying();
    assert!(said.contains("warning: the token has"), "{said}");
}

#[test]
fn help_shows_both_placeholders() {
    let help = lkt("mint --help").succeeds();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = "{n} becomes 1, 2, … and {random} becomes 8 random characters";
    assert!(help.contains(shown), "{help}");
    let page = lkt("man").succeeds();
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn an_agent_has_attributes() {
    let token = lkt("mint --dev --agent bob --agent-attribute b=2=3 --agent-attribute a=");
    let agents = json!([{"agentName": "bob", "attributes": {"a": "", "b": "2=3"}}]);
    assert_eq!(claims_value(&token.succeeds())["roomConfig"], json!({"agents": agents}));
    assert_eq!(
        lkt("mint --dev --agent-attribute a=b").fails(2),
        "error: --agent-attribute is for an agent, and none is named\n\
         help: name the agent with --agent\n"
    );
}

#[test]
fn variables_are_written_for_the_shell_that_is_asked_for() {
    let lines = |shell: &str| lkt(&format!("mint --dev -o env --shell {shell}")).succeeds();
    for (shell, url, token) in [
        ("sh", "LIVEKIT_URL='ws://localhost:7880'", "LIVEKIT_TOKEN='"),
        ("fish", "set -gx LIVEKIT_URL 'ws://localhost:7880'", "set -gx LIVEKIT_TOKEN '"),
        ("powershell", "$env:LIVEKIT_URL = 'ws://localhost:7880'", "$env:LIVEKIT_TOKEN = '"),
    ] {
        let lines = lines(shell);
        let (first, second) = lines.trim_end().split_once('\n').expect("two lines");
        assert_eq!(first, url);
        let quoted = second.strip_prefix(token).and_then(|token| token.strip_suffix('\''));
        verify_dev(quoted.expect(second));
    }
    let default = lkt("mint --dev -o env").succeeds();
    assert!(default.starts_with("LIVEKIT_URL='"), "{default}");
    assert_eq!(
        lkt("mint --dev --shell fish").fails(2),
        "error: --shell is for --output env\n\
         help: add --output env, or leave --shell out\n"
    );
}

#[test]
fn variables_for_no_shell_have_no_quotes() {
    let arguments =
        "mint --dev --list --create --admin --room ci-42 --ttl 15m -o env --shell plain";
    let (lines, said) = lkt(arguments).succeeds_saying();
    let [url, token] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
    assert_eq!(url, "LIVEKIT_URL=ws://localhost:7880");
    let token = token.strip_prefix("LIVEKIT_TOKEN=").expect("a token");
    let video = json!({"roomList": true, "roomCreate": true, "roomAdmin": true, "room": "ci-42"});
    assert_eq!(claims_value(token)["video"], video);
    assert!(
        said.starts_with("warning: the room does not limit `roomCreate`, `roomList`"),
        "{said}"
    );
}

#[test]
fn open_prints_the_link_and_opens_it() {
    use std::os::unix::fs::PermissionsExt;
    // Replaces the desktop's own program, and records what it is given, and the page's text and mode.
    let script = "#!/bin/sh\nprintf '%s %s %s\\n' \"$*\" \"$(stat -c %a \"$1\")\" \
                  \"$(tr '\\n' ' ' < \"$1\")\" > \"$OPENED\"\n";
    let command = lkt("mint --dev --open").file("bin/xdg-open", script);
    let bin = command.path().join("bin");
    let opened = command.path().join("opened");
    let runnable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(bin.join("xdg-open"), runnable).expect("runnable");
    // The directory is removed with the command, so what was opened is read through a separate pipe.
    let made = std::process::Command::new("mkfifo").arg(&opened).status().expect("runs");
    assert!(made.success());
    let reader = std::thread::spawn({
        let opened = std::fs::OpenOptions::new().read(true).write(true).open(&opened);
        let opened = opened.expect("a pipe");
        move || {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut std::io::BufReader::new(opened), &mut line)
                .expect("a line");
            line
        }
    });
    let pages = tempfile::tempdir().expect("a directory");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let command = command.env("PATH", path).env("OPENED", &opened).env("TMPDIR", pages.path());
    let link = command.succeeds();
    assert!(link.starts_with("https://meet.livekit.io/custom?liveKitUrl="), "{link}");
    let seen = reader.join().expect("a line");
    let [argument, bits, page] = seen.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("{seen}")
    };
    // Other users see the arguments of a program.
    assert!(argument.starts_with(&pages.path().display().to_string()), "{argument}");
    assert!(!argument.contains("token"), "{argument}");
    assert_eq!(bits, "600");
    let link = link.trim_end().replace('&', "&amp;");
    assert!(page.contains(&format!("content=\"0;url={link}\"")), "{page}");
}

#[test]
fn where_there_is_no_browser_the_link_is_printed_and_the_error_has_no_token() {
    let pages = tempfile::tempdir().expect("a directory");
    let output = lkt("mint --dev --open").env("PATH", "").env("TMPDIR", pages.path()).output();
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(
        (output.status.code(), said.as_str()),
        (Some(1), "error: cannot open a browser\nhelp: open the printed link yourself\n")
    );
    assert!(output.stdout.starts_with(b"https://meet.livekit.io/"));
    assert_eq!(std::fs::read_dir(pages.path()).expect("a directory").count(), 0);
}
