//! No output contains a secret.

use std::process::Output;

use lkt::endpoint::invitation::{InvitationKey, Invitations};
use lkt::endpoint::{BearerTokens, Callers};
use lkt::token::KeyPair;

use crate::support::{Lkt, lkt};

/// A text that occurs only in secrets.
const MARK: &str = "hunter2hunter2";

fn assert_silent(output: &Output) {
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!shown.contains(MARK), "{shown}");
}

/// Sets a secret in every place that one is read from.
fn marked(arguments: &str) -> Lkt {
    let command = lkt(arguments);
    let home = command.path().join("home").display().to_string();
    command
        .env("HOME", home)
        .env("LIVEKIT_API_SECRET", MARK)
        .env("LIVEKIT_KEYS", format!("a: {MARK}"))
        .env("LKT_AUTH_TOKEN", MARK)
        .file("broken.env", format!("LIVEKIT_API_SECRET={MARK}\n{MARK} ' {MARK}\n"))
        .file("dollar.env", format!("LIVEKIT_API_SECRET={MARK}$x\n"))
        .file("broken.yaml", format!("a: {MARK}\n  b: [{MARK}\n"))
        .file("latin1", [MARK.as_bytes(), b"\xff"].concat())
        .file("home/.livekit/cli-config.yaml", format!("projects: {MARK}\n"))
}

#[test]
fn help_shows_no_value_of_the_environment() {
    for command in ["", "mint", "serve", "inspect", "completions", "man"] {
        let output = marked(&format!("{command} --help")).output();
        assert!(output.status.success());
        assert_silent(&output);
        // The short help must not show one either.
        assert_silent(&marked(&format!("{command} -h")).output());
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert_silent(&marked(&format!("completions {shell}")).output());
    }
}

#[test]
fn a_secret_in_the_place_of_its_file_is_not_shown() {
    let command = lkt("mint").env("LIVEKIT_API_KEY", "k").env("LIVEKIT_API_SECRET_FILE", MARK);
    let output = command.output();
    assert_silent(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: LIVEKIT_API_SECRET_FILE does not name a file\n"), "{said}");
}

#[test]
fn debug_output_of_the_library_shows_no_secret() {
    let mut callers = Callers::default();
    callers.bearer = BearerTokens::from_lines(&format!("{MARK}\nother-{MARK}\n"));
    callers.sandbox_id = Some(MARK.to_owned());
    callers.invitations = Invitations::of([InvitationKey::new(&KeyPair::dev())]);
    let bearer = "BearerTokens(2 × ***)";
    let invitations = "Invitations { keys: [InvitationKey(***)], counts_uses: false }";
    assert_eq!(
        format!("{callers:?}"),
        format!(
            "Callers {{ bearer: Some({bearer}), issuers: [], keys: 0, invitations: {invitations}, \
             proxy_header: None, guests: false, sandbox_id: Some(\"***\"), .. }}"
        )
    );
}

#[test]
fn errors_show_no_secret() {
    for arguments in [
        "mint",
        "mint --json",
        "mint --env-file broken.env",
        "mint --env-file dollar.env",
        "mint --keys-file broken.yaml",
        "mint --keys-file latin1",
        "mint --api-key k --api-secret-file latin1",
        "mint --project x",
        "mint --no-env-file",
        "mint --api-key devkey",
        "mint --api-key k --dev",
        "serve --api-key k",
        "serve --dev --listen 0.0.0.0:x",
        "inspect --verify x",
    ] {
        assert_silent(&marked(arguments).output());
        assert_silent(&marked(&format!("{arguments} --api-secret {MARK}")).output());
    }
    let swapped = marked("mint").env("LIVEKIT_API_KEY", "k");
    let swapped = swapped.env("LIVEKIT_API_SECRET", format!("API{MARK}")).output();
    assert_silent(&swapped);
    assert_eq!(swapped.status.code(), Some(1));
}

#[test]
fn results_show_no_secret() {
    for output in ["token", "json", "claims", "env", "meet"] {
        let result = marked(&format!("mint --api-key a --url wss://x -o {output}")).output();
        assert!(result.status.success());
        assert_silent(&result);
    }
}

#[test]
fn a_file_that_nobody_named_cannot_have_a_secret_shown() {
    for line in [
        "LIVEKIT_URL=wss://${LIVEKIT_API_SECRET}.example",
        "LIVEKIT_API_KEY=\"$LKT$LKT${LIVEKIT_API_SECRET}\"",
        "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=a\nLIVEKIT_API_SECRET_FILE=${LIVEKIT_API_SECRET}",
    ] {
        for arguments in ["mint --json", "mint -o env", "check", "serve --listen 127.0.0.1:x"] {
            assert_silent(&marked(arguments).file(".env", line).output());
        }
    }
}
