//! Errors of the command line are printed as two lines, with exit code 1 or 2.

use crate::support::lkt;

#[test]
fn usage_errors_exit_with_2() {
    for (arguments, error, help) in [
        ("", "no command is given", "lkt --help"),
        ("mnt", "unrecognized subcommand `mnt`", "mint"),
        ("mint --dev --rom x", "unexpected argument `--rom`", "--room"),
        ("mint --dev x", "unexpected argument `x`", "--room x"),
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
            "`room_config` is a number, and must be an object",
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
        ("serve --dev --cors-origin x --listen 127.0.0.1:0", "`x` is not an origin", "https://"),
        ("completions tcsh", "invalid value `tcsh`", "help"),
    ] {
        let said = lkt(arguments).fails(2);
        let (first, second) = said.split_once('\n').expect("two lines");
        assert!(first.contains(error), "{arguments}: {said}");
        assert!(second.contains(help) || first.contains(help), "{arguments}: {said}");
    }
}

#[test]
fn a_server_that_would_not_do_what_it_was_told_does_not_start() {
    for (arguments, error, help) in [
        (
            "serve --dev --cors-origin https://*.x/y --listen 127.0.0.1:0",
            "is not a pattern for origins",
            "https://",
        ),
        (
            "serve --dev --cors-origin * --ask http://127.0.0.1:9/ --listen 127.0.0.1:0",
            "any web page could ask with a visitor's cookies",
            "name the origins",
        ),
        (
            "serve --dev --path /healthz/ --listen 127.0.0.1:0",
            "the path of the health check",
            "--path",
        ),
        (
            "serve --dev --auth-issuer https://x.example --auth-audience= --listen 127.0.0.1:0",
            "`--auth-audience` is empty",
            "leave it out",
        ),
    ] {
        let said = lkt(arguments).fails(2);
        let (first, second) = said.split_once('\n').expect("two lines");
        assert!(first.contains(error) && second.contains(help), "{arguments}: {said}");
    }
}

/// Expects exactly the two lines of a usage error.
fn usage_error(command: crate::support::Lkt, error: &str, help: &str) {
    let shown = format!("error: {error}\nhelp: {help}\n");
    assert_eq!(command.fails(2), shown);
}

#[test]
fn a_wrong_command_is_told_the_right_one() {
    let lk = "lkt makes tokens; for this, use LiveKit's own CLI, `lk`";
    let mint = "to make a token, use `lkt mint --room ROOM --identity IDENTITY`";
    for (arguments, error, help) in [
        ("mnt", "unrecognized subcommand `mnt`", "did you mean `mint`?"),
        (
            "xyz",
            "unrecognized subcommand `xyz`",
            "the commands are mint, serve, invite, inspect, check, health, completions, man; see `lkt --help`",
        ),
        ("token create --join --room r", "unrecognized subcommand `token`", mint),
        ("room list", "unrecognized subcommand `room`", lk),
        (
            "decode x",
            "unrecognized subcommand `decode`",
            "to read a token, use `lkt inspect TOKEN`",
        ),
        ("start", "unrecognized subcommand `start`", "to start the endpoint, use `lkt serve`"),
        (
            "--dev",
            "unexpected argument `--dev`",
            "name a command first, as in `lkt mint --dev`; see `lkt --help`",
        ),
        ("mint --dev --rom x", "unexpected argument `--rom`", "did you mean `--room`?"),
        (
            "mint --dev x",
            "unexpected argument `x`",
            "`--dev` takes no value: leave out `x`, or give it its own option, such as `--room x`",
        ),
        ("check -q x", "unexpected argument `x`", "give the URL of the server with `--url`"),
        ("mint --dev --dev", "`--dev` is given more than once", "leave one of them out"),
        (
            "serve --listen 1 --port 2",
            "`--listen <ADDRESS>` cannot be used with `--port <PORT>`",
            "leave one of them out",
        ),
        (
            "completions",
            "`<SHELL>` is missing",
            "the values are `bash`, `elvish`, `fish`, `powershell`, `zsh`",
        ),
        (
            "check --auth-audience x",
            "`--auth-issuer <URL>` or `--auth-no-issuer` is missing",
            "add it, or leave out the option that needs it",
        ),
        (
            "serve --agent x",
            "unexpected argument `--agent`",
            "use `--default 'room_config={\"agents\":[{\"agent_name\":\"x\"}]}'`",
        ),
        ("serve --room=demo", "unexpected argument `--room`", "use `--default room_name=demo`"),
        ("serve --name", "unexpected argument `--name`", "use `--default participant_name=VALUE`"),
        (
            "serve --dev --listen",
            "`--listen <ADDRESS>` needs a value",
            "a value that starts with `-` is given as `--listen=VALUE`",
        ),
    ] {
        usage_error(lkt(arguments), error, help);
    }
}

