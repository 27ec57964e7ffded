//! The sources of the URL and the key, and their precedence.

use serde_json::Value;

use crate::support::{claims_value, lkt};

pub(crate) const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

/// Returns the key that signed a token, and the URL printed with it.
pub(crate) fn used(command: crate::support::Lkt) -> (String, String) {
    let answer = serde_json::from_str::<Value>(&command.succeeds()).expect("JSON");
    let token = answer["participant_token"].as_str().expect("a token");
    let key = claims_value(token)["iss"].as_str().expect("a key").to_owned();
    // All keys have the same secret.
    let verifier = livekit_token::TokenVerifier::with_api_key(&key, SECRET);
    verifier.verify(token).expect("signed with the secret");
    (key, answer["server_url"].as_str().expect("a URL").to_owned())
}

pub(crate) fn env_file(key: &str) -> String {
    format!(
        "export LIVEKIT_URL=wss://{key}\nexport LIVEKIT_API_KEY={key}\nLIVEKIT_API_SECRET=\"{SECRET}\"\n"
    )
}

pub(crate) fn cli_config() -> String {
    format!(
        "default_project: one\nprojects:\n- name: one\n  url: wss://one\n  api_key: KEYone\n  api_secret: {SECRET}\n  project_id: x\n\
         - name: two\n  url: wss://two\n  api_key: KEYtwo\n  api_secret: {SECRET}\ndevice_name: y\n"
    )
}

/// Sets every source at once. The flags then disable the highest one, one after another.
fn everywhere(arguments: &str) -> crate::support::Lkt {
    let command = lkt(&format!("mint --json {arguments}"));
    let home = command.path().join("home").display().to_string();
    command
        .env("HOME", home)
        .file("home/.livekit/cli-config.yaml", cli_config())
        .file("development.env", env_file("KEYdevelopment"))
        .file(".env.local", env_file("KEYlocal"))
        .file(".env", env_file("KEYdotenv"))
        .file("other.env", env_file("KEYother"))
        .file("secret", format!("{SECRET}\r\n"))
}

fn with_environment(command: crate::support::Lkt) -> crate::support::Lkt {
    command
        .env("LIVEKIT_URL", "wss://environment")
        .env("LIVEKIT_API_KEY", "KEYenvironment")
        .env("LIVEKIT_API_SECRET", SECRET)
}

pub(crate) fn pair(key: &str, url: &str) -> (String, String) {
    (key.to_owned(), url.to_owned())
}

#[test]
fn the_highest_place_that_has_a_value_wins() {
    let flags = format!("--url wss://flag --api-key KEYflag --api-secret {SECRET}");
    assert_eq!(used(with_environment(everywhere(&flags))), pair("KEYflag", "wss://flag"));
    assert_eq!(used(with_environment(everywhere("--project two"))), pair("KEYtwo", "wss://two"));
    assert_eq!(used(with_environment(everywhere(""))), pair("KEYenvironment", "wss://environment"));
    assert_eq!(used(everywhere("--env-file other.env")), pair("KEYother", "wss://KEYother"));
    assert_eq!(used(everywhere("")), pair("KEYdevelopment", "wss://KEYdevelopment"));
    assert_eq!(used(everywhere("--no-env-file")), pair("KEYone", "wss://one"));
}

#[test]
fn each_value_is_looked_up_on_its_own() {
    let from_two = with_environment(everywhere("--url wss://flag"));
    assert_eq!(used(from_two), pair("KEYenvironment", "wss://flag"));
    let empty = everywhere("").env("LIVEKIT_API_KEY", "").env("LIVEKIT_URL", " ");
    assert_eq!(used(empty), pair("KEYdevelopment", "wss://KEYdevelopment"));
}

#[test]
fn half_of_a_key_is_named_with_where_it_came_from() {
    let said = lkt("mint --api-key k").fails(1);
    assert!(said.starts_with("error: no API secret for key `k` (from --api-key)\n"), "{said}");
    let said = lkt("mint").env("LIVEKIT_API_SECRET", SECRET).fails(1);
    let problem = "error: no API key for the secret (from LIVEKIT_API_SECRET)\n";
    assert!(said.starts_with(problem), "{said}");
}

