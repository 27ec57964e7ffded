//! The output of `lkt serve` when it starts.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::serve::serve;
use crate::support::{TestServer, lkt};

/// Returns what `lkt serve` prints when it starts, without the first line.
fn start_lines(arguments: &str) -> Vec<String> {
    let server = TestServer::start(arguments);
    server.signal(Signal::SIGTERM);
    let port = format!(":{}/", server.address().port());
    let (_, lines) = server.wait();
    lines.iter().map(|line| line.replace(&port, ":PORT/")).collect()
}

#[test]
fn the_start_says_where_things_are_who_may_ask_and_what_clients_may_set() {
    let expected = [
        "  page            http://127.0.0.1:PORT/",
        "  server_url      ws://localhost:7880 (from --dev)",
        "  key             devkey (from --dev)",
        "  who may ask     anyone on this machine",
        "  web pages       on localhost, 127.0.0.1, [::1], at any port",
        "  rooms           all",
        "  fresh           no: without --fresh, two clients that name no identity disconnect each other",
        "  clients may set room_name, participant_identity, participant_name, \
         participant_metadata, participant_attributes, room_config",
    ];
    assert_eq!(start_lines(""), expected);
    let lines = start_lines(
        "--deny room_config --require room_name --ttl 60s --fresh --allow-room demo-* \
         --allow-room test --cors-origin null",
    );
    let expected = [
        "  web pages       on localhost, 127.0.0.1, [::1], at any port; of null",
        "  rooms           demo-*, test",
        "  fresh           a random room and identity for each client that names none",
        "  clients may set room_name, participant_identity, participant_name, \
         participant_metadata, participant_attributes",
        "  clients must set room_name",
    ];
    let (before, last) = lines.split_at(lines.len() - 1);
    assert_eq!(before.get(4..).expect("lines"), expected);
    assert!(last.concat().contains("do not cache tokens"), "{last:?}");
}

#[test]
fn the_start_says_what_is_decided_about_a_request_besides_who_may_ask() {
    let line = |arguments: &str, name: &str| {
        let lines = start_lines(arguments);
        lines.into_iter().find(|line| line.trim_start().starts_with(name)).unwrap_or_default()
    };
    let who = |arguments: &str| line(arguments, "who may ask");
    assert_eq!(
        who("--rate 10/1m --set participant_name=x"),
        "  who may ask     anyone on this machine; participant_name is `x`; each gets 10 tokens in 1m"
    );
    assert_eq!(
        who("--ask http://127.0.0.1:9/ask?key=secret"),
        "  who may ask     anyone on this machine; http://127.0.0.1:9/ask?*** decides about each request"
    );
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tokens").display().to_string();
    std::fs::write(&file, "a-bearer-token-of-a-server\n").expect("a file");
    assert_eq!(
        who(&format!(
            "--auth-header Remote-User --trusted-proxy 127.0.0.1 --auth-token-file {file}"
        )),
        format!(
            "  who may ask     users whom the proxy names in the header `remote-user`; \
             a bearer token of `{file}` is needed as well"
        )
    );
    assert_eq!(
        who(&format!("--invites --auth-token-file {file}")),
        format!(
            "  who may ask     clients with a bearer token of `{file}`; guests with an invitation"
        )
    );
    assert_eq!(
        who(&format!(
            "--invites --auth-header Remote-User --trusted-proxy 127.0.0.1 --auth-token-file {file}"
        )),
        format!(
            "  who may ask     users whom the proxy names in the header `remote-user`; \
             a bearer token of `{file}` is needed as well; guests with an invitation"
        )
    );
    for (arguments, is_shared) in [
        ("--default participant_identity=kiosk", true),
        ("--default participant_identity=kiosk-{random}", false),
        ("--require participant_identity", false),
        ("--list", false),
    ] {
        assert_eq!(line(arguments, "fresh").contains("without --fresh"), is_shared, "{arguments}");
    }
}

#[test]
fn with_lan_the_page_is_for_this_machine_and_phones_are_told_their_address() {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    if socket.connect("192.0.2.1:9").is_err() {
        // The test needs a network.
        return;
    }
    let mut command = serve(&["--dev", "--lan", "--allow-anonymous"]);
    let server = TestServer::run(&mut command, "-p 0");
    let port = server.address().port();
    let page = server.wait_for_log("  page ");
    assert_eq!(page, format!("  page            http://127.0.0.1:{port}/"));
    let who = server.wait_for_log("who may ask");
    assert_eq!(who, "  who may ask     anyone who can reach it (--allow-anonymous)");
    let phones = format!("phones on this network: http://{}/getToken", server.address());
    assert_eq!(server.wait_for_log("phones").trim(), phones);
}

#[test]
fn quiet_prints_nothing_at_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lkt.sock");
    let listen = format!("unix:{}", path.display());
    let mut command = serve(&["--dev", "-q", "--listen", &listen]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut stream = loop {
        assert!(child.try_wait().expect("a state").is_none(), "it ended");
        match UnixStream::connect(&path) {
            Ok(stream) => break stream,
            Err(_) => std::thread::yield_now(),
        }
    };
    // Once the server answers, it has been watching for signals for a while.
    let probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, probe).expect("sends");
    stream.read_to_string(&mut String::new()).expect("an answer");
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a number"));
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("signalled");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn the_start_is_one_line_of_json_for_programs() {
    let mut command = serve(&["--dev", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    command.args(["--allow-room", "a\u{202e}b\u{9b}", "--sandbox-id", "x"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut line).expect("a line");
    child.kill().expect("ends");
    child.wait().expect("ended");
    assert!(line.contains("a\\u202eb\\u009b"), "{line}");
    let said: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(said["rooms"], json!(["a\u{202e}b\u{9b}"]));
    assert_eq!((&said["message"], &said["fresh"]), (&json!("listening"), &json!(false)));
    assert_eq!(said["who_may_ask"], "anyone on this machine");
    assert!(said["page"].as_str().is_some_and(|page| page.ends_with('/')), "{line}");
}

#[test]
fn warnings_of_the_start_are_lines_of_a_log_for_programs() {
    let mut command = serve(&["--dev", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    command.env("LKT_AUTH_TOKEN", "short");
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().expect("one").expect("a line"));
    let (first, second) = (next().expect("JSON"), next().expect("JSON"));
    child.kill().expect("ends");
    child.wait().expect("ended");
    assert_eq!(first["level"], "WARN");
    let said = first["message"].as_str().expect("a text");
    assert!(said.starts_with("the bearer token in line 1 of `LKT_AUTH_TOKEN` has under"), "{said}");
    assert_eq!(second["message"], "listening");
    // They are also written if the program fails to start.
    let failed = lkt("serve --dev --log-format json --listen unix:missing/x");
    let said = failed.env("LKT_AUTH_TOKEN", "short").fails(1);
    assert!(said.starts_with("{\"timestamp\":") && said.contains("\nerror: "), "{said}");
}
