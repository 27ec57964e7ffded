//! The words that a shell offers as completions. The scripts ask the program.

use std::process::Command;

use crate::support::{Lkt, lkt};

const LIVEKIT_CLI: &str = "default_project: shop\nprojects:\n- name: shop\n  url: wss://shop.example\n  \
                           api_key: APIshop\n  api_secret: secret\n- name: staging\n";

/// Returns the candidates for the last of these words, as fish asks for them. An empty word means that
/// nothing of the word has been typed.
fn completed(command: Lkt, words: &[&str]) -> Vec<String> {
    let command = command.env("LKT_COMPLETE", "fish").arg("--").arg("lkt");
    let command = words.iter().fold(command, Lkt::arg);
    let lines = command.succeeds();
    lines.lines().map(|line| line.split('\t').next().unwrap_or(line).to_owned()).collect()
}

#[test]
fn the_projects_of_livekits_cli_are_offered_by_name() {
    for subcommand in ["mint", "serve", "check"] {
        let command = lkt("").file(".livekit/cli-config.yaml", LIVEKIT_CLI);
        let home = command.path().to_owned();
        let offered = completed(command.env("HOME", home), &[subcommand, "--project", ""]);
        assert_eq!(offered, ["shop", "staging"], "{subcommand}");
    }
    let broken = lkt("").file(".livekit/cli-config.yaml", "{");
    let home = broken.path().to_owned();
    assert!(completed(broken.env("HOME", home), &["mint", "--project", ""]).is_empty());
}

#[test]
fn values_that_lkt_knows_are_offered() {
    for (words, expected) in [
        (&["mint", "--grant", "sip."][..], &["sip.admin", "sip.call"][..]),
        (&["serve", "--deny", "room_n"], &["room_name"]),
        (&["serve", "--default", "room_n"], &["room_name="]),
        (&["mint", "--allow-source", "screen_share_"], &["screen_share_audio"]),
        (&["mint", "-o", "me"], &["meet"]),
        (&["serve", "--log-format", ""], &["text", "json"]),
        (&["insp"], &["inspect"]),
        (&["serve", "--allow-an"], &["--allow-anonymous"]),
    ] {
        assert_eq!(completed(lkt(""), words), expected, "{words:?}");
    }
}

#[test]
fn file_names_are_offered_where_a_file_is_wanted_and_nowhere_else() {
    let in_directory = || lkt("").file("tokens.txt", "");
    for words in [
        ["mint", "--room", ""],
        ["mint", "--identity", ""],
        ["serve", "--listen", ""],
        ["serve", "--path", ""],
        ["serve", "--allow-room", ""],
        ["serve", "--max-body", ""],
        ["inspect", "--issuer", "t"],
    ] {
        let offered = completed(in_directory(), &words);
        assert!(!offered.iter().any(|offered| offered == "tokens.txt"), "{words:?} {offered:?}");
    }
    for words in [
        ["serve", "--auth-token-file", ""],
        ["mint", "--api-secret-file", ""],
        ["mint", "--keys-file", ""],
        ["mint", "--env-file", ""],
        ["mint", "--request", ""],
        ["mint", "--batch", ""],
        ["mint", "--attribute-file", ""],
    ] {
        let offered = completed(in_directory(), &words);
        assert!(offered.iter().any(|offered| offered == "tokens.txt"), "{words:?} {offered:?}");
    }
}

#[test]
fn bash_completes_with_the_script() {
    if Command::new("bash").arg("--version").output().is_err() {
        // The test needs bash.
        return;
    }
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_lkt"));
    let script = concat!(
        include_str!("../../completions/lkt.bash"),
        "COMP_WORDS=(lkt serve --deny room_n)\nCOMP_CWORD=3\n",
        "_clap_complete_lkt lkt room_n --deny\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n",
    );
    let path = program.parent().expect("a directory").display().to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
    let output =
        Command::new("bash").args(["-c", script]).env("PATH", path).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "room_name\n", "{output:?}");
}
