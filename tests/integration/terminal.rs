//! On a terminal: the result stays byte for byte the same, and a note is said beside it.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::openpty;

use crate::support::verify_dev;

/// stdout as a pipe has it, and what a terminal at stderr shows.
fn with_terminal(arguments: &str) -> (String, String) {
    let pty = openpty(None, None).expect("a terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(arguments.split(' ')).stdin(Stdio::null());
    let output = command.stderr(pty.slave).output().expect("runs");
    // The command holds the terminal's other end, and reading ends when nobody does.
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
