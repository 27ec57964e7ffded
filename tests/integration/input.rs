//! Inputs that are read as a whole must be regular files or pipes of at most 1 MiB, with or without a
//! byte order mark.

use std::fs::File;
use std::process::Command;

use serde_json::json;

use crate::support::{Lkt, claims_value, lkt, verify_dev};

/// Every flag that names a file, with the arguments that it needs.
const FLAGS: [&str; 6] = [
    "--env-file f",
    "--api-key k --api-secret-file f",
    "--keys-file f",
    "--dev --request f",
    "--dev --attribute-file f",
    "--dev --room-config @f",
];

/// Adds a sparse file of 8 GiB, which takes no space.
fn with_sparse_file(command: Lkt, name: &str) -> Lkt {
    let command = command.file(name, "");
    let file = File::options().write(true).open(command.path().join(name)).expect("a file");
    file.set_len(8 << 30).expect("a sparse file");
    command
}

#[test]
fn a_huge_file_is_an_error() {
    for flag in FLAGS {
        let said = with_sparse_file(lkt(&format!("mint -q {flag}")), "f").fails(2);
        let expected = "`f` is larger than 1 MiB\nhelp: give at most 1 MiB\n";
        assert!(said.ends_with(expected), "{flag}: {said}");
    }
    let said = with_sparse_file(lkt("mint"), ".env").fails(2);
    assert!(said.starts_with("error: `.env` is larger than 1 MiB\n"), "{said}");
    let config = "home/.livekit/cli-config.yaml";
    let command = with_sparse_file(lkt("mint -q --project x"), config);
    let home = command.path().join("home");
    let said = command.env("HOME", home).fails(2);
    assert!(said.contains("cli-config.yaml` is larger than 1 MiB\n"), "{said}");
}

#[test]
fn a_device_is_an_error_and_the_empty_one_is_an_empty_file() {
    for flag in FLAGS {
        let flag = format!("{}/dev/zero", flag.trim_end_matches('f'));
        let said = lkt(&format!("mint -q {flag}")).fails(2);
        assert!(
            said.contains("`/dev/zero` is neither a regular file nor a pipe\n"),
            "{flag}: {said}"
        );
    }
    verify_dev(&lkt("mint --dev --env-file /dev/null").succeeds());
}

#[test]
fn standard_input_is_bounded_too() {
    for arguments in
        ["--dev --request -", "--dev --room-config -", "--api-key k --api-secret-file -"]
    {
        let script = format!("exec \"$0\" mint {arguments} < /dev/zero");
        let mut command = Command::new("/bin/sh");
        let output = command.args(["-c", &script, env!("CARGO_BIN_EXE_lkt")]).env_clear().output();
        let output = output.expect("runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("standard input is larger than 1 MiB\n"), "{said}");
    }
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let command = lkt("mint --dev --request f");
    let path = command.path().join("f");
    assert!(Command::new("mkfifo").arg(&path).status().expect("runs").success());
    let writer = std::thread::spawn(move || std::fs::write(path, r#"{"room_name": "piped"}"#));
    assert_eq!(verify_dev(&command.succeeds()).video.room, "piped");
    writer.join().expect("ends").expect("writes");
}

#[test]
fn a_byte_order_mark_is_dropped() {
    let marked = |text: &str| format!("\u{feff}{text}");
    let secret = "a-secret-of-more-than-thirty-two-bytes";
    let key = |command: Lkt| claims_value(&command.succeeds())["iss"].clone();
    let env = format!("LIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={secret}\n");
    assert_eq!(key(lkt("mint").file(".env", marked(&env))), "k");
    let keys = lkt("mint -q --keys-file f").file("f", marked(&format!("k: {secret}\n")));
    assert_eq!(key(keys), "k");
    let with_secret = lkt("mint -q --api-key k --api-secret-file f").file("f", marked(secret));
    let token = with_secret.succeeds();
    let verifier = livekit_token::TokenVerifier::with_api_key("k", secret);
    verifier.verify(token.trim()).expect("signed with the secret alone");
    let command = lkt("mint --dev --request r --attribute-file a --room-config @c");
    let command = command.file("r", marked(r#"{"room_name": "r"}"#));
    let command = command.file("a", marked(r#"{"x": "y"}"#)).file("c", marked(r#"{"name": "n"}"#));
    let claims = claims_value(&command.succeeds());
    assert_eq!(claims["video"]["room"], "r");
    assert_eq!(claims["attributes"], json!({"x": "y"}));
    assert_eq!(claims["roomConfig"], json!({"name": "n"}));
    let batch = lkt("mint --dev --batch -").stdin(marked("{\"room_name\": \"r\"}\n{}\n"));
    assert_eq!(batch.succeeds().lines().count(), 2);
}
