//! Flags that contradict each other, that are empty, or that make a token useless.

use crate::support::{lkt, verify_dev};

#[test]
fn a_token_that_no_server_would_take_is_not_minted() {
    let backwards = "error: the token would expire before it becomes valid\n";
    let later = "give --expires-at a later time, or --not-before an earlier one";
    let less = "give --expires-at less; a number is in seconds, not milliseconds";
    let over = "error: the token would have expired already, at `1970-01-01T00:10:01Z`\n";
    for (arguments, error, help) in [
        ("--expires-at 1", backwards, later),
        ("--not-before 5 --expires-at 5", backwards, later),
        ("--not-before 1", over, "give --expires-at, or a longer --ttl"),
        ("--expires-at 1900000000000", "error: the token would expire after the year 9999\n", less),
        ("--not-before 4102444800 --expires-at 4102444800", backwards, later),
        (
            "--expires-at 9223372036854775807",
            "error: the token would expire after the year 9999\n",
            less,
        ),
        (
            "--not-before 253402300799",
            "error: the token would expire after the year 9999\n",
            "give --not-before less; a number is in seconds, not milliseconds",
        ),
        (
            "--ttl 18446744073709551615",
            "error: invalid value `18446744073709551615` for `--ttl <SPAN>`: it has to end before \
             the year 9999 does",
            "write it as 90s, 10m, 1h30m or 7d; a bare number is seconds",
        ),
    ] {
        let said = lkt(&format!("mint --dev {arguments}")).fails(2);
        let ends = said.ends_with(&format!("\nhelp: {help}\n"));
        assert!(said.starts_with(error) && ends, "{arguments}: {said}");
    }
    lkt("mint --dev --expires-at 253402300799").succeeds();
    // Useful for testing what an expired token does.
    lkt("mint --dev --not-before 0 --expires-at 5").succeeds();
}

#[test]
fn two_options_cannot_both_read_standard_input() {
    for (arguments, one, other) in [
        ("--api-key k --api-secret-file - --batch -", "--batch", "--api-secret-file"),
        ("--dev --request - --room-config -", "--request", "--room-config"),
        ("--keys-file - --attribute-file -", "--attribute-file", "--keys-file"),
    ] {
        let said = lkt(&format!("mint {arguments}")).stdin("{}").fails(2);
        let expected = format!(
            "error: `{one}` and `{other}` both read standard input\n\
             help: give one of them a file\n"
        );
        assert_eq!(said, expected);
    }
}

#[test]
fn a_flag_about_the_room_wins_over_the_request() {
    let request = r#"{"room_name": "a"}"#;
    for flag in ["--room b", "--grant room=b"] {
        let token = lkt(&format!("mint --dev --request - {flag}")).stdin(request).succeeds();
        assert_eq!(verify_dev(&token).video.room, "b", "{flag}");
    }
    // The flag takes precedence, so a placeholder in the request's room does not make the tokens differ.
    let request = r#"{"room_name": "r-{n}"}"#;
    let said = lkt("mint --dev --request - --grant room=b --count 2").stdin(request).fails(2);
    assert!(said.starts_with("error: all 2 tokens would be equal\n"), "{said}");
}

#[test]
fn contradictions_are_errors() {
    for (arguments, part) in [
        ("--agent bob --list", "does not join"),
        ("--agent-metadata x", "none is named"),
        ("--agent-deployment x", "none is named"),
        ("--agent=", "empty name"),
        ("--agent bob --agent-attribute k=1 --agent-attribute k=2", "contradict"),
        ("-a k=1 -a k=2", "--attribute k=1 and --attribute k=2 contradict each other"),
        ("--not-before 4102444800 --backdate 1h", "cannot be used with"),
        ("--admin", "--admin is for one room, and none is named"),
        ("--grant roomAdmin", "--grant roomAdmin is for one room, and none is named"),
        ("--create --no-publish", "--no-publish needs a token that joins"),
        ("--no-publish --allow-source camera", "contradict"),
        ("--join --grant roomJoin=false", "contradict"),
        ("--grant roomJoin=false", "allow nothing"),
        ("--room a --grant room=b", "contradict"),
        ("--output json --json", "cannot be used with"),
        ("--batch - --count 2", "cannot be used with"),
        ("--ttl 1m --expires-at 4102444800", "cannot be used with"),
    ] {
        let error = lkt(&format!("mint --dev {arguments}")).fails(2);
        assert!(error.contains(part), "{arguments}: {error}");
    }
}

#[test]
fn an_empty_value_of_a_flag_is_an_error() {
    for flag in [
        "--room",
        "--identity",
        "--name",
        "--metadata",
        "--attribute-file",
        "--room-config",
        "--request",
        "--batch",
        "--url",
        "--api-key",
        "--api-secret-file",
        "--api-secret",
        "--keys-file",
        "--project",
        "--env-file",
    ] {
        let said = lkt(&format!("mint {flag}")).arg("").fails(2);
        let expected = format!(
            "error: {flag} is empty\nhelp: leave it out for the default, or see whether a variable is not set\n"
        );
        assert_eq!(said, expected);
    }
    for value in ["", " "] {
        let said = lkt("mint --dev --room-preset").arg(value).fails(2);
        assert_eq!(
            said,
            "error: --room-preset is empty\nhelp: leave it out for the default, or see whether a variable is not set\n"
        );
        let said = lkt("mint --dev --agent").arg(value).fails(2);
        assert!(said.starts_with("error: --agent has an empty name\n"), "{said}");
    }
    let said = lkt("mint --dev -a").arg(" =x").fails(2);
    assert!(said.contains("the key before `=` is empty"), "{said}");
    for flag in ["--agent-metadata", "--agent-deployment"] {
        let said = lkt(&format!("mint --dev --agent bob {flag}")).arg(" ").fails(2);
        assert_eq!(
            said,
            format!(
                "error: {flag} is empty\nhelp: leave it out for the default, or see whether a variable is not set\n"
            )
        );
    }
}
