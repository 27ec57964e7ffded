//! What goes wrong on the command line is said in two lines, with exit code 1 or 2.

use crate::support::lkt;

#[test]
fn usage_errors_exit_with_2() {
    for (arguments, error, help) in [
        ("", "no command is given", "lkt --help"),
        ("mnt", "unrecognized subcommand `mnt`", "mint"),
        ("mint --dev --rom x", "unexpected argument `--rom`", "--room"),
        ("mint --dev x", "unexpected argument `x`", "lkt mint --help"),
        ("mint --dev -a x", "invalid value `x` for `--attribute", "KEY=VALUE"),
        ("mint --dev -a =x", "the key before `=` is empty", "help"),
        ("mint --dev --ttl 0", "invalid value `0` for `--ttl", "10m"),
        ("mint --dev --ttl soon", "invalid value `soon`", "10m"),
        ("mint --dev --kind robot", "invalid value `robot`", "help"),
        ("mint --dev --allow-source webcam", "invalid value `webcam`", "help"),
        ("mint --dev -o yaml", "invalid value `yaml`", "help"),
        ("mint --dev --room-config {", "not JSON", "proto3 JSON"),
        ("mint --dev --room-config []x", "not JSON", "proto3 JSON"),
        (
            "mint --dev --room-config 5",
            "--room-config: the room configuration is not a JSON object",
            "proto3 JSON",
        ),
        ("mint --dev --room-config {\"x\":1}", "no field `room_config.x`", "help"),
        ("mint --dev --room-config @missing", "cannot read `missing`", "exists"),
        ("mint --dev --attribute-file missing", "cannot read `missing`", "exists"),
        ("mint --dev --request missing", "cannot read `missing`", "exists"),
        ("mint --dev --batch missing", "cannot read `missing`", "exists"),
        ("mint --env-file missing", "cannot read `missing`", "exists"),
        ("mint --keys-file missing", "cannot read `missing`", "exists"),
        ("mint --api-key k --api-secret-file missing", "cannot read `missing`", "exists"),
        ("mint --project x", "knows no project `x`", "lk project"),
        ("mint --dev --url ftp://x --json", "neither ws, wss, http nor https", "wss://"),
        ("mint --dev --url localhost:7880 --json", "is not a URL", "wss://"),
        ("mint --dev --url wss://u:p@x --json", "user name or a password", "wss://"),
        ("mint --dev --project x", "cannot be used with", "help"),
        ("mint --dev --api-key x", "cannot be used with", "help"),
        ("serve --dev --listen nowhere", "`nowhere` is neither HOST:PORT nor unix:PATH", "help"),
        ("serve --dev --path getToken --listen 127.0.0.1:0", "`getToken` is no path", "/getToken"),
        ("serve --dev --cors-origin x --listen 127.0.0.1:0", "`x` is no origin", "https://"),
        ("completions tcsh", "invalid value `tcsh`", "help"),
    ] {
        let said = lkt(arguments).fails(2);
        let (first, second) = said.split_once('\n').expect("two lines");
        assert!(first.contains(error), "{arguments}: {said}");
        assert!(second.contains(help) || first.contains(help), "{arguments}: {said}");
    }
}

#[test]
fn what_cannot_be_done_exits_with_1() {
    let ways =
        ["LIVEKIT_API_KEY", "--env-file", "--api-secret-file", "--keys-file", "--project", "--dev"];
    let said = lkt("mint").fails(1);
    assert!(said.starts_with("error: no API key and secret"), "{said}");
    for way in ways {
        assert!(said.contains(way), "{way} in {said}");
    }
    for (arguments, error) in [
        ("mint --api-key k", "no API secret for key `k` (from --api-key)"),
        ("mint --api-key k --api-secret s --json", "no URL"),
        ("serve --api-key k --api-secret s", "no URL"),
        ("mint --api-key k --api-secret APIabcdef", "begins with `API`"),
        ("inspect nonsense", "it has 1 parts"),
    ] {
        let said = lkt(arguments).output();
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(1), "{arguments}: {text}");
        assert!(text.contains(error) && said.stdout.is_empty(), "{arguments}: {text}");
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let command = lkt("mint --dev --request folder").file("folder/x", "");
    let said = command.fails(2);
    assert!(said.contains("cannot read `folder`"), "{said}");
    let said = lkt("mint --dev --request -").stdin(b"{\"room_name\":\"\xff\"}").fails(2);
    assert!(said.contains("not JSON"), "{said}");
}

#[test]
fn what_a_user_typed_cannot_steer_the_terminal() {
    let said = lkt("mint --dev --grant").arg("\u{1b}[31mred\u{202e}").fails(2);
    assert!(
        !said.contains('\u{1b}') && !said.contains('\u{202e}') && said.contains("\\u{1b}"),
        "{said}"
    );
}

#[test]
fn help_and_version_are_results() {
    let version = lkt("--version").succeeds();
    assert_eq!(version, format!("lkt {}\n", env!("CARGO_PKG_VERSION")));
    for command in ["--help", "mint --help", "serve --help", "inspect --help", "help mint"] {
        assert!(lkt(command).succeeds().contains("Usage: lkt"), "{command}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::{Command, Stdio};
    for arguments in ["mint --dev --count 100000 -i {n}", "mint --help", "completions bash", "man"]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
        let command = command.env_clear().args(arguments.split(' ')).stdin(Stdio::null());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && said.is_empty(),
            "{arguments}: {} {said}",
            output.status
        );
    }
}
