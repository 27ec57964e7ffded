//! Minting many tokens: they are complete and in order, and a wrong line stops the output at that line.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{claims_value, lkt, verify_dev};

fn identities(tokens: &str) -> Vec<String> {
    let identity = |token| claims_value(token)["sub"].as_str().expect("an identity").to_owned();
    tokens.lines().map(identity).collect()
}

#[test]
fn count_numbers_them_in_order() {
    let tokens = lkt("mint --dev --count 3000 -i u-{n} -r r-{n} -n N{n}").succeeds();
    let expected = (1..=3000).map(|n| format!("u-{n}")).collect::<Vec<_>>();
    assert_eq!(identities(&tokens), expected);
    let last = verify_dev(tokens.lines().last().expect("a token"));
    assert_eq!((last.video.room.as_str(), last.name.as_str()), ("r-3000", "N3000"));
    let json = lkt("mint --dev --count 2 -i {n} --json").succeeds();
    assert!(
        json.lines().count() == 2 && json.lines().all(|line| line.starts_with("{\"server_url\""))
    );
}

#[test]
fn every_token_of_a_count_is_the_one_that_the_same_flags_give_alone() {
    // Fields with and without the number, and characters that JSON escapes.
    let flags = |n: &str| {
        let metadata = r"x{n}\{random}";
        format!("mint --dev --not-before 2000000000 -i a\"{n}\u{1}{n} -n {n} -m {metadata}")
    };
    let counted = lkt(&(flags("{n}") + " --count 11")).succeeds();
    assert_eq!(counted.lines().count(), 11);
    for (token, n) in counted.lines().zip(1..) {
        let alone = lkt(&flags(&n.to_string())).succeeds();
        let mut claims = [claims_value(token), claims_value(alone.trim())];
        assert_eq!(claims[1]["metadata"], r"x{n}\{random}");
        // The times of issue may differ by a second.
        for claims in &mut claims {
            claims["iat"] = Value::Null;
        }
        assert_eq!(claims[0], claims[1]);
    }
}

#[test]
fn a_count_whose_last_token_would_not_do_is_refused_at_once() {
    let nearly = "i".repeat(255);
    let count = |count| lkt(&format!("mint --dev --count {count} -i {nearly}{{n}}"));
    assert_eq!(count(9).succeeds().lines().count(), 9);
    let said = count(10).fails(2);
    assert!(said.contains("`participant_identity` has 257 bytes"), "{said}");
}

#[test]
fn random_is_another_each_time() {
    let tokens = lkt("mint --dev --count 200 -i {random}-{random}").succeeds();
    let identities = identities(&tokens);
    let distinct = identities.iter().flat_map(|identity| identity.split('-'));
    let distinct = distinct.collect::<std::collections::BTreeSet<_>>();
    assert_eq!(distinct.len(), 400);
    assert!(distinct.iter().all(|text| text.len() == 8));
}

#[test]
fn a_name_that_is_the_identity_has_its_random_characters() {
    let both = |arguments: &str| {
        let tokens = lkt(&format!("mint --dev --count 50 {arguments}")).succeeds();
        let pair = |token| {
            let claims = verify_dev(token);
            (claims.sub, claims.name)
        };
        tokens.lines().map(pair).collect::<Vec<_>>()
    };
    for (identity, name) in both("-i u-{random}-{n}-{random}") {
        assert_eq!(identity, name);
        let parts = identity.split('-').collect::<Vec<_>>();
        assert_ne!(parts[1], parts[3]);
    }
    // A name with its own placeholder has its own random text.
    assert!(both("-i {random} --name {random}").iter().all(|(identity, name)| identity != name));
}