#[test]
fn a_wrong_value_is_told_what_is_expected() {
    let listen = "write it as 127.0.0.1:3000, [::1]:3000, unix:/run/lkt.sock, or a port alone";
    for (arguments, error, help) in [
        (
            "mint --count x",
            "invalid value `x` for `--count <N>`: it is not a whole number",
            "give digits alone, such as 1000",
        ),
        ("serve --listen nowhere", "invalid value `nowhere` for `--listen <ADDRESS>`", listen),
        (
            "serve --listen 70000",
            "invalid value `70000` for `--listen <ADDRESS>`: ports go up to 65535",
            "give a lower one",
        ),
        (
            "serve --max-body 256MM",
            "invalid value `256MM` for `--max-body <SIZE>`: not a size",
            "write it as 65536, 64KiB or 1MB",
        ),
        (
            "serve --max-body 1GB",
            "invalid value `1GB` for `--max-body <SIZE>`: it is out of range",
            "give a size between 2 bytes and 64 MiB",
        ),
        (
            "serve --max-header-bytes 0",
            "invalid value `0` for `--max-header-bytes <SIZE>`: it is out of range",
            "give a size between 256 bytes and 64 KiB",
        ),
        (
            "serve --max-connections 0",
            "invalid value `0` for `--max-connections <N>`: it is out of range",
            "give a number between 1 and 1000000",
        ),
        (
            "serve --max-header-lines x",
            "invalid value `x` for `--max-header-lines <N>`: it is not a whole number",
            "give digits alone, such as 1000",
        ),
        (
            "serve --deny room_nam",
            "invalid value `room_nam` for `--deny <FIELD>`: there is no field `room_nam`",
            "did you mean `room_name`?",
        ),
        (
            "mint --kind robott",
            "invalid value `robott` for `--kind <KIND>`",
            "give one of standard, ingress, egress, sip, agent, connector, bridge",
        ),
        ("mint --kind agnt", "invalid value `agnt` for `--kind <KIND>`", "did you mean `agent`?"),
    ] {
        usage_error(lkt(arguments), error, help);
    }
}

#[test]
fn a_value_that_is_none_of_those_is_told_the_near_one_or_all() {
    for (arguments, error, help) in [
        (
            "serve --log-format jsn",
            "invalid value `jsn` for `--log-format <FORMAT>`",
            "did you mean `json`?",
        ),
        (
            "serve --log-format x",
            "invalid value `x` for `--log-format <FORMAT>`",
            "the values are `text`, `json`",
        ),
        (
            "completions tcsh",
            "invalid value `tcsh` for `<SHELL>`",
            "the values are `bash`, `elvish`, `fish`, `powershell`, `zsh`",
        ),
        (
            "mint --shell tcl",
            "invalid value `tcl` for `--shell <SHELL>`",
            "the values are `sh`, `fish`, `powershell`, `plain`",
        ),
        (
            "mint --allow-source camera,",
            "`--allow-source <LIST>` has an empty value in its list",
            "leave out the comma at the end of the list, or the doubled one",
        ),
    ] {
        usage_error(lkt(arguments), error, help);
    }
}

#[test]
fn a_path_and_a_placeholder_are_told_how_they_are_written() {
    for (arguments, error, help) in [
        ("serve --dev --base-path foo", "`foo` is not a path", "write it as `/foo`"),
        ("serve --dev --base-path foo?", "`foo?` is not a path", "write it as `/livekit`"),
        ("serve --dev --path getToken", "`getToken` is not a path", "write it as `/getToken`"),
        (
            "serve --dev --default room_name=demo-{rnd}",
            "--default room_name: there is no placeholder `{rnd}`",
            "did you mean `{random}`?",
        ),
        (
            "serve --dev --default participant_metadata={}{zzz}",
            "--default participant_metadata: there is no placeholder `{zzz}`",
            "the placeholders are {random} and {identity}",
        ),
    ] {
        usage_error(lkt(arguments), error, help);
    }
}

#[test]
fn an_empty_value_is_refused() {
    let help = "leave it out for the default, or see whether a variable is not set";
    for flag in
        ["--sandbox-id", "--allow-room", "--cors-origin", "--base-path", "--ttl", "--listen"]
    {
        let error = format!("`{flag}` is empty");
        usage_error(lkt("serve --dev").arg(flag).arg(""), &error, help);
        usage_error(lkt("serve --dev").arg(format!("{flag}=")), &error, help);
    }
    let shells = "the values are `bash`, `elvish`, `fish`, `powershell`, `zsh`";
    usage_error(lkt("completions").arg(""), "`<SHELL>` is empty", shells);
}

#[test]
fn an_argument_that_is_not_utf8_is_named_and_a_secret_is_not() {
    use std::os::unix::ffi::OsStrExt;
    let typed = |bytes| std::ffi::OsStr::from_bytes(bytes);
    let help = "give it in UTF-8";
    let wrong = "the argument `caf\\xe9` is not UTF-8";
    usage_error(lkt("mint --dev --room").arg(typed(b"caf\xe9")), wrong, help);
    usage_error(lkt("mint --dev").arg(typed(b"caf\xe9")), wrong, help);
    usage_error(lkt("").arg(typed(b"caf\xe9")), wrong, help);
    let secret = "the value of `--api-secret` is not UTF-8";
    usage_error(lkt("mint --api-secret").arg(typed(b"hush\xe9")), secret, help);
    usage_error(lkt("mint").arg(typed(b"--api-secret=hush\xe9")), secret, help);
}

#[test]
fn what_cannot_be_done_exits_with_1() {
    // The help of the command has all ways to give a key.
    let help = lkt("mint --help").succeeds();
    for way in ["--env-file", "--api-secret-file", "--keys-file", "--project", "--dev"] {
        assert!(help.contains(way), "{way} in {help}");
    }
    for (arguments, error) in [
        ("mint --api-key k", "no API secret for key `k` (from --api-key)"),
        ("mint --api-key k --api-secret s --json", "no URL"),
        ("serve --api-key k --api-secret s", "no URL"),
        ("mint --api-key k --api-secret APIabcdef", "begins with `API`"),
        ("inspect nonsense", "error: not a token: it has 1 part, a token has 3\n"),
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

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_to_be() {
    use std::process::Command;
    for arguments in ["--help", "--version", "mint --help", "mint --dev", "man"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
        let command = command.env_clear().args(arguments.split(' ')).stdout(full);
        let output = command.output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
        assert!(said.starts_with("error: cannot write the result: "), "{arguments}: {said}");
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
