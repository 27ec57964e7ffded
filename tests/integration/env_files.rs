//! Env files: which ones are read, how, and how far a file is trusted that the user did not name.

use super::credentials::{SECRET, env_file, pair, used};
use crate::support::lkt;

#[test]
fn env_files_complete_each_other_and_the_earlier_wins() {
    let secret = format!("LIVEKIT_API_SECRET={SECRET}\nLIVEKIT_API_KEY=KEYdotenv\n");
    let command = lkt("mint --json")
        .file("development.env", "LIVEKIT_API_KEY=\n")
        .file(".env.local", "VITE_LIVEKIT_URL=wss://vite\nLIVEKIT_API_KEY=KEYlocal\n")
        .file(".env", secret + "LIVEKIT_URL=wss://dotenv\n");
    assert_eq!(used(command), pair("KEYlocal", "wss://dotenv"));
    // The directory of a virtual environment of Python may have this name.
    let command = lkt("mint").file(".env/bin/python", "").fails(1);
    assert!(command.starts_with("error: no API key and secret\n"), "{command}");
}

#[test]
fn what_the_env_files_have_is_said_where_something_is_missing() {
    let said = lkt("mint")
        .file("development.env", "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=\n")
        .file(".env.local", "VITE_X=1\n")
        .fails(1);
    assert!(
        said.starts_with(
            "error: no API key and secret; `development.env` has LIVEKIT_URL, LIVEKIT_API_KEY \
             (empty); `.env.local` has no LIVEKIT_… variable\n"
        ),
        "{said}"
    );
    let key_and_secret = format!("LIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n");
    let said = lkt("mint --json").file(".env", key_and_secret).fails(1);
    assert!(
        said.starts_with(
            "error: no URL of a LiveKit server; `.env` has LIVEKIT_API_KEY, LIVEKIT_API_SECRET\n"
        ),
        "{said}"
    );
}

#[test]
fn a_secret_that_an_env_file_takes_from_the_environment_is_not_the_files_own() {
    let file = "LIVEKIT_URL=wss://elsewhere\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=$MYSECRET\n";
    let found = lkt("mint --json").file(".env", file).env("MYSECRET", SECRET).fails(2);
    assert!(
        found.starts_with("error: LIVEKIT_API_SECRET in line 3 of `.env` has a `$`"),
        "{found}"
    );
    // The user chose a file that was named, and so its secret.
    let named = lkt("mint --json --env-file .env").file(".env", file).env("MYSECRET", SECRET);
    assert_eq!(used(named.arg("--quiet")), pair("k", "wss://elsewhere"));
}

#[test]
fn a_wrong_line_of_an_env_file_is_named_without_its_text() {
    let said =
        lkt("mint").file(".env", "\u{feff}A=1\n\n# note\nLIVEKIT_hunter2 hunter2\n").fails(2);
    let help = "help: write it as NAME=value, on a line of its own\n";
    assert_eq!(said, format!("error: line 4 of `.env` is not NAME=value\n{help}"));
    let named = "A=1\n\n# note\nLIVEKIT_hunter2 hunter2\n";
    let named = lkt("mint --env-file x").file("x", named).fails(2);
    assert_eq!(named, format!("error: line 4 of `x` is not NAME=value\n{help}"));
}

#[test]
fn an_env_file_that_was_asked_for_has_to_be_there() {
    let said = lkt("mint --dev --env-file nope").fails(2);
    assert!(said.starts_with("error: cannot read `nope`: No such file or directory"), "{said}");
}

#[test]
fn env_files_are_looked_for_in_one_order() {
    let local = lkt("mint --json")
        .file(".env.local", env_file("KEYlocal"))
        .file(".env", env_file("KEYdotenv"));
    assert_eq!(used(local).0, "KEYlocal");
    assert_eq!(used(lkt("mint --json").file(".env", env_file("KEYdotenv"))).0, "KEYdotenv");
}

