//! The words that a shell offers as completions. The scripts ask the program.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use nix::pty::openpty;

use crate::shell::is_installed;
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

/// Returns the candidates that bash's completion function finds for the last of these words, and
/// whether it leaves the names of files to bash.
fn completed_by_bash(words: &[&str]) -> (Vec<String>, bool) {
    let program = Path::new(env!("CARGO_BIN_EXE_lkt")).parent().expect("a directory");
    let script = concat!(
        "compopt() { [[ $* != *default* ]] || files=yes; }\n",
        include_str!("../../completions/lkt.bash"),
        "COMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_lkt lkt \"${@: -1}\" \"\"\n",
        "printf '%s\\n' \"${COMPREPLY[@]}\" \"$files\"\n",
    );
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let directory = lkt("").file(".livekit/cli-config.yaml", "projects: [{name: 'a$(b) c'}]\n");
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).args(words).env("PATH", path);
    let output = command.env("HOME", directory.path()).output().expect("runs");
    let output = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines = output.lines().map(str::to_owned).collect::<Vec<_>>();
    let files = lines.pop().is_some_and(|files| files == "yes");
    lines.retain(|line| !line.is_empty());
    (lines, files)
}

#[test]
fn bash_offers_words_that_are_quoted_and_leaves_files_to_the_shell() {
    if !is_installed("bash") {
        return;
    }
    for (words, candidates, files) in [
        (&["lkt", "serve", "--deny", "room_n"][..], &["room_name"][..], false),
        (&["lkt", "mint", "--output", "=", "me"], &["meet"], false),
        (&["lkt", "mint", "--grant", "sip.c"], &["sip.call"], false),
        (&["lkt", "mint", "--project", "a"], &[r"a\$\(b\)\ c"], false),
        (&["lkt", "mint", "--env-file", "a"], &[], true),
        (&["lkt", "mint", "--env-file", "=", "a"], &[], true),
        (&["lkt", "mint", "--room", "a"], &[], false),
    ] {
        let (offered, shell) = completed_by_bash(words);
        let candidates = candidates.iter().map(|&word| word.to_owned()).collect();
        assert_eq!((offered, shell), (candidates, files), "{words:?}");
    }
}

/// A file whose name runs a command, if a shell evaluates it.
const FILE: &str = "a$(touch PWNED)";

/// Types `lkt mint --env-file a`, Tab and Enter into an interactive shell, in a directory with
/// [`FILE`]. Returns what the terminal shows, and whether the command in the name was run.
fn tab_and_enter(shell: &str, arguments: &[&str], start: &str) -> (String, bool) {
    let key = "LIVEKIT_API_KEY=devkey\nLIVEKIT_API_SECRET=secret\n";
    let directory = lkt("").file(FILE, key).file("start", start).file(".zshrc", start);
    let program = Path::new(env!("CARGO_BIN_EXE_lkt")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let pty = openpty(None, None).expect("a terminal");
    let other = || pty.slave.try_clone().expect("a descriptor");
    // fish works only with a terminal of its own.
    let mut command = Command::new(if shell == "fish" { "setsid" } else { shell });
    if shell == "fish" {
        command.args(["--ctty", "--wait", shell]);
    }
    command.args(arguments).current_dir(directory.path()).env_clear().env("PATH", path);
    command.env("HOME", directory.path()).env("TERM", "dumb");
    let root = env!("CARGO_MANIFEST_DIR");
    command.env("COMPLETIONS", Path::new(root).join("completions"));
    let mut child = command.stdin(other()).stdout(other()).stderr(other()).spawn().expect("starts");
    drop(command);
    let mut terminal = File::from(pty.master.try_clone().expect("a descriptor"));
    terminal.write_all(b"lkt mint --env-file a\t\nexit\n").expect("types");
    drop(pty.slave);
    let mut shown = Vec::new();
    // Linux reports the end as an error.
    let _ = File::from(pty.master).read_to_end(&mut shown);
    child.wait().expect("ends");
    (String::from_utf8_lossy(&shown).into_owned(), directory.path().join("PWNED").exists())
}

#[test]
fn no_shell_runs_code_from_the_name_of_a_file() {
    for (shell, arguments, start) in [
        ("bash", &["--noprofile", "--rcfile", "start", "-i"][..], ". \"$COMPLETIONS/lkt.bash\"\n"),
        ("zsh", &["-i"], "autoload -Uz compinit\ncompinit -u\n. \"$COMPLETIONS/_lkt\"\n"),
        ("fish", &["--no-config", "-C", "source $COMPLETIONS/lkt.fish", "-i"], ""),
    ] {
        if is_installed(shell) && (shell != "fish" || cfg!(target_os = "linux")) {
            let (shown, was_run) = tab_and_enter(shell, arguments, start);
            // The whole name has arrived at lkt, which took the key from the file.
            assert!(shown.contains("eyJ") && !was_run, "{shell}: {shown}");
        }
    }
}
