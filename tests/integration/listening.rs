//! Where `lkt serve` listens: several addresses, `localhost`, and the environment.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;

use crate::serve::serve;
use crate::support::{JSON, TestServer, json_post, lkt, post};

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn localhost_is_both_addresses_of_this_machine() {
    let server = TestServer::run(&mut serve(&["--dev"]), "-p 0");
    let port = server.address().port();
    assert_eq!(server.address().to_string(), format!("127.0.0.1:{port}"));
    assert_eq!(json_post(server.address(), "{}").status, 201);
    if has_ipv6() {
        let also = server.wait_for_log("also at");
        assert_eq!(also, format!("  also at         http://[::1]:{port}/getToken"));
        let other = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port));
        assert_eq!(json_post(other, "{}").status, 201);
    }
    let page = server.wait_for_log("  page");
    assert_eq!(page, format!("  page            http://127.0.0.1:{port}/"));
    assert_eq!(server.wait_for_log("who").trim(), "who may ask     anyone on this machine");
}

#[test]
fn another_server_at_one_address_of_localhost_is_named() {
    if !has_ipv6() {
        return;
    }
    let other = TestServer::run(&mut serve(&["--dev", "--listen", "[::1]:0"]), "");
    let port = other.address().port();
    let taken = lkt(&format!("serve --dev --listen [::1]:{port} --listen localhost:{port}"));
    assert!(taken.fails(1).contains("another lkt listens at"));
    let Ok(free) = TcpListener::bind(("127.0.0.1", port)) else { return };
    drop(free);
    let mut command = serve(&["--dev", "--log-format", "json", "-p", &port.to_string()]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().expect("a pipe")));
    let warning = lines.next().expect("a line").expect("text");
    child.kill().expect("ends");
    child.wait().expect("ended");
    let expected = format!(
        "another lkt listens at `[::1]:{port}`, and gets what clients send to `localhost:{port}` if \
         they try that address first; stop it, or use `http://127.0.0.1:{port}`"
    );
    assert!(warning.contains(&expected), "{warning}");
}

#[test]
fn a_server_listens_on_tcp_and_on_a_unix_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lkt.sock");
    let unix = format!("unix:{}", path.display());
    // With this umask, only the owner may connect.
    let script = "umask 077; exec \"$0\" serve --dev --listen 127.0.0.1:0 --listen \"$1\"";
    let mut command = std::process::Command::new("/bin/sh");
    command.env_clear().args(["-c", script, env!("CARGO_BIN_EXE_lkt"), &unix]);
    let server = TestServer::run(&mut command, "");
    let also = server.wait_for_log("also at");
    assert_eq!(also, format!("  also at         {unix} (POST /getToken)"));
    let who = server.wait_for_log("who may ask");
    let expected = "who may ask     anyone on this machine; the owner of the socket (mode 0600)";
    assert_eq!(who.trim(), expected);
    assert_eq!(json_post(server.address(), "{}").status, 201);
    let mut stream = UnixStream::connect(&path).expect("connects");
    stream.write_all(&post("/getToken", &[JSON, ("Connection", "close")], "{}")).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    // A page on the web could reach the TCP socket through a name of its own.
    let refused = server.ask("POST", "/getToken", "evil.example");
    assert_eq!((refused.status, &refused.json()["code"]), (403, &"host_denied".into()));
    server.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(server.wait().0.success());
    assert!(!path.exists(), "the socket stays behind");
}

#[test]
fn one_address_beyond_this_machine_among_others_needs_a_decision() {
    let error = lkt("serve --dev --listen localhost:0 --listen 0.0.0.0:0").fails(2);
    assert!(
        error.starts_with("error: anyone who can reach `0.0.0.0:0` could get tokens"),
        "{error}"
    );
}

#[test]
fn an_address_can_come_from_the_environment() {
    let start = |name: &str, value: &str, arguments: &str| {
        let mut command = serve(&["--dev"]);
        TestServer::run(command.env("LKT_LISTEN", "127.0.0.1:0").env(name, value), arguments)
    };
    assert_eq!(json_post(start("X", "", "").address(), "{}").status, 201);
    assert!(!has_ipv6() || start("LKT_LISTEN", "[::1]:0, 127.0.0.1:0", "").address().is_ipv6());
    assert!(start("LKT_LISTEN", "0.0.0.0:0", "--listen 127.0.0.1:0").address().is_ipv4());
    for listen in ["127.0.0.1:$PORT", "${HOST}:0"] {
        let mut command = serve(&["--dev"]);
        command.env("PORT", "0").env("HOST", "127.0.0.1").env("LKT_LISTEN", listen);
        assert!(TestServer::run(&mut command, "").address().is_ipv4());
    }
    let error = lkt("serve --dev").env("LKT_LISTEN", "0.0.0.0").fails(2);
    let expected = "error: invalid address `0.0.0.0` in LKT_LISTEN: it has no port; write it as \
                    0.0.0.0:3000\n\
                    help: correct the variable, or give --listen\n";
    assert_eq!(error, expected);
}

#[test]
fn a_variable_in_an_address_is_replaced_without_a_shell() {
    let refused = |listen: &str| lkt("serve --dev --listen").arg(listen).fails(2);
    let problem = |listen: &str, problem: &str| {
        format!("error: invalid value `{listen}` for `--listen <ADDRESS>`{problem}\n")
    };
    let write = "\nhelp: write a variable as `$PORT`";
    for (listen, reason) in [
        ("0.0.0.0:$PORT", ": the variable PORT is not set\nhelp: set it, or write its value"),
        ("0.0.0.0:${PORT", &format!(": `${{` has no `}}`{write}")),
        ("0.0.0.0:$", write),
        ("$:1", write),
    ] {
        assert_eq!(refused(listen), problem(listen, reason));
    }
    let printed = lkt("serve --dev --print-config --listen").arg("$HOST:$PORT");
    let printed = printed.env("HOST", "0.0.0.0").env("PORT", "8080").succeeds();
    assert!(printed.contains("listen = [\"0.0.0.0:8080\"]"), "{printed}");
}
