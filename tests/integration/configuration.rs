//! `lkt serve --print-config`, and the command line together with a configuration file.

use crate::serve::serve;
use crate::support::{TestServer, lkt};

/// Returns what is printed for a file and these arguments.
fn printed(file: &str, arguments: &str) -> String {
    let command = lkt(&format!("serve --config lkt.toml --print-config {arguments}"));
    command.file("lkt.toml", file).succeeds()
}

fn listen_in(printed: &str) -> Vec<&str> {
    let of_it = |line: &&str| line.starts_with("listen = ") || line.starts_with("port = ");
    printed.lines().filter(of_it).collect()
}

#[test]
fn what_is_printed_is_a_configuration_for_the_same() {
    for (file, arguments) in [
        ("dev = true", ""),
        ("dev = true\nport = 3124", ""),
        ("dev = true\nlisten = \"[::1]:3124\"", ""),
        ("dev = true\nlisten = \"unix:/run/lkt.sock\"", ""),
        ("dev = true\nport = 3124\nlan = true\nallow-anonymous = true", ""),
        ("max-connections = 100\nmax-body = 1000\nallow-room = [\"1\", \"2\"]", "-p 1"),
        ("sandbox-id = \"hunter2\"\napi-key = \"k\"", "--api-secret hunter2 --verbose"),
        ("ttl = 60\nset = ['participant_metadata={\"a\": 1}']", "--rate 1/1m"),
    ] {
        let first = printed(file, arguments);
        assert_eq!(printed(&first, ""), first, "{file} {arguments}");
        assert_eq!(listen_in(&first).len(), 1, "{first}");
        assert!(!first.contains("hunter2"), "{first}");
    }
}

#[test]
fn numbers_are_printed_as_numbers() {
    let printed = printed("max-connections = 100", "--max-header-lines 7");
    for line in ["max-connections = 100", "max-header-lines = 7", "max-body = \"64KiB\""] {
        assert!(printed.lines().any(|printed| printed == line), "{line} in {printed}");
    }
}

#[test]
fn what_is_typed_wins_over_what_it_cannot_be_used_with() {
    for (file, arguments, part, other) in [
        ("cors-origin = \"https://a.example\"", "--no-cors", "no-cors = true", "cors-origin"),
        ("dev = true", "--api-key k --api-secret hunter2", "api-key = \"k\"", "dev = true"),
        ("verbose = true", "-q", "listen = ", "verbose"),
    ] {
        let printed = printed(file, arguments);
        assert!(printed.contains(part) && !printed.contains(other), "{printed}");
    }
}

#[test]
fn a_password_or_a_query_in_a_url_is_masked() {
    let file = "url = \"wss://u:hunter2@h\"\nstore = \"redis://:hunter2@h\"";
    let printed = printed(file, "--ask https://x.example/a?key=hunter2");
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("ask = \"https://x.example/a?***\""), "{printed}");
}

#[test]
fn an_address_that_is_typed_wins_whichever_option_has_it() {
    for (file, arguments, listen) in [
        ("listen = \"0.0.0.0:1\"", "-p 3124", "localhost:3124"),
        ("listen = \"0.0.0.0:1\"", "--port=3124", "localhost:3124"),
        ("port = 1", "--listen [::1]:3124", "[::1]:3124"),
        ("port = 1", "--port 3124", "localhost:3124"),
        ("port = 1", "", "localhost:1"),
    ] {
        let printed = printed(file, arguments);
        assert_eq!(listen_in(&printed), [format!("listen = [\"{listen}\"]")], "{file} {arguments}");
    }
    let both = lkt("serve --dev --config lkt.toml").file("lkt.toml", "port = 1\nlisten = \":2\"");
    assert!(both.fails(2).contains("cannot be used with"));
}

