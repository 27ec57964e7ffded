//! What lkt takes from the lines of an env file, or says about them: `known/env-lines.json`, a table of
//! the lines that were given to 32 readers of env files.

use serde_json::Value;

use super::credentials::cli_config;
use crate::support::{Lkt, claims_value, lkt};

const TABLE: &str = include_str!("known/env-lines.json");

/// What a file has where the row does not say otherwise.
const DEFAULTS: [(&str, &str, &str); 3] = [
    ("url", "LIVEKIT_URL", "wss://default.example"),
    ("key", "LIVEKIT_API_KEY", "KEYdefault"),
    ("secret", "LIVEKIT_API_SECRET", "default-secret-of-more-than-thirty-two-bytes"),
];

/// A run with the row's file, and with another key below it, which must never be used.
fn run(row: &Value, command: &str) -> Lkt {
    let mut text = row["text"].as_str().expect("a text").to_owned();
    if !text.ends_with(['\n', '\r']) {
        text.push('\n');
    }
    for (_, name, value) in DEFAULTS {
        let has_list = text.contains("LIVEKIT_KEYS") && name == "LIVEKIT_API_SECRET";
        let has_key = text.contains("LIVEKIT_KEYS") && name == "LIVEKIT_API_KEY";
        if !text.contains(name) && !has_list && !has_key {
            let end = if text.contains('\n') { "\n" } else { "\r" };
            text.push_str(&format!("{name}={value}{end}"));
        }
    }
    let arguments = row["arguments"].as_str().unwrap_or_default();
    let run = lkt(&format!("{command} {arguments}"));
    let home = run.path().join("home").display().to_string();
    let mut run = run.env("HOME", home).file("home/.livekit/cli-config.yaml", cli_config());
    for (name, value) in row["env"].as_object().into_iter().flatten() {
        run = run.env(name, value.as_str().expect("a value"));
    }
    run.file(".env", text)
}

fn check_taken(row: &Value) -> Result<(), String> {
    let output = run(row, "mint --json").output();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let has_warning = |warning: &str| {
        stderr.lines().any(|line| line.starts_with("warning: ") && line.contains(warning))
    };
    if !row["warns"].as_str().map_or(stderr.is_empty(), has_warning) {
        return Err(format!("says: {stderr}"));
    }
    let answer =
        serde_json::from_slice::<Value>(&output.stdout).map_err(|error| error.to_string())?;
    let token = answer["participant_token"].as_str().expect("a token");
    let key = claims_value(token)["iss"].as_str().expect("a key").to_owned();
    let value = |name: &str| {
        let default = DEFAULTS.iter().find(|(known, ..)| *known == name).expect("a default").2;
        row["takes"].as_str().filter(|_| row["of"] == name).unwrap_or(default)
    };
    let verifier = livekit_token::TokenVerifier::with_api_key(&key, value("secret"));
    verifier.verify(token).map_err(|error| format!("another secret: {error}"))?;
    let is_key = if row["of"] == "key" { key == value("key") } else { key.starts_with("KEY") };
    if !is_key || ["KEYone", "KEYtwo"].contains(&key.as_str()) {
        return Err(format!("another key: {key}"));
    }
    let url = &answer["server_url"];
    if url == value("url") { Ok(()) } else { Err(format!("another URL: {url}")) }
}

/// Each command refuses the row, in the same words.
fn check_refused(row: &Value, problem: &str) -> Result<(), String> {
    for command in ["mint --json", "check", "serve --listen 127.0.0.1:0"] {
        let output = run(row, command).output();
        let said = String::from_utf8_lossy(&output.stderr);
        let lines = said.lines().collect::<Vec<_>>();
        let is_said = matches!(lines.as_slice(), [.., error, help]
            if error.starts_with("error: ") && error.contains(problem) && help.starts_with("help: "));
        // No message has a part of the value.
        let is_shown = said.contains("0123456789abcdef");
        if !is_said || is_shown || output.status.success() || !output.stdout.is_empty() {
            return Err(format!("{command} says: {said}"));
        }
    }
    Ok(())
}

#[test]
fn each_line_is_read_as_all_readers_do_or_refused() {
    let table = serde_json::from_str::<Vec<Value>>(TABLE).expect("a table");
    let failures = table.iter().filter_map(|row| {
        let checked = match row["refuses"].as_str() {
            Some(problem) => check_refused(row, problem),
            None => check_taken(row),
        };
        checked.err().map(|failure| format!("{row}\n{failure}"))
    });
    let failures = failures.collect::<Vec<_>>();
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), table.len(), failures.join("\n"));
}
