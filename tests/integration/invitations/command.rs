//! `lkt invite` and `lkt invite inspect`.

use lkt::endpoint::invitation::{Invitation, InvitationKey, InvitedIdentity, verify};
use lkt::token::KeyPair;
use serde_json::{Value, json};

use crate::support::{lkt, now};

/// The invitation of a code that was made with `--dev`.
fn read(code: &str) -> Invitation {
    verify(code.trim(), &[InvitationKey::new(&KeyPair::dev())], now()).expect(code)
}

#[test]
fn the_link_of_a_plain_invitation_is_short_and_for_a_day() {
    let link = lkt("invite --dev --room weekly-call --public-url https://call.example.com");
    let link = link.succeeds();
    let code = link.trim().strip_prefix("https://call.example.com/join#").expect("a link");
    assert!(link.len() < 200, "{} {link}", link.len());
    let invitation = read(code);
    assert_eq!(invitation.room, "weekly-call");
    assert_eq!(invitation.identity, InvitedIdentity::Prefix("guest-".to_owned()));
    assert_eq!((invitation.name, invitation.label, invitation.uses), (None, None, None));
    assert!(invitation.grants.is_empty() && invitation.id.len() == 16, "{}", invitation.id);
    assert!((86_390..=86_400).contains(&(invitation.expires_at - now())));
}

#[test]
fn the_url_of_the_link_is_that_of_the_flag_the_variable_or_this_machine() {
    let made = |command: &str, variable: &str| {
        let link = lkt(command).env("LKT_PUBLIC_URL", variable).succeeds();
        link.split_once('#').expect("a fragment").0.to_owned()
    };
    let command = "invite --dev -r demo";
    assert_eq!(made(command, ""), "http://localhost:3000/join");
    assert_eq!(made(command, "https://a.example/livekit/"), "https://a.example/livekit/join");
    let command = "invite --dev -r demo --public-url https://b.example";
    assert_eq!(made(command, "https://a.example"), "https://b.example/join");
    let said = lkt("invite --dev -r demo").env("LKT_PUBLIC_URL", "a.example").fails(2);
    assert!(said.contains("write it as https://call.example.com"), "{said}");
    let said = lkt("invite --dev -r demo --url wss://x.livekit.cloud").fails(2);
    assert!(said.contains("use --public-url"), "{said}");
}

#[test]
fn an_invitation_carries_everything_that_was_given() {
    let (code, said) =
        lkt("invite --dev -r demo -i ada -n Ada --until 2100-01-01T00:00:00Z -o code")
            .arg("--label=Weekly call, 9 o'clock")
            .arg("--no-publish")
            .arg("--admin")
            .arg("--grant=sip.call")
            .arg("--uses=20")
            .succeeds_saying();
    assert!(
        said.starts_with(
            "warning: uses are counted in a store: start `lkt serve --invites` with --store"
        ),
        "{said}"
    );
    let invitation = read(&code);
    assert_eq!(invitation.identity, InvitedIdentity::Fixed("ada".to_owned()));
    assert_eq!(invitation.name.as_deref(), Some("Ada"));
    assert_eq!(invitation.label.as_deref(), Some("Weekly call, 9 o'clock"));
    assert_eq!(invitation.expires_at, 4_102_444_800);
    assert_eq!(invitation.uses.map(u32::from), Some(20));
    let claims = invitation.claims();
    let expected = json!({
        "nbf": 0, "exp": 0, "iss": "", "sip": {"call": true},
        "video": {"roomAdmin": true, "roomJoin": true, "room": "demo", "canPublish": false},
    });
    assert_eq!(serde_json::to_value(claims).expect("JSON"), expected);
}

#[test]
fn two_invitations_are_never_the_same() {
    let make = || read(&lkt("invite --dev -r demo -o code").succeeds()).id;
    assert_ne!(make(), make());
}

#[test]
fn what_makes_no_invitation_is_refused() {
    for (flags, problem) in [
        ("", "--room <NAME>` is missing"),
        ("-r demo --for 0", "the minimum is a second"),
        ("-r demo --for 1h --until 2100-01-01T00:00:00Z", "cannot be used with"),
        ("-r demo --until 1", "would have ended at 1970-01-01T00:00:01Z"),
        ("-r demo --until 253402300800", "after the year 9999"),
        ("-r demo --not-before 4102444800 --until 4102444800", "end before it starts"),
        ("-r demo -i ada --prefix x", "cannot be used with"),
        ("-r demo --uses 0", "it must be 1 or more"),
        ("-r demo --grant room=other", "--grant room=other is not for invitations"),
        ("-r demo --grant roomJoin=false", "--grant roomJoin=false is not for invitations"),
        ("-r demo --grant roomAdmn", "there is no grant `roomAdmn`"),
        ("-r demo --no-publish --allow-source camera", "contradict each other"),
        ("-r demo --public-url call.example.com", "write it as https://call.example.com"),
        ("-r demo inspect", "takes a code, and none of these options"),
    ] {
        let said = lkt(&format!("invite --dev {flags}")).fails(2);
        assert!(said.contains(problem), "{flags}\n{said}");
    }
    for flag in ["--room", "--identity", "--prefix", "--name", "--label", "--grant"] {
        let room = if flag == "--room" { "" } else { "-r demo" };
        let said = lkt(&format!("invite --dev {room} {flag}=")).fails(2);
        assert!(said.contains(&format!("{flag} is empty")), "{said}");
    }
    let long = "x".repeat(300);
    for flag in ["--identity", "--prefix", "--name", "--label"] {
        lkt(&format!("invite --dev -r demo {flag} {long}")).fails(2);
    }
    let said = lkt("invite -r demo").fails(1);
    assert!(said.contains("LIVEKIT_API_KEY"), "{said}");
}