#[test]
fn many_claims_are_a_line_each_and_many_variables_an_error() {
    for (arguments, input) in [("--count 3 -i {n}", ""), ("--batch -", "{}\n{}\n{}\n")] {
        let printed = lkt(&format!("mint --dev -o claims {arguments}")).stdin(input).succeeds();
        let read = printed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        assert_eq!(read.filter(Value::is_object).count(), 3);
        assert_eq!(
            lkt(&format!("mint --dev -o env {arguments}")).stdin(input).fails(2),
            "error: --output env is for one token: each would replace the last\n\
             help: use --output json, which has a line for each\n"
        );
    }
    assert!(lkt("mint --dev -o claims").succeeds().lines().count() > 3);
}

#[test]
fn large_tokens_are_warned_about_once_at_the_end() {
    let metadata = "m".repeat(9000);
    let line = format!("{{\"participant_metadata\":\"{metadata}\"}}\n");
    let input = [line.as_str(), "{}\n"].concat().repeat(700);
    let (_, said) = lkt("mint --dev --batch -").stdin(input).succeeds_saying();
    assert!(said.starts_with("warning: tokens over 8 KiB: 700, the largest has 12"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let counted = lkt("mint --dev --count 3 -i {n} -m").arg(&metadata);
    let (_, said) = counted.succeeds_saying();
    assert!(said.starts_with("warning: tokens over 8 KiB: 3, "), "{said}");
}

#[test]
fn batch_gives_a_line_for_a_line_in_order() {
    let lines = (0..2500).map(|n| json!({"participant_identity": format!("i{n}")}).to_string());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let tokens = lkt("mint --dev --batch - --room r").stdin(&lines).succeeds();
    assert_eq!(identities(&tokens), (0..2500).map(|n| format!("i{n}")).collect::<Vec<_>>());
    assert_eq!(verify_dev(tokens.lines().next().expect("a token")).video.room, "r");
    let from_file =
        lkt("mint --dev --batch f").file("f", "{}\n{}\r\n{\"roomName\":\"x\"}").succeeds();
    assert_eq!(from_file.lines().count(), 3);
    let (printed, said) = lkt("mint --dev --batch -").succeeds_saying();
    assert!(printed.is_empty() && said.starts_with("warning: the batch is empty"), "{said}");
}

#[test]
fn one_empty_line_at_the_end_of_a_batch_is_fine() {
    for (lines, tokens) in [("{}\n\n", 1), ("{}\n{}\n\r\n", 2), ("\n", 0)] {
        let (printed, said) = lkt("mint --dev --batch -").stdin(lines).succeeds_saying();
        assert_eq!(printed.lines().count(), tokens, "{lines:?}");
        assert_eq!(said.contains("empty"), tokens == 0, "{lines:?}: {said}");
    }
}

#[test]
fn an_empty_line_inside_a_batch_is_an_error_after_the_lines_before_it() {
    for (lines, line) in [("{}\n\n{}\n", 2), ("\n{}", 1), ("{}\n{}\n\r\n\n", 3)] {
        let output = lkt("mint --dev --batch -").stdin(lines).output();
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        let expected = format!(
            "error: line {line}: the line is empty\n\
             help: write one request a line; {{}} asks for the defaults\n"
        );
        assert_eq!((output.status.code(), said), (Some(2), expected), "{lines:?}");
        let tokens = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(tokens.lines().count(), line - 1, "{lines:?}");
    }
}

#[test]
fn a_line_of_a_batch_may_have_up_to_1_mib() {
    let line = |bytes: usize| {
        let frame = r#"{"participant_metadata":""}"#;
        let metadata = "m".repeat(bytes - frame.len());
        format!("{{}}\n{{\"participant_metadata\":\"{metadata}\"}}\n{{}}\n")
    };
    let fits = line(1024 * 1024 - 1);
    let batch = || lkt("mint -q --dev --no-limits --batch -");
    assert_eq!(batch().stdin(fits).succeeds().lines().count(), 3);
    let output = batch().stdin(line(1024 * 1024 + 1)).output();
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with("error: line 2: the line is larger than 1 MiB\n"), "{said}");
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8").lines().count(), 1);
    let endless = lkt("mint --dev --batch /dev/zero").fails(2);
    assert!(endless.contains("line 1: the line is larger than 1 MiB"), "{endless}");
}

#[test]
fn tokens_that_would_all_be_equal_are_refused() {
    assert_eq!(
        lkt("mint --dev --count 2 -i ada").fails(2),
        "error: all 2 tokens would be equal\n\
         help: put {n}, the number of the token, or {random}, 8 random characters, into \
         --identity, --room or --name\n"
    );
    assert_eq!(lkt("mint --dev --count 1").succeeds().lines().count(), 1);
    // Placeholders in a request count too.
    let request = r#"{"room_name": "r-{n}"}"#;
    let tokens = lkt("mint --dev --count 2 --request -").stdin(request).succeeds();
    assert_eq!(verify_dev(tokens.lines().last().expect("a token")).video.room, "r-2");
}

#[test]
fn a_count_is_a_whole_number_from_1() {
    let number = "it is not a whole number\nhelp: give digits alone, such as 1000";
    for (count, expected) in [
        ("0", "it must be 1 or more\nhelp: give a number such as 1000"),
        ("x", number),
        ("-1", number),
        ("1.5", number),
        ("99999999999999999999", "the number is too large\nhelp: give a smaller one"),
    ] {
        let said = lkt(&format!("mint --dev -i {{n}} --count={count}")).fails(2);
        let problem = format!("error: invalid value `{count}` for `--count <N>`: {expected}\n");
        assert!(said.starts_with(&problem), "{said}");
    }
}

#[test]
fn a_wrong_line_stops_it_with_everything_before_it_written() {
    for wrong in [0, 1, 700, 1499] {
        let lines = (0..1500).map(|n| match n {
            n if n == wrong => r#"{"room_name":5}"#.to_owned(),
            n => json!({"participant_identity": format!("i{n}")}).to_string(),
        });
        let lines = lines.collect::<Vec<_>>().join("\n");
        let output = lkt("mint --dev --batch -").stdin(&lines).output();
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&format!("line {}", wrong + 1)) && said.contains("`room_name`"),
            "{said}"
        );
        let tokens = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(identities(&tokens).len(), wrong);
    }
}

