//! On a terminal, the result stays byte for byte the same, and a note is printed besides it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::openpty;

use crate::support::verify_dev;

/// Returns stdout, which is a pipe, and what a terminal at stderr shows.
fn with_terminal(arguments: &str) -> (String, String) {
    let pty = openpty(None, None).expect("a terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(arguments.split(' ')).stdin(Stdio::null());
    let output = command.stderr(pty.slave).output().expect("runs");
    // The command holds the other end of the terminal, and reading ends only after that is closed.
    drop(command);
    let mut shown = Vec::new();
    // Linux reports the end as an error.
    let _ = File::from(pty.master).read_to_end(&mut shown);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(shown))
}

#[test]
fn a_note_says_what_the_token_is_for_and_until_when() {
    let (token, note) = with_terminal("mint --dev --room demo --identity ada --agent bob");
    verify_dev(&token);
    assert_eq!(note.lines().count(), 1, "{note}");
    for part in [
        "note: ",
        "room `demo`",
        "identity `ada`",
        "Z (in 10m)",
        "devkey from --dev",
        "only if this join creates the room `demo`",
    ] {
        assert!(note.contains(part), "{part} in {note}");
    }
    assert!(!note.contains("eyJ"), "{note}");
}

#[test]
fn quiet_says_nothing() {
    let (token, note) = with_terminal("mint -q --dev");
    verify_dev(&token);
    assert_eq!(note, "");
}

#[test]
fn a_key_named_devkey_with_another_secret_is_noted() {
    let secret = "a-secret-of-more-than-thirty-two-bytes";
    let (token, note) =
        with_terminal(&format!("mint --api-key devkey --api-secret {secret} --room demo"));
    assert!(token.starts_with("eyJ"), "{token}");
    let expected = "note: the secret of `devkey` is not `secret`, as `livekit-server --dev` has it; \
                    --dev uses that one\r\n";
    assert!(note.starts_with(expected), "{note}");
}

/// Returns what a terminal shows when a server starts.
fn start_at_terminal(variable: (&str, &str)) -> String {
    let pty = openpty(None, None).expect("a terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().env("TERM", "xterm").env(variable.0, variable.1);
    command.args(["serve", "--dev", "--no-env-file", "--port", "0"]).stdin(Stdio::null());
    let mut child = command.stderr(pty.slave).spawn().expect("starts");
    drop(command);
    let mut terminal = File::from(pty.master);
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&shown).contains("room_config\r\n") {
        let read = terminal.read(&mut buffer).expect("reads");
        shown.extend(&buffer[..read]);
    }
    child.kill().expect("ends");
    child.wait().expect("ended");
    String::from_utf8(shown).expect("UTF-8")
}

#[test]
fn the_start_is_in_colour_where_colour_is_wanted() {
    let shown = start_at_terminal(("LANG", "C"));
    assert!(shown.contains("listening at \u{1b}[1m\u{1b}[36mhttp://127.0.0.1:"), "{shown:?}");
    assert!(
        shown.contains("  \u{1b}[1mwho may ask    \u{1b}[0m anyone on this machine"),
        "{shown:?}"
    );
    for unwanted in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let shown = start_at_terminal(unwanted);
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}

/// Returns what a terminal at stderr shows while a batch gets lines, until `is_enough` accepts it.
fn batch_at_terminal(arguments: &str, is_enough: impl Fn(&str) -> bool) -> String {
    let pty = openpty(None, None).expect("a terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().env("TERM", "xterm").args(arguments.split(' ')).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).stderr(pty.slave).spawn().expect("starts");
    drop(command);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let reader = thread::spawn({
        let (mut terminal, shown) = (File::from(pty.master), Arc::clone(&shown));
        move || {
            let mut buffer = [0; 4096];
            // Linux reports the end as an error.
            while let Ok(read @ 1..) = terminal.read(&mut buffer) {
                shown.lock().expect("a terminal").extend(&buffer[..read]);
            }
        }
    });
    let text = || String::from_utf8_lossy(&shown.lock().expect("a terminal")).into_owned();
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines = "{}\n".repeat(64);
    while !is_enough(&text()) {
        stdin.write_all(lines.as_bytes()).expect("writes");
    }
    drop(stdin);
    assert!(child.wait().expect("ends").success());
    reader.join().expect("reads");
    text()
}

#[test]
fn a_long_batch_shows_its_progress() {
    let shown = batch_at_terminal("mint --dev --batch -", |shown| shown.contains("a second"));
    assert!(shown.contains(" tokens, "), "{shown}");
}

#[test]
fn a_long_batch_shows_nothing_when_quiet() {
    let started = Instant::now();
    let is_enough = |_: &str| started.elapsed() > Duration::from_millis(1300);
    assert_eq!(batch_at_terminal("mint -q --dev --batch -", is_enough), "");
}