#[test]
fn json_has_the_link_the_code_and_the_content() {
    let made = lkt("invite --dev -r demo --until 4102444800 --label Call -o json").succeeds();
    let made = serde_json::from_str::<Value>(&made).expect("JSON");
    let code = made["code"].as_str().expect("a code");
    assert_eq!(made["link"], format!("http://localhost:3000/join#{code}"));
    assert_eq!(made["id"], read(code).id);
    assert_eq!(made["allows"][0], "join the room `demo`");
    for (name, value) in [
        ("room", json!("demo")),
        ("label", json!("Call")),
        ("identity", Value::Null),
        ("identity_prefix", json!("guest-")),
        ("name", Value::Null),
        ("not_before", Value::Null),
        ("expires_at", json!("2100-01-01T00:00:00Z")),
        ("uses", Value::Null),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
}

#[test]
fn a_qr_code_is_black_on_white_with_a_margin() {
    let drawn = lkt("invite --dev -r demo -o qr").succeeds();
    let lines = drawn.lines().collect::<Vec<_>>();
    let width = |line: &str| {
        let line = line.strip_prefix("\u{1b}[38;5;16;48;5;231m").expect("colours");
        line.strip_suffix("\u{1b}[0m").expect("an end").chars().count()
    };
    // Two rows of modules in each line.
    assert!(lines.iter().all(|line| width(line) == width(lines[0])), "{drawn}");
    assert_eq!(width(lines[0]).div_ceil(2), lines.len(), "{drawn}");
    assert!(lines[0].contains("    ") && !lines[0].contains('█'), "{drawn}");
}

#[test]
fn inspect_says_in_words_what_an_invitation_allows() {
    let link = "invite --quiet --dev -r demo --until 4102444800 --no-publish --label Call --uses 3";
    let link = lkt(link).succeeds();
    let shown = lkt("invite inspect").arg(link.trim()).succeeds();
    for line in [
        "invitation",
        "  room        demo",
        "  label       Call",
        "  identity    guest- and random characters",
        "  name        chosen by each guest",
        "  uses        at most 3",
        "allows",
        "  join the room `demo`",
        "    publish no tracks",
        "  not checked: add --verify, with the key",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(shown.contains("  until       2100-01-01T00:00:00Z (in "), "{shown}");
    let shown = lkt("invite inspect --verify --dev").stdin(&link).succeeds();
    assert!(shown.contains("ok      made with this key, unchanged, and valid now"), "{shown}");
}

#[test]
fn inspect_verifies_as_a_server_would() {
    let code = lkt("invite --dev -r demo -o code").succeeds();
    let code = code.trim();
    let mut changed = code.to_owned();
    changed.replace_range(60..61, if &code[60..61] == "A" { "B" } else { "A" });
    let key = "--api-key k --api-secret a-secret-with-more-than-32-bytes-in-it";
    for (code, key, reason) in
        [(code, key, "made with another API key"), (&changed, "--dev", "changed after it was made")]
    {
        let output = lkt(&format!("invite inspect --verify {key} --json {code}")).output();
        let shown = serde_json::from_slice::<Value>(&output.stdout);
        // A changed content may be unreadable.
        if let Ok(shown) = shown {
            assert_eq!(shown["verified"], false, "{shown}");
            assert!(shown["reason"].as_str().is_some_and(|text| text.contains(reason)), "{shown}");
        }
        assert_eq!(output.status.code(), Some(1));
    }
    let said = lkt(&format!("invite inspect --dev {code}")).fails(2);
    assert!(said.contains("`--dev` has no effect without `--verify`"), "{said}");
    let token = lkt("mint --dev").succeeds();
    let said = lkt("invite inspect").arg(token.trim()).fails(1);
    assert!(said.contains("a LiveKit token, not an invitation"), "{said}");
    assert!(said.contains("use `lkt inspect`") && !said.contains(token.trim()), "{said}");
    let said = lkt("invite inspect lkti_AAAA").fails(1);
    assert!(said.contains("it is cut off"), "{said}");
    lkt("invite inspect").stdin(" ").fails(2);
}