#[test]
fn a_value_from_the_file_is_said_to_be_from_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lkt.toml");
    let text = "api-key = \"k\"\napi-secret = \"secret-secret-secret-secret-secret\"\n\
                listen = \"127.0.0.1:0\"\ncors-origin = \"null\"\nurl = \"wss://livekit.example\"";
    std::fs::write(&file, text).expect("a file");
    let mut command = serve(&["--config", &file.display().to_string()]);
    let server = TestServer::run(&mut command, "--url ws://localhost:7880");
    let typed = server.wait_for_log("server_url");
    assert_eq!(typed.trim(), "server_url      ws://localhost:7880 (from --url)");
    let key = server.wait_for_log("  key");
    assert_eq!(
        key.trim(),
        "key             k (from api-key in lkt.toml, its secret from api-secret in lkt.toml)"
    );
    let pages = server.wait_for_log("web pages");
    assert!(pages.contains("(cors-origin in lkt.toml replaces the default"), "{pages}");
}

#[test]
fn an_option_that_is_typed_may_need_one_that_is_in_the_file() {
    let file = "dev = true\nauth-issuer = \"https://idp.example\"\nauth-audience = \"a\"";
    let printed = printed(file, "--grant-when roles=host:roomAdmin");
    assert!(printed.contains("grant-when = [\"roles=host:roomAdmin\"]"), "{printed}");
}

#[test]
fn a_mistake_in_the_file_names_the_file_and_one_that_is_typed_does_not() {
    let serve = |arguments: &str| {
        let command = lkt(&format!("serve --config lkt.toml {arguments}"));
        command.file("lkt.toml", "dev = true\nmax-connections = 0").fails(2)
    };
    let problem = "invalid value `0` for `--max-connections <N>`: it is out of range";
    let help = "help: give a number between 1 and 1000000\n";
    assert_eq!(serve(""), format!("error: --config lkt.toml: {problem}\n{help}"));
    assert_eq!(serve("--max-connections 0"), format!("error: {problem}\n{help}"));
}

#[test]
fn credentials_inside_values_are_masked_and_controls_escaped() {
    let file = r#"
        dev = true
        default = ['room_config={"egress":{"room":{"fileOutputs":[{"s3":{"secret":"hunter2"}}]}}}']
        set = ['participant_metadata={"url":"https://u:hunter2@h"}', "participant_name=a\u009b\u202e\u007fb"]
    "#;
    let printed = printed(file, "");
    assert!(!printed.contains("hunter2") && printed.contains("***"), "{printed}");
    assert!(printed.contains(r"participant_name=a\u009b\u202e\u007fb"), "{printed}");
    assert!(!printed.contains(['\u{9b}', '\u{202e}', '\u{7f}']), "{printed}");
    let server = TestServer::start(r#"--set participant_metadata={"url":"https://u:hunter2@h"}"#);
    let who = server.wait_for_log("who may ask");
    assert!(who.contains(r#"participant_metadata is `{"url":"***"}`"#), "{who}");
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lkt.toml");
    let warned = |text: &str, mode: u32| {
        std::fs::write(&file, format!("listen = '127.0.0.1:0'\n{text}")).expect("a file");
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, permissions).expect("a mode");
        let mut command = serve(&["--config", &file.display().to_string(), "--verbose"]);
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
        let lines =
            std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().expect("a pipe")));
        let found = lines.map_while(Result::ok).find(|line| {
            line.starts_with("warning: others can read") || line.starts_with("listening")
        });
        child.kill().expect("ends");
        child.wait().expect("ended");
        found.expect("a line").starts_with("warning: others can read")
    };
    let secret = "api-key = 'k'\napi-secret = 'secret-secret-secret-secret-secret'\nurl = 'ws://h'";
    assert!(warned(secret, 0o644));
    assert!(!warned(secret, 0o600));
    assert!(!warned("dev = true", 0o644));
}

#[test]
fn a_variable_in_the_file_is_an_error_that_names_it() {
    for (file, key) in [
        ("url = \"${LIVEKIT_URL}\"", "url"),
        ("cors-origin = [\"https://a.example\", \"https://${LIVEKIT_URL}\"]", "cors-origin"),
    ] {
        let said = lkt("serve --config lkt.toml --print-config").file("lkt.toml", file).fails(2);
        let problem =
            format!("`{key}` has `${{LIVEKIT_URL}}`, and variables are not replaced here\n");
        assert!(said.contains(&problem), "{said}");
    }
}
