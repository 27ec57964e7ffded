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
    let said = lkt("mint --json").file(".env", file).env("MYSECRET", SECRET).succeeds_saying().1;
    let warning = "warning: the URL `wss://elsewhere` is from LIVEKIT_URL in .env, but the API key \
                   `k` is from LIVEKIT_API_KEY in .env, its secret from LIVEKIT_API_SECRET in .env";
    assert!(said.contains(warning), "{said}");
}

#[test]
fn a_dollar_in_the_secret_of_an_env_file_is_warned_about() {
    let file = |line: &str| {
        let text = format!("LIVEKIT_API_KEY=k\n{line}\n");
        lkt("mint").file(".env", text).succeeds_saying().1
    };
    let warning = "warning: a `$` in the LIVEKIT_API_SECRET of `.env` was substituted, as a shell \
                   does; put the value into single quotes to use it as it is\n";
    let long = "0123456789abcdef0123456789abcdef";
    assert_eq!(file(&format!("LIVEKIT_API_SECRET={long}$def")), warning);
    assert_eq!(file(&format!("LIVEKIT_API_SECRET=\"{long}${{X}}\"")), warning);
    assert_eq!(file(&format!("LIVEKIT_API_SECRET='{long}$def'")), "");
    assert_eq!(file(&format!("LIVEKIT_API_SECRET=\"{long}\\$def\"")), "");
    assert_eq!(file(&format!("LIVEKIT_API_SECRET={long}\nOTHER=a$b")), "");
}

#[test]
fn a_wrong_line_of_an_env_file_is_named_without_its_text() {
    let said =
        lkt("mint").file(".env", "\u{feff}A=1\n\n# note\nLIVEKIT_hunter2 hunter2\n").fails(2);
    let help = "help: write one NAME=value a line, with quotes around a value that has spaces or a #; \
                for a variable write `${NAME}`, or use single quotes\n";
    assert_eq!(said, format!("error: line 4 of `.env` is not NAME=value\n{help}"));
    let named = lkt("mint --env-file x").file("x", "A=1\n\n# note\nhunter2 hunter2\n").fails(2);
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
fn a_substitution_in_what_is_sent_or_shown_is_refused_in_a_file_that_nobody_named() {
    let files = [
        (
            "LIVEKIT_URL",
            format!(
                "LIVEKIT_URL=wss://x/${{STOLEN}}\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n"
            ),
        ),
        (
            "LIVEKIT_API_KEY",
            format!("LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=$STOLEN\nLIVEKIT_API_SECRET={SECRET}\n"),
        ),
        (
            "LIVEKIT_API_SECRET_FILE",
            "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET_FILE=/$STOLEN\n".to_owned(),
        ),
    ];
    for (name, text) in files {
        let with = |arguments: &str| lkt(arguments).file(".env", &text).env("STOLEN", "hunter2");
        for arguments in ["mint --json", "check", "check --yes"] {
            let said = with(arguments).fails(2);
            let expected = format!(
                "error: the {name} of `.env` substitutes a variable with `$`\n\
                 help: write the value as it is, a variable of the same file as ${{NAME}}, or name the \
                 file with --env-file .env\n"
            );
            assert_eq!(said, expected, "{arguments}");
        }
    }
    // Variables of the same file may be substituted, unless their value comes from elsewhere.
    let inside = format!(
        "H=x\nU=wss://$H\nLIVEKIT_URL=${{U}}/a\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n"
    );
    assert_eq!(used(lkt("mint --json").file(".env", &inside)), pair("k", "wss://x/a"));
    lkt("mint --json").file(".env", &inside).env("H", "hunter2").fails(2);
    let through = inside.replace("H=x", "H=$STOLEN");
    lkt("mint --json").file(".env", through).env("STOLEN", "hunter2").fails(2);
    // A name ends where dotenvy ends it.
    for (own, reference) in [("MYTOKEN_x=1", "$MYTOKEN_x"), ("A=1", "${A.B}")] {
        let text = format!(
            "{own}\nLIVEKIT_URL=wss://x/{reference}\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n"
        );
        let file = lkt("mint --json").file(".env", text);
        let said = file.env("MYTOKEN", "hunter2").env("A.B", "hunter2").fails(2);
        assert!(said.contains("substitutes a variable"), "{said}");
    }
    // A user who names the file trusts its contents.
    let text = format!("LIVEKIT_URL=wss://$A\nLIVEKIT_API_KEY=$A\nLIVEKIT_API_SECRET={SECRET}\n");
    let named = lkt("mint --json --env-file .env").file(".env", &text).env("A", "mine");
    assert_eq!(used(named), pair("mine", "wss://mine"));
    // Variables that are not needed are not checked.
    let text = format!("LIVEKIT_URL=$A\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n");
    lkt("mint").file(".env", text).succeeds();
}

#[test]
fn keys_that_an_env_file_takes_from_the_environment_are_not_the_files_own() {
    let file = "LIVEKIT_URL=wss://elsewhere\nLIVEKIT_KEYS=\"k: ${MYSECRET}\"\n";
    let said = lkt("mint --json").file(".env", file).env("MYSECRET", SECRET).succeeds_saying().1;
    let substituted = "warning: a `$` in the LIVEKIT_KEYS of `.env` was substituted";
    let mixed = "warning: the URL `wss://elsewhere` is from LIVEKIT_URL in .env, but the API key `k` \
                 is from LIVEKIT_KEYS in .env, which substitutes a variable; give --url";
    assert!(said.contains(substituted) && said.contains(mixed), "{said}");
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
