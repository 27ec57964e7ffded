//! Where the URL and the key come from, and which place wins.

use serde_json::Value;

use crate::support::{claims_value, lkt};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

/// The key that a token was signed by, and the URL beside it.
fn used(command: crate::support::Lkt) -> (String, String) {
    let answer = serde_json::from_str::<Value>(&command.succeeds()).expect("JSON");
    let token = answer["participant_token"].as_str().expect("a token");
    let key = claims_value(token)["iss"].as_str().expect("a key").to_owned();
    // Whatever the key, the secret is this one.
    let verifier = livekit_token::TokenVerifier::with_api_key(&key, SECRET);
    verifier.verify(token).expect("signed with the secret");
    (key, answer["server_url"].as_str().expect("a URL").to_owned())
}

fn env_file(key: &str) -> String {
    format!(
        "export LIVEKIT_URL=wss://{key}\nexport LIVEKIT_API_KEY={key}\nLIVEKIT_API_SECRET=\"{SECRET}\"\n"
    )
}

fn cli_config() -> String {
    format!(
        "default_project: one\nprojects:\n- name: one\n  url: wss://one\n  api_key: KEYone\n  api_secret: {SECRET}\n  project_id: x\n\
         - name: two\n  url: wss://two\n  api_key: KEYtwo\n  api_secret: {SECRET}\ndevice_name: y\n"
    )
}

/// Every place at once; the flags take the highest away, one after the other.
fn everywhere(arguments: &str) -> crate::support::Lkt {
    let command = lkt(&format!("mint --json {arguments}"));
    let home = command.path().join("home").display().to_string();
    command
        .env("HOME", home)
        .file("home/.livekit/cli-config.yaml", cli_config())
        .file("development.env", env_file("KEYdevelopment"))
        .file(".env.local", env_file("KEYlocal"))
        .file(".env", env_file("KEYdotenv"))
        .file("other.env", env_file("KEYother"))
        .file("secret", format!("{SECRET}\r\n"))
}

fn with_environment(command: crate::support::Lkt) -> crate::support::Lkt {
    command
        .env("LIVEKIT_URL", "wss://environment")
        .env("LIVEKIT_API_KEY", "KEYenvironment")
        .env("LIVEKIT_API_SECRET", SECRET)
}

fn pair(key: &str, url: &str) -> (String, String) {
    (key.to_owned(), url.to_owned())
}

#[test]
fn the_highest_place_that_has_a_value_wins() {
    let flags = format!("--url wss://flag --api-key KEYflag --api-secret {SECRET}");
    assert_eq!(used(with_environment(everywhere(&flags))), pair("KEYflag", "wss://flag"));
    assert_eq!(used(with_environment(everywhere("--project two"))), pair("KEYtwo", "wss://two"));
    assert_eq!(used(with_environment(everywhere(""))), pair("KEYenvironment", "wss://environment"));
    assert_eq!(used(everywhere("--env-file other.env")), pair("KEYother", "wss://KEYother"));
    assert_eq!(used(everywhere("")), pair("KEYdevelopment", "wss://KEYdevelopment"));
    assert_eq!(used(everywhere("--no-env-file")), pair("KEYone", "wss://one"));
}

#[test]
fn each_value_is_looked_up_by_itself() {
    let from_two = with_environment(everywhere("--url wss://flag"));
    assert_eq!(used(from_two), pair("KEYenvironment", "wss://flag"));
    let empty = everywhere("").env("LIVEKIT_API_KEY", "").env("LIVEKIT_URL", " ");
    assert_eq!(used(empty), pair("KEYdevelopment", "wss://KEYdevelopment"));
}

#[test]
fn a_secret_that_belongs_to_another_key_is_never_taken() {
    let said = everywhere("--no-env-file --api-key KEYunknown --url wss://x").fails(1);
    assert!(said.contains("no API key and secret"), "{said}");
    assert_eq!(used(everywhere("--no-env-file --api-key KEYone")), pair("KEYone", "wss://one"));
}

#[test]
fn env_files_are_looked_for_in_one_order() {
    let local = lkt("mint --json")
        .file(".env.local", env_file("KEYlocal"))
        .file(".env", env_file("KEYdotenv"));
    assert_eq!(used(local).0, "KEYlocal");
    assert_eq!(used(lkt("mint --json").file(".env", env_file("KEYdotenv"))).0, "KEYdotenv");
}

#[test]
fn secrets_come_from_files_and_standard_input_and_are_trimmed() {
    let chmod = |command: crate::support::Lkt| {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(command.path().join("secret"), private).expect("private");
        command
    };
    let file = everywhere("--url wss://x --api-key K --api-secret-file secret");
    assert_eq!(used(chmod(file)), pair("K", "wss://x"));
    let stdin = lkt("mint --json --url wss://x --api-key K --api-secret-file -")
        .stdin(format!(" {SECRET}\n"));
    assert_eq!(used(stdin), pair("K", "wss://x"));
    let variable = everywhere("--no-env-file --url wss://x")
        .env("LIVEKIT_API_KEY", " K ")
        .env("LIVEKIT_API_SECRET_FILE", "secret");
    assert_eq!(used(chmod(variable)), pair("K", "wss://x"));
}

#[test]
fn keys_come_in_livekits_own_format() {
    let one = format!("KEYa: {SECRET}\n");
    let two = format!("KEYa: other-secret-other-secret-other-secret\nKEYb: '{SECRET}'\n");
    assert_eq!(used(lkt("mint --json --url wss://x").env("LIVEKIT_KEYS", &one)).0, "KEYa");
    assert_eq!(
        used(lkt("mint --json --url wss://x --api-key KEYb").env("LIVEKIT_KEYS", &two)).0,
        "KEYb"
    );
    let said = lkt("mint --json --url wss://x").env("LIVEKIT_KEYS", &two).fails(2);
    assert!(said.contains("several keys: `KEYa`, `KEYb`") && said.contains("--api-key"), "{said}");
    let said = lkt("mint").env("LIVEKIT_KEYS", "KEYa:hunter2-no-space").fails(2);
    assert!(said.contains("space after the colon") && !said.contains("hunter2"), "{said}");
    let (_, said) = lkt("mint --keys-file keys").file("keys", &one).succeeds_saying();
    assert!(said.contains("warning: others can read `keys`; run chmod 600"), "{said}");
}

#[test]
fn a_short_secret_is_warned_about_once_and_not_with_dev() {
    let (_, said) = lkt("mint --api-key k --api-secret short").succeeds_saying();
    assert_eq!(said.matches("warning:").count(), 1, "{said}");
    assert!(said.contains("under 32 bytes"), "{said}");
    let (_, said) = lkt("mint -q --api-key k --api-secret short").succeeds_saying();
    assert_eq!(said, "");
    lkt("mint --dev").succeeds();
}

#[test]
fn a_project_that_is_not_there_gets_a_suggestion() {
    let said = everywhere("--project tow").fails(2);
    assert!(said.contains("no project `tow`") && said.contains("did you mean `two`?"), "{said}");
}

#[test]
fn with_dev_nothing_else_is_read() {
    let command = lkt("mint --dev").file("development.env", "this is = not an env file \" at all");
    assert!(command.succeeds().starts_with("ey"));
}
