//! Mistakes that people make, each with the exact answer: the fault, and the way out.
//!
//! After a change of a message, `LKT_WRITE_DOCS=1 cargo test --test integration mistakes` writes the
//! answers anew; read them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::lkt;

/// Number of commands that run at a time.
const AT_ONCE: usize = 4;

fn known(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/known").join(name)
}

/// A directory with the files that the commands name. Only their owner can read them, whatever the
/// checkout's files allow.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for file in std::fs::read_dir(known("mistakes")).expect("the files") {
        let file = file.expect("a file");
        let copy = directory.path().join(file.file_name());
        std::fs::copy(file.path(), &copy).expect("copies");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(copy, private).expect("permissions");
    }
    directory
}

/// Runs a command in a shell. Returns what it prints, and its exit code.
fn answer(command: &str, directory: &Path) -> (String, Option<i32>) {
    let program = Path::new(env!("CARGO_BIN_EXE_lkt")).parent().expect("a folder");
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(directory).env_clear();
    let output = shell.env("PATH", format!("{}:/usr/bin:/bin", program.display())).output();
    let output = output.expect("runs");
    let printed = [output.stdout, output.stderr].concat();
    (String::from_utf8(printed).expect("UTF-8"), output.status.code())
}

/// Runs commands one after the other. Returns them with their answers, as the table has them.
fn answers(commands: &[&str]) -> String {
    let directory = directory();
    let mut answers = String::new();
    for command in commands {
        let (printed, code) = answer(command, directory.path());
        let lines = printed.lines().collect::<Vec<_>>();
        let is_failure = matches!(lines.as_slice(), [.., error, help]
            if error.starts_with("error: ") && help.starts_with("help: "));
        assert!(is_failure && matches!(code, Some(1 | 2)), "{command}: {code:?} {printed}");
        answers += &format!("$ {command}\n{printed}");
    }
    answers
}

/// `known/mistakes.txt` has commands with their answers: a line that starts with `$ `, and then what is
/// printed.
#[test]
fn each_mistake_is_named_with_the_way_out() {
    let table = known("mistakes.txt");
    let kept = std::fs::read_to_string(&table).expect("the table");
    let commands = kept.lines().filter_map(|line| line.strip_prefix("$ ")).collect::<Vec<_>>();
    assert!(commands.len() >= 450, "{}", commands.len());
    let answers = std::thread::scope(|scope| {
        let parts = commands.chunks(commands.len().div_ceil(AT_ONCE));
        let running = parts.map(|part| scope.spawn(|| answers(part))).collect::<Vec<_>>();
        running.into_iter().map(|part| part.join().expect("answers")).collect::<String>()
    });
    if std::env::var_os("LKT_WRITE_DOCS").is_some() {
        std::fs::write(&table, &answers).expect("the table");
    }
    let mut kept = kept.lines();
    for line in answers.lines() {
        let help =
            "run LKT_WRITE_DOCS=1 cargo test --test integration mistakes, and read the change";
        assert_eq!(kept.next(), Some(line), "{help}");
    }
}

#[test]
fn what_is_probably_not_meant_is_warned_about() {
    for (command, file, warning) in [
        (
            "mint --dev --metadata @text",
            "text",
            "warning: --metadata is a text, and the name of a file stays one; for its contents, give \
             --metadata \"$(cat FILE)\"\n",
        ),
        (
            "mint --dev --batch empty",
            "empty",
            "warning: the batch is empty; write one request a line, {} for the defaults\n",
        ),
    ] {
        let (_, said) = lkt(command).file(file, "").succeeds_saying();
        assert_eq!(said, warning, "{command}");
    }
    let (_, said) = lkt("serve --dev --check --store redis://127.0.0.1:9").succeeds_saying();
    assert!(said.starts_with("warning: nothing uses --store: give --rate, "), "{said}");
    for used in ["--rate 10/1m", "--invites", "--deny-store denied"] {
        let command = format!("serve --dev --check --store redis://127.0.0.1:9 {used}");
        let (_, said) = lkt(&command).succeeds_saying();
        assert_eq!(said, "", "{used}");
    }
    let said =
        lkt("serve --dev --listen 0.0.0.0:0 --allow-room team-* --allow-room [a-z]+").fails(2);
    let warning = "warning: --allow-room `[a-z]+` looks like a regular expression; only `*` and `?` have \
                   a meaning in it, as in `team-*`\nerror: ";
    assert!(said.starts_with(warning), "{said}");
}

#[test]
fn the_short_help_of_mint_and_serve_fits_a_screen() {
    for command in ["mint", "serve"] {
        let help = lkt(command).arg("-h").env("COLUMNS", "80").succeeds();
        assert!(help.lines().count() <= 24, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(help.contains("--help"), "{help}");
        let whole = lkt(command).arg("--help").succeeds();
        assert!(whole.lines().count() > 100, "{whole}");
    }
}
