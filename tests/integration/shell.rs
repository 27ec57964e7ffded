//! Tests in real shells: command substitution, eval with quotes in the values, and a pipe.

use std::process::Command;

use crate::support::verify_dev;

/// The shells on this machine. `sh` is on all machines.
fn shells() -> Vec<&'static str> {
    ["sh", "dash", "bash", "zsh"].into_iter().filter(|shell| is_installed(shell)).collect()
}

pub(crate) fn is_installed(shell: &str) -> bool {
    Command::new(shell).args(["-c", "true"]).status().is_ok_and(|status| status.success())
}

fn run(shell: &str, script: &str) -> String {
    let mut command = Command::new(shell);
    let output = command.args(["-c", script]).env("LKT", env!("CARGO_BIN_EXE_lkt")).output();
    let output = output.expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{shell}: {script}\n{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_token_goes_into_a_variable() {
    for shell in shells() {
        let token =
            run(shell, r#"export LIVEKIT_TOKEN=$("$LKT" mint --dev); printf %s "$LIVEKIT_TOKEN""#);
        verify_dev(&token);
    }
}

#[test]
fn variables_survive_eval_whatever_is_in_them() {
    let url = r"wss://x.example/?a='b'&c=$HOME`id`\d";
    for shell in shells() {
        let quoted = url.replace('\'', r"'\''");
        let script = format!(
            r#"eval "$("$LKT" mint --dev --url '{quoted}' -o env)"; printf '%s\n%s' "$LIVEKIT_URL" "$LIVEKIT_TOKEN""#
        );
        let shown = run(shell, &script);
        let (shown_url, token) = shown.split_once('\n').expect("two lines");
        assert_eq!(shown_url, url, "{shell}");
        verify_dev(token);
    }
}

#[test]
fn variables_survive_in_fish_whatever_is_in_them() {
    if !is_installed("fish") {
        return;
    }
    let url = r"wss://x.example/?a='b'&c=$HOME`id`\d";
    let script = r#""$LKT" mint --dev --url "$URL" -o env --shell fish | source; printf '%s' "$LIVEKIT_URL""#;
    let mut command = Command::new("fish");
    let command = command.args(["-c", script]).env("LKT", env!("CARGO_BIN_EXE_lkt"));
    let output = command.env("URL", url).output().expect("runs");
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), url);
}

#[test]
fn json_goes_through_a_pipe_into_another_tool() {
    let jq = Command::new("jq").arg("--version").output().is_ok();
    let script = if jq {
        r#""$LKT" mint --dev --json | jq -r .participant_token"#
    } else {
        r#""$LKT" mint --dev --json | sed 's/.*"participant_token":"\([^"]*\)".*/\1/'"#
    };
    for shell in shells() {
        verify_dev(&run(shell, script));
    }
}

#[test]
fn mint_pipes_into_inspect() {
    for shell in shells() {
        let shown = run(shell, r#""$LKT" mint --dev --room demo | "$LKT" inspect --verify --dev"#);
        assert!(shown.contains("ok      signature"), "{shown}");
    }
}