#[test]
fn a_wrong_line_of_another_program_in_a_file_that_nobody_named_stops_nothing() {
    for line in
        ["GREETING=hello world", r#"DATABASE_URL="postgres://u:p@$MYHOST""#, "A=it's fine", "x"]
    {
        let text = format!("{line}\n{}{line}\n", env_file("KEYdotenv"));
        let command = lkt("mint --json").file(".env", text);
        assert_eq!(used(command), pair("KEYdotenv", "wss://KEYdotenv"), "{line}");
    }
}

#[test]
fn a_file_that_nobody_named_cannot_have_variables_put_in() {
    let with_secret = format!("LIVEKIT_API_SECRET={SECRET}\n");
    let files = [
        ("LIVEKIT_URL", 1, "LIVEKIT_URL=wss://x/${STOLEN}\nLIVEKIT_API_KEY=k\n".to_owned()),
        ("LIVEKIT_API_KEY", 2, "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=$STOLEN\n".to_owned()),
        ("LIVEKIT_API_KEY", 3, "H=x\nLIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=$H\n".to_owned()),
    ];
    for (name, line, text) in files {
        let with = |arguments: &str| {
            lkt(arguments).file(".env", format!("{text}{with_secret}")).env("STOLEN", "hunter2")
        };
        for arguments in ["mint --json", "check", "check --yes"] {
            let said = with(arguments).fails(2);
            let expected = format!(
                "error: {name} in line {line} of `.env` has a `$`: some readers put in a variable \
                 there, others keep the `$`\n\
                 help: write `\\$` in double quotes for the character; for a variable, write its \
                 value, or name the file with --env-file\n"
            );
            assert_eq!(said, expected, "{arguments}");
        }
    }
    let text = "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET_FILE=/$STOLEN\n";
    lkt("mint").file(".env", text).env("STOLEN", "hunter2").fails(2);
    // A user who names the file trusts its contents.
    let text = format!("LIVEKIT_URL=wss://$A\nLIVEKIT_API_KEY=$A\n{with_secret}");
    let named = lkt("mint --json --quiet --env-file .env").file(".env", &text).env("A", "mine");
    assert_eq!(used(named), pair("mine", "wss://mine"));
    // Variables that are not needed are not checked.
    let text = format!("LIVEKIT_URL=$A\nLIVEKIT_API_KEY=k\n{with_secret}");
    lkt("mint").file(".env", text).succeeds();
}

#[test]
fn keys_of_a_named_file_may_be_put_in() {
    let file = "LIVEKIT_URL=wss://elsewhere\nLIVEKIT_KEYS=\"k: ${MYSECRET}\"\n";
    lkt("mint --json").file(".env", file).env("MYSECRET", SECRET).fails(2);
    let named = lkt("mint --json --quiet --env-file .env").file(".env", file);
    assert_eq!(used(named.env("MYSECRET", SECRET)), pair("k", "wss://elsewhere"));
}

#[test]
fn what_a_file_costs_does_not_grow_faster_than_the_file() {
    let started = std::time::Instant::now();
    let mut doubling = "A0=xxxxxxxx\n".to_owned();
    for n in 1..64 {
        doubling.push_str(&format!("A{n}=$A{m}$A{m}\n", m = n - 1));
    }
    doubling.push_str("LIVEKIT_API_KEY=$A63\n");
    lkt("mint").file(".env", &doubling).fails(2);
    let said = lkt("mint --env-file .env").file(".env", &doubling).fails(2);
    assert!(said.contains("empty or not set"), "{said}");
    let large = format!("A={}\nLIVEKIT_API_KEY={}\n", "x".repeat(400_000), "$A".repeat(200_000));
    let said = lkt("mint --env-file .env").file(".env", &large).fails(2);
    assert!(said.contains("longer than 64 KiB"), "{said}");
    for line in
        ["A=\"open\n", "A='open\n", "A=$A\\\n", "LIVEKIT_API_KEY=$A\n", "'\"`${A:-\n", "A=\"\\\"\n"]
    {
        let text = line.repeat(200_000 / line.len());
        for arguments in ["mint", "mint --env-file .env"] {
            lkt(arguments).file(".env", &text).output();
        }
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn a_secret_file_outside_of_the_working_directory_is_not_the_env_files_own() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let users = tempfile::tempdir().expect("a directory");
    let secret = users.path().join("secret");
    std::fs::write(&secret, SECRET).expect("a file");
    let private = || std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&secret, private()).expect("private");
    let naming = |path: &str| {
        let text =
            format!("LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET_FILE={path}\n");
        let command = lkt("mint --json").file(".env", text).file("own", SECRET);
        std::fs::set_permissions(command.path().join("own"), private()).expect("private");
        symlink(&secret, command.path().join("link")).expect("a link");
        command
    };
    let warned = |path: &str| naming(path).succeeds_saying().1;
    let outside = secret.display().to_string();
    for path in [outside.as_str(), "link"] {
        let said = warned(path);
        let expected = format!(
            "is from LIVEKIT_API_KEY in .env, its secret from `{path}`, which \
             LIVEKIT_API_SECRET_FILE in .env names; give --url"
        );
        assert!(said.contains(&expected), "{said}");
    }
    assert_eq!(warned("own"), "");
    let said = naming("-").stdin(SECRET).succeeds_saying().1;
    assert!(said.contains("but the API key"), "{said}");
}

#[test]
fn a_secret_in_a_file_that_an_env_file_is_a_link_to_is_not_the_directorys_own() {
    let users = tempfile::tempdir().expect("a directory");
    let file = users.path().join("theirs.env");
    std::fs::write(&file, env_file("k")).expect("a file");
    let linked = |name: &str| {
        let command = lkt("mint --json").file("development.env", "LIVEKIT_URL=wss://x\n");
        std::os::unix::fs::symlink(&file, command.path().join(name)).expect("a link");
        command
    };
    let said = linked(".env").succeeds_saying().1;
    let expected = "is from LIVEKIT_API_KEY in .env, its secret from LIVEKIT_API_SECRET in .env, \
                    which is a link to a file elsewhere; give --url";
    assert!(said.contains(expected), "{said}");
}
