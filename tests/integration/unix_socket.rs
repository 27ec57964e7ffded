//! `lkt serve` at a Unix socket: who may connect, and what is left behind.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::serve::serve;
use crate::support::{lkt, post};

#[test]
fn a_unix_socket_is_served_refused_twice_and_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lkt.sock");
    let listen = format!("unix:{}", path.display());
    let mut child = serve(&["--dev", "--listen", &listen]);
    let mut child = child.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut first = [0; 12];
    child.stderr.as_mut().expect("a pipe").read_exact(&mut first).expect("says that it listens");
    let mut stream = UnixStream::connect(&path).expect("connects");
    let headers = [("Content-Type", "application/json"), ("Connection", "close")];
    stream.write_all(&post("/getToken", &headers, "{}")).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let error = lkt("serve --dev --listen").arg(&listen).fails(1);
    let expected = format!(
        "error: another lkt listens at `{listen}` already\nhelp: stop it, or give another path\n"
    );
    assert_eq!(error, expected);
    let pid = i32::try_from(child.id()).expect("a number");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM).expect("signalled");
    assert!(child.wait().expect("ends").success());
    assert!(!path.exists());
}

#[test]
fn a_server_that_is_made_to_end_at_once_leaves_no_file_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lkt.sock");
    let mut child = serve(&["--dev", "--listen", &format!("unix:{}", path.display())]);
    let mut child = child.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    child.stderr.as_mut().expect("a pipe").read_exact(&mut [0; 12]).expect("says that it listens");
    let mut slow = UnixStream::connect(&path).expect("connects");
    let head = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    slow.write_all(head.as_bytes()).expect("sends");
    // The server waits for the body, before and after the first signal.
    slow.read_exact(&mut [0; 12]).expect("an interim answer");
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a number"));
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("signalled");
    while path.exists() {
        assert!(child.try_wait().expect("a child").is_none(), "ended with its file in place");
        std::thread::yield_now();
    }
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("signalled");
    assert_eq!(child.wait().expect("ends").code(), Some(128 + Signal::SIGTERM as i32));
    assert!(!path.exists());
}

#[test]
fn a_socket_left_behind_is_replaced_and_a_file_is_not() {
    let command = lkt("serve --dev --listen unix:file").file("file", "text");
    let error = command.fails(1);
    assert!(error.contains("exists and is not a socket"), "{error}");
    let error = lkt("serve --dev --listen unix:missing/socket").fails(1);
    assert!(error.contains("make the directory of the socket first"), "{error}");
}

#[test]
fn a_unix_socket_that_others_can_open_needs_a_decision() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lkt.sock");
    let run = |umask: &str, arguments: &str| {
        let script =
            format!("umask {umask}; exec \"$0\" serve --dev --listen unix:\"$1\" {arguments}");
        let mut command = Command::new("/bin/sh");
        command.env_clear().args(["-c", &script, env!("CARGO_BIN_EXE_lkt")]).arg(&path);
        command.stderr(std::process::Stdio::piped()).spawn().expect("starts")
    };
    let refused = run("0", "").wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let shown = path.display();
    assert_eq!(
        said,
        format!(
            "error: anyone who can connect to `unix:{shown}` (mode 0660) could get tokens\n\
             help: give --auth-token-file (or LKT_AUTH_TOKEN) to ask for a bearer token, \
             --auth-issuer to ask for people's logins, or --allow-anonymous if that is what you want\n"
        )
    );
    assert_eq!(refused.status.code(), Some(2));
    assert!(!path.exists(), "the socket stays behind");
    for (umask, arguments, who) in [
        ("077", "", "  who may ask     the owner of the socket (mode 0600)"),
        ("022", "", "  who may ask     the owner of the socket (mode 0640)"),
        ("0", "--allow-anonymous", "  who may ask     anyone who can reach it (--allow-anonymous)"),
    ] {
        let mut child = run(umask, arguments);
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.contains("who may ask"));
        child.kill().expect("ends");
        child.wait().expect("ended");
        assert_eq!(found.as_deref(), Some(who), "{umask}");
    }
}

#[test]
fn a_reload_does_not_open_a_socket_that_a_start_would_refuse() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let config = |text: &str| fs::write(at("lkt.toml"), text).expect("a file");
    let tokens = at("tokens").display().to_string();
    fs::write(&tokens, "a-bearer-token-of-a-server\n").expect("a file");
    config(&format!("auth-token-file = \"{tokens}\""));
    let listen = format!("unix:{}", at("socket").display());
    let (lkt, configured) = (env!("CARGO_BIN_EXE_lkt"), at("lkt.toml").display().to_string());
    // With this umask, the group may connect.
    let script = "umask 007; exec \"$0\" serve --dev --listen \"$1\" --config \"$2\"";
    let mut command = Command::new("/bin/sh");
    command.env_clear().args(["-c", script, lkt, &listen, &configured]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut wait_for = |part: &str| lines.by_ref().flatten().find(|line| line.contains(part));
    wait_for("clients may set").expect("a start");
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a number"));
    let mut reload = |text: &str| {
        config(text);
        nix::sys::signal::kill(pid, Signal::SIGHUP).expect("signalled");
        wait_for("reloaded").expect("a line")
    };
    let said = reload("");
    assert!(said.contains("not reloaded") && said.contains("could get tokens"), "{said}");
    // A user whom a proxy names is believed from whoever may connect.
    let said = reload("auth-header = \"Remote-User\"");
    assert!(!said.contains("not reloaded"), "{said}");
    fs::set_permissions(at("socket"), fs::Permissions::from_mode(0o666)).expect("a mode");
    let said = reload("auth-header = \"Remote-User\"");
    assert!(said.contains("(mode 0666) could name any user"), "{said}");
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("signalled");
    assert!(child.wait().expect("ends").success());
    assert!(!at("socket").exists());
}