#[test]
fn a_contradiction_in_a_line_is_named_too() {
    let output =
        lkt("mint --dev --list --batch -").stdin(r#"{"room_config":{"agents":[{}]}}"#).output();
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        output.status.code() == Some(2)
            && said.contains("line 1: an agent is dispatched by a join"),
        "{said}"
    );
}

#[test]
fn flags_add_an_agent_to_every_line() {
    let lines = "{}\n{\"room_config\":{\"metadata\":\"m\"}}\n";
    let tokens = lkt("mint --dev --agent bob --batch -").stdin(lines).succeeds();
    let configs = tokens.lines().map(|token| claims_value(token)["roomConfig"].clone());
    let agents = json!([{"agentName": "bob"}]);
    assert_eq!(
        configs.collect::<Vec<Value>>(),
        [json!({"agents": agents}), json!({"metadata": "m", "agents": agents})]
    );
}

/// Starts a batch whose input stays open.
fn open_batch() -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(["mint", "--dev", "--batch", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("starts")
}

#[test]
fn whoever_writes_a_line_gets_its_token_before_the_next() {
    let mut child = open_batch();
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    for room in ["one", "two", "three"] {
        writeln!(stdin, r#"{{"room_name":"{room}"}}"#).expect("writes");
        let mut token = String::new();
        stdout.read_line(&mut token).expect("a line");
        assert_eq!(verify_dev(&token).video.room, room);
    }
    drop(stdin);
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_wrong_line_stops_a_batch_whose_input_stays_open() {
    let mut child = open_batch();
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"{}\nnonsense\n").expect("writes");
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
    assert!(said.starts_with("error: line 2: "), "{said}");
    assert_eq!(child.wait().expect("ends").code(), Some(2));
    drop(stdin);
}