#[test]
fn a_key_that_is_not_in_the_keys_file_is_an_error() {
    let keys = format!("a: {SECRET}\nb: {SECRET}\n");
    let help = "help: name one of its keys with --api-key (or LIVEKIT_API_KEY)\n";
    let said = lkt("mint -q --keys-file k --api-key c")
        .file("k", &keys)
        .env("LIVEKIT_API_SECRET", SECRET)
        .fails(2);
    assert_eq!(said, format!("error: `k` has no key `c`; it has `a`, `b`\n{help}"));
    let said = lkt("mint --api-key c").env("LIVEKIT_KEYS", &keys).fails(2);
    assert_eq!(said, format!("error: LIVEKIT_KEYS has no key `c`; it has `a`, `b`\n{help}"));
    // The key may come from a source below the file, but its secret may not.
    let picked = lkt("mint -q --json --url wss://x --keys-file k").file("k", &keys);
    let picked = picked.env("LIVEKIT_API_KEY", "b").env("LIVEKIT_API_SECRET", "of another key");
    assert_eq!(used(picked).0, "b");
    let said = lkt("mint -q --keys-file k").file("k", "{}").fails(2);
    assert!(said.starts_with("error: `k`: there are no keys\n"), "{said}");
}

#[test]
fn a_key_named_devkey_may_have_another_secret() {
    let command = lkt(&format!("mint --json --url wss://x --api-key devkey --api-secret {SECRET}"));
    assert_eq!(used(command).0, "devkey");
}

#[test]
fn a_url_from_the_working_directory_is_not_silently_combined_with_a_key_from_elsewhere() {
    let warned = |command: crate::support::Lkt| command.succeeds_saying().1;
    let url_in_file = |arguments: &str| {
        lkt(arguments)
            .file(".env", "LIVEKIT_URL=wss://elsewhere\n")
            .env("LIVEKIT_API_KEY", "k")
            .env("LIVEKIT_API_SECRET", SECRET)
    };
    let warning = "warning: the URL `wss://elsewhere` is from LIVEKIT_URL in .env, but the API key \
                   `k` is from LIVEKIT_API_KEY, its secret from LIVEKIT_API_SECRET; give --url if \
                   they belong together\n";
    for arguments in ["mint --json", "mint -o env", "mint -o meet"] {
        assert_eq!(warned(url_in_file(arguments)), warning);
    }
    // There is no warning without the URL, with one that was typed, or with a file that was named.
    for arguments in ["mint", "mint --json --url wss://elsewhere", "mint --json --env-file .env"] {
        assert_eq!(warned(url_in_file(arguments)), "", "{arguments}");
    }
    let all_in_file = lkt("mint --json").file(".env", env_file("k"));
    assert_eq!(warned(all_in_file), "");
    let from_cli = everywhere("").file("development.env", "LIVEKIT_URL=wss://elsewhere\n");
    let from_cli = warned(from_cli.file(".env.local", "").file(".env", ""));
    let expected = "warning: the URL `wss://elsewhere` is from LIVEKIT_URL in development.env, but \
                    the API key `KEYone` is from the default project `one` of LiveKit's CLI; give \
                    --url if they belong together\n";
    assert_eq!(from_cli, expected);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let value = std::ffi::OsStr::from_bytes(b"hunter2\xff");
    assert_eq!(
        lkt("mint").env("LIVEKIT_API_SECRET", value).fails(2),
        "error: the value of LIVEKIT_API_SECRET is not UTF-8\n\
         help: set LIVEKIT_API_SECRET to text in UTF-8, or unset it\n"
    );
}

#[test]
fn a_secret_that_belongs_to_another_key_is_never_taken() {
    let said = everywhere("--no-env-file --api-key KEYunknown --url wss://x").fails(1);
    let problem = "error: no API secret for key `KEYunknown` (from --api-key); the default project \
                   `one` of LiveKit's CLI has another API key\n";
    assert!(said.starts_with(problem), "{said}");
    assert_eq!(used(everywhere("--no-env-file --api-key KEYone")), pair("KEYone", "wss://one"));
}

#[test]
fn secrets_come_from_files_and_standard_input_and_are_trimmed() {
    let chmod = |command: crate::support::Lkt| {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(command.path().join("secret"), private).expect("private");
        command
    };
    let file = everywhere("--url wss://x --api-key K --api-secret-file secret");
    assert_eq!(used(chmod(file)), pair("K", "wss://x"));
    let stdin = lkt("mint --json --url wss://x --api-key K --api-secret-file -")
        .stdin(format!(" {SECRET}\n"));
    assert_eq!(used(stdin), pair("K", "wss://x"));
    let variable = everywhere("--no-env-file --url wss://x")
        .env("LIVEKIT_API_KEY", " K ")
        .env("LIVEKIT_API_SECRET_FILE", "secret");
    assert_eq!(used(chmod(variable)), pair("K", "wss://x"));
}

#[test]
fn keys_come_in_livekits_own_format() {
    let one = format!("KEYa: {SECRET}\n");
    let two = format!("KEYa: other-secret-other-secret-other-secret\nKEYb: '{SECRET}'\n");
    assert_eq!(used(lkt("mint --json --url wss://x").env("LIVEKIT_KEYS", &one)).0, "KEYa");
    assert_eq!(
        used(lkt("mint --json --url wss://x --api-key KEYb").env("LIVEKIT_KEYS", &two)).0,
        "KEYb"
    );
    let said = lkt("mint --json --url wss://x").env("LIVEKIT_KEYS", &two).fails(2);
    assert!(said.contains("several keys: `KEYa`, `KEYb`") && said.contains("--api-key"), "{said}");
    let said = lkt("mint").env("LIVEKIT_KEYS", "KEYa:hunter2-no-space").fails(2);
    assert!(said.contains("space after the colon") && !said.contains("hunter2"), "{said}");
    let (_, said) = lkt("mint --keys-file keys").file("keys", &one).succeeds_saying();
    assert!(said.contains("warning: others can read `keys`; run chmod 600"), "{said}");
}

#[test]
fn a_short_secret_is_warned_about_once_and_not_with_dev() {
    let (_, said) = lkt("mint --api-key k --api-secret short").succeeds_saying();
    assert_eq!(said.matches("warning:").count(), 1, "{said}");
    assert!(said.contains("under 32 bytes"), "{said}");
    let (_, said) = lkt("mint -q --api-key k --api-secret short").succeeds_saying();
    assert_eq!(said, "");
    lkt("mint --dev").succeeds();
}

#[test]
fn a_project_that_is_not_there_gets_a_suggestion() {
    let said = everywhere("--project tow").fails(2);
    assert!(said.contains("no project `tow`") && said.contains("did you mean `two`?"), "{said}");
}

#[test]
fn with_dev_nothing_else_is_read() {
    let command = lkt("mint --dev").file("development.env", "this is = not an env file \" at all");
    assert!(command.succeeds().starts_with("ey"));
}

#[test]
fn a_url_is_read_only_where_it_is_needed_or_was_typed() {
    let bad = |arguments: &str| {
        lkt(arguments)
            .env("LIVEKIT_URL", "proj.livekit.cloud")
            .env("LIVEKIT_API_KEY", "k")
            .env("LIVEKIT_API_SECRET", SECRET)
    };
    bad("mint").succeeds();
    bad("mint -o claims").succeeds();
    let said = bad("mint --json").fails(2);
    assert!(said.starts_with("error: the URL from LIVEKIT_URL: "), "{said}");
    let said = bad("mint --url proj.livekit.cloud").fails(2);
    assert!(said.starts_with("error: the URL from --url: "), "{said}");
}

#[test]
fn a_key_is_never_signed_with_the_secret_beside_a_list_that_lacks_it() {
    let both = |arguments: &str| {
        lkt(arguments)
            .env("LIVEKIT_KEYS", format!("a: {SECRET}"))
            .env("LIVEKIT_API_SECRET", "another-secret-of-more-than-32-bytes")
    };
    let said = both("mint --api-key c").fails(2);
    assert!(said.starts_with("error: LIVEKIT_KEYS has no key `c`; it has `a`\n"), "{said}");
    assert_eq!(used(both("mint --json --url wss://x")).0, "a");
    assert_eq!(used(both("mint --json --url wss://x --api-key a")).0, "a");
    // A key and a secret from the same source belong together.
    let whole = both("mint --json --url wss://x").env("LIVEKIT_API_KEY", "c");
    assert_eq!(used(whole.env("LIVEKIT_API_SECRET", SECRET)).0, "c");
}

#[test]
fn what_is_wrong_with_a_line_of_keys_is_said_without_the_line() {
    for (keys, problem) in [
        ("a: hunter2\na: hunter2\n", "line 2 has the key of line 1 again"),
        ("a: hunter2\nb:\n", "line 2 has no secret"),
        ("# x\n\na:hunter2\n", "line 3 has no space after the colon"),
        ("hunter2\n", "line 1 has no colon"),
        ("a: [hunter2", "the keys are not lines of `key: secret`"),
    ] {
        let said = lkt("mint -q --keys-file k").file("k", keys).fails(2);
        assert_eq!(
            said,
            format!(
                "error: `k`: {problem}\n\
                 help: write one `key: secret` a line, with a space after the colon\n"
            )
        );
    }
}
