//! Keys in LiveKit's own formats, whole files that people have, and values that cannot be what they are
//! given as.

use super::credentials::{SECRET, cli_config, pair, used};
use crate::support::{Lkt, claims_value, lkt};

/// Checks that a token was signed with exactly this secret.
fn signed_with(token: &str, secret: &str) -> bool {
    let key = claims_value(token)["iss"].as_str().expect("a key").to_owned();
    livekit_token::TokenVerifier::with_api_key(&key, secret).verify(token.trim()).is_ok()
}

fn with_projects(arguments: &str) -> Lkt {
    let run = lkt(arguments);
    let home = run.path().join("home").display().to_string();
    run.env("HOME", home).file("home/.livekit/cli-config.yaml", cli_config())
}

#[test]
fn keys_are_read_as_livekits_server_reads_them() {
    // The secret, or the problem; whether the server drops it from LIVEKIT_KEYS.
    for (text, secret, is_dropped) in [
        ("k: abc", "abc", false),
        ("k: 'abc'", "abc", false),
        ("k: \" abc \"", " abc ", false),
        ("k: |\n  abc\n", "abc\n", false),
        ("k: >-\n  abc\n", "abc", false),
        ("{k: abc}", "abc", false),
        ("{\"k\": \"abc\"}", "abc", false),
        ("a: &x abc\nk: *x", "abc", false),
        ("k: !!str 123", "123", false),
        ("---\nk: abc\n", "abc", false),
        ("# note\nk: abc # note\n", "abc", false),
        ("k: abc#def", "abc#def", false),
        ("k: yes", "yes", false),
        ("k: 12:34:56", "12:34:56", false),
        ("k: abc\n---\nk: def\n", "abc", false),
        ("k: 123456", "123456", true),
        ("k: 0123", "0123", true),
        ("k: 1e10", "1e10", true),
        ("k: true", "true", true),
        ("k: 2026-11-29", "2026-11-29", true),
        ("k: '123456'", "123456", false),
    ] {
        let key = if text.contains("a: ") { "--api-key k" } else { "" };
        let file = lkt(&format!("mint -q {key} --keys-file keys")).file("keys", text).succeeds();
        assert!(signed_with(&file, secret), "{text}");
        let (token, said) = lkt(&format!("mint {key}")).env("LIVEKIT_KEYS", text).succeeds_saying();
        assert!(signed_with(&token, secret), "{text}");
        let warning = "warning: LiveKit's server drops the key `k` from its LIVEKIT_KEYS";
        assert_eq!(said.contains(warning), is_dropped, "{text}\n{said}");
    }
    for (text, problem) in [
        ("k: null", "the key `k` has no secret"),
        ("k: ~", "the key `k` has no secret"),
        ("k:", "line 1 has no secret"),
        ("k:abc", "line 1 has no space after the colon"),
        ("\tk: abc", "line 1 begins with a tab"),
        ("k: a\n\tl: b", "line 2 begins with a tab"),
        ("k: a l: b", "line 1 has more than one key"),
        ("k: a\nk: b", "line 2 has the key of line 1 again"),
    ] {
        let file = lkt("mint --keys-file keys").file("keys", text).fails(2);
        assert!(file.contains(&format!("error: `keys`: {problem}")), "{text}\n{file}");
        let variable = lkt("mint").env("LIVEKIT_KEYS", text).fails(2);
        assert!(variable.starts_with(&format!("error: LIVEKIT_KEYS: {problem}")), "{variable}");
    }
}

#[test]
fn swapped_lines_of_keys_show_no_secret() {
    let swapped = format!("{SECRET}: APIabcdefghijkl\nother-{SECRET}: APIlkjihgfedcba\n");
    for arguments in ["mint -q", "mint -q --api-key x", "check -q --url wss://x"] {
        for run in [
            lkt(&format!("{arguments} --keys-file keys")).file("keys", &swapped),
            lkt(arguments).env("LIVEKIT_KEYS", &swapped),
        ] {
            let said = run.fails(2);
            assert!(said.contains("swapped") && !said.contains(SECRET), "{said}");
        }
    }
    let one = lkt("mint -q --keys-file keys").file("keys", format!("{SECRET}: APIabcdefghijkl\n"));
    let said = one.fails(1);
    assert!(said.contains("swapped") && !said.contains(SECRET), "{said}");
    let said = lkt("mint").env("LIVEKIT_API_KEY", SECRET).fails(1);
    assert!(said.contains("not shown") && !said.contains(SECRET), "{said}");
}

#[test]
fn configurations_that_people_have_are_read() {
    let service =
        format!("api_key: KEYa\napi_secret: {SECRET}\nws_url: wss://a\nlog_level: debug\n");
    let json = format!(r#"{{"url": "wss://a", "api_key": "KEYa", "api_secret": "{SECRET}"}}"#);
    let camel = format!(r#"{{"serverUrl": "wss://a", "apiKey": "KEYa", "apiSecret": "{SECRET}"}}"#);
    for text in [service, json, camel] {
        let run = lkt("mint -q --json --keys-file file").file("file", &text);
        assert_eq!(used(run), pair("KEYa", "wss://a"), "{text}");
    }
    let server = format!("port: 7880\nredis:\n  address: x\nkeys:\n  KEYa: {SECRET}\n");
    let run = lkt("mint -q --json --url wss://x --keys-file livekit.yaml");
    assert_eq!(used(run.file("livekit.yaml", server)), pair("KEYa", "wss://x"));
}

#[test]
fn the_key_file_of_a_server_is_named_instead_of_keys_that_it_replaces() {
    let run = |text: &str| {
        lkt("mint -q --url wss://x --keys-file livekit.yaml").file("livekit.yaml", text).fails(2)
    };
    for before in ["", "port: 7880\n", "keys:\n  KEYa: hunter2\n", "keys: {}\n"] {
        let said = run(&format!("{before}key_file: /etc/keys.yaml\n"));
        let problem = "error: `livekit.yaml`: the server reads its keys from its `key_file`, \
                       `/etc/keys.yaml`\nhelp: give that file with --keys-file\n";
        assert_eq!(said, problem);
    }
    let said = run("port: 7880\nrtc:\n  tcp_port: 7881\n");
    assert!(said.starts_with("error: `livekit.yaml`: there are no `keys:` in it\n"), "{said}");
    let text = format!("keys:\n  KEYa: {SECRET}\nkey_file: ''\n");
    let run = lkt("mint -q --json --url wss://x --keys-file livekit.yaml");
    assert_eq!(used(run.file("livekit.yaml", text)), pair("KEYa", "wss://x"));
}

#[test]
fn a_whole_file_in_the_place_of_a_secret_is_named_with_the_way() {
    for (text, what, way) in [
        ("LIVEKIT_API_SECRET=hunter2\n", "an env file", "use --env-file"),
        ("# x\nexport LIVEKIT_API_KEY=k\nexport B=c\n", "an env file", "use --env-file"),
        ("KEYa: hunter2\n", "`key: secret` lines", "use --keys-file"),
        ("keys:\n  KEYa: hunter2\n", "the configuration of a LiveKit server", "use --keys-file"),
        ("api_key: k\napi_secret: hunter2\n", "a configuration with", "use --keys-file"),
        (r#"{"secret": "hunter2"}"#, "JSON", "give the value alone"),
        ("-----BEGIN EC PRIVATE KEY-----\nhunter2\n", "a PEM file", "take the API secret"),
        ("kind: Secret\ndata:\n  secret: hunter2\n", "a Kubernetes resource", "mount it"),
        ("services:\n  a:\n    image: hunter2\n", "a compose file", "an env file"),
        ("livekit:\n  keys:\n    a: hunter2\n", "the values of a Helm chart", "LIVEKIT_API_KEY"),
        (
            "default_project: a\nprojects: []\n",
            "the configuration of LiveKit's CLI",
            "--project NAME",
        ),
    ] {
        let check = |said: String, name: &str| {
            let problem = format!("error: {name} is {what}");
            assert!(said.contains(&problem) && said.contains(way), "{text}\n{said}");
            assert!(!said.contains("hunter2"), "{said}");
        };
        let file = lkt("mint -q --api-key k --api-secret-file file").file("file", text);
        check(file.fails(2), "`file`");
        let named = lkt("mint -q").env("LIVEKIT_API_KEY", "k").file("file", text);
        check(named.env("LIVEKIT_API_SECRET_FILE", "./file").fails(2), "`./file`");
        let value = lkt("mint -q").env("LIVEKIT_API_KEY", "k").env("LIVEKIT_API_SECRET", text);
        check(value.fails(2), "the API secret from LIVEKIT_API_SECRET");
        for flag in [
            "--auth-token-file",
            "--auth-issuer https://a.example --auth-audience x --auth-secret-file",
        ] {
            let serve = lkt(&format!("serve -q --dev --listen 127.0.0.1:0 {flag} file"));
            let said = serve.file("file", text).fails(2);
            assert!(said.contains(&format!("`file` is {what}")), "{said}");
        }
    }
    let lines =
        lkt("mint -q --api-key k --api-secret-file file").file("file", "one\ntwo\n").fails(2);
    assert!(lines.contains("has more than one line"), "{lines}");
    let said = lkt("mint -q --keys-file file").file("file", "LIVEKIT_URL=wss://x\n").fails(2);
    assert!(said.starts_with("error: `file` is an env file, not a file of keys\n"), "{said}");
    let said = lkt("mint -q --env-file file").file("file", "keys:\n  a: b\n").fails(2);
    let problem = "error: `file` is the configuration of a LiveKit server, not an env file\n";
    assert!(said.starts_with(problem) && said.contains("use --keys-file"), "{said}");
}

#[test]
fn what_tools_leave_in_a_value_of_the_environment_is_refused() {
    let run = |name: &str, value: &str| {
        let run = lkt("mint --json").env("LIVEKIT_URL", "wss://x").env("LIVEKIT_API_KEY", "k");
        run.env("LIVEKIT_API_SECRET", SECRET).env(name, value)
    };
    for (value, problem) in [
        ("\"abc\"", "has quotes around it"),
        ("'abc'", "has quotes around it"),
        ("\u{feff}abc", "has the invisible character U+FEFF"),
        ("ab\u{200b}c", "has the invisible character U+200B"),
        ("“abc”", "has a typographic quote"),
        ("op://vault/item/field", "is a reference of 1Password"),
        ("encrypted:abc", "is a reference of dotenvx"),
        ("ENC[AES256_GCM]", "is a reference of SOPS"),
        ("${{ secrets.LIVEKIT }}", "is a variable that was not replaced"),
        ("<your-api-secret>", "is a placeholder"),
    ] {
        for (name, what) in [
            ("LIVEKIT_URL", "URL"),
            ("LIVEKIT_API_KEY", "API key"),
            ("LIVEKIT_API_SECRET", "API secret"),
        ] {
            let said = run(name, value).fails(1);
            let expected = format!("error: the {what} from {name} {problem}");
            assert!(said.starts_with(&expected), "{value}\n{said}");
        }
    }
    for (name, value) in [("LIVEKIT_URL", "wss://x;"), ("LIVEKIT_API_KEY", "k,")] {
        assert!(run(name, value).fails(1).contains("ends in `;` or `,`"));
    }
    let (_, said) = run("LIVEKIT_API_SECRET", &format!("{SECRET};")).succeeds_saying();
    assert!(said.contains("warning: the API secret from LIVEKIT_API_SECRET ends in `;`"), "{said}");
}

#[test]
fn a_text_in_utf_16_is_called_so() {
    let wide = "LIVEKIT_API_KEY=k\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let marked = [b"\xff\xfe".to_vec(), wide.clone()].concat();
    for bytes in [wide, marked] {
        let said = lkt("mint").file(".env", bytes).fails(2);
        assert!(said.starts_with("error: `.env` is UTF-16\nhelp: save it as UTF-8"), "{said}");
    }
}

#[test]
fn a_key_is_used_with_the_url_of_its_own_project() {
    let file = |key: &str| format!("LIVEKIT_API_KEY={key}\nLIVEKIT_API_SECRET={SECRET}\n");
    // The default project is `one`.
    let run = with_projects("mint -q --json").file(".env", file("KEYtwo"));
    assert_eq!(used(run), pair("KEYtwo", "wss://two"));
    let said = with_projects("mint -q --json").file(".env", file("KEYthree")).fails(1);
    let problem = "error: no URL of a LiveKit server; `.env` has LIVEKIT_API_KEY, LIVEKIT_API_SECRET; \
                   the default project `one` of LiveKit's CLI has another API key\n";
    assert!(said.starts_with(problem), "{said}");
    // A secret is found by its key as well.
    let run = with_projects("mint -q --json").env("LIVEKIT_API_KEY", "KEYtwo");
    assert_eq!(used(run), pair("KEYtwo", "wss://two"));
}

#[test]
fn livekit_toml_names_the_project_as_it_does_for_lk() {
    let config = format!(
        "default_project: a\nprojects:\n- name: a\n  url: wss://sub-a.livekit.cloud\n  api_key: KEYa\n  \
         api_secret: {SECRET}\n- name: b\n  url: wss://sub-b.livekit.cloud\n  api_key: KEYb\n  api_secret: \
         {SECRET}\n"
    );
    let run = |arguments: &str, toml: &str| {
        let run = with_projects(arguments).file("home/.livekit/cli-config.yaml", &config);
        run.file("livekit.toml", toml)
    };
    let sub_b = "[project]\nsubdomain = \"sub-b\"\n[agent]\nid = \"x\"\n";
    assert_eq!(used(run("mint -q --json", sub_b)), pair("KEYb", "wss://sub-b.livekit.cloud"));
    let project = run("mint -q --json --project a", sub_b);
    assert_eq!(used(project), pair("KEYa", "wss://sub-a.livekit.cloud"));
    assert_eq!(used(run("mint -q --json", "[agent]\n")).0, "KEYa");
    let said = run("mint -q --json", "[project]\nsubdomain = \"sub-c\"\n").fails(2);
    let problem = "error: `livekit.toml` names the subdomain `sub-c`, and no project of LiveKit's CLI has \
                   it\n";
    assert!(said.starts_with(problem), "{said}");
    run("mint -q --json", "[project\n").fails(2);
    // The environment comes first.
    let run = run("mint -q --json --url wss://x", sub_b).env("LIVEKIT_API_KEY", "k");
    assert_eq!(used(run.env("LIVEKIT_API_SECRET", SECRET)), pair("k", "wss://x"));
}

#[test]
fn what_is_there_and_not_read_is_named_where_something_is_missing() {
    let key = format!("LIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET={SECRET}\n");
    let said = lkt("mint --json")
        .file(".env", format!("{key}NEXT_PUBLIC_LIVEKIT_URL=wss://x\n"))
        .file(".env.production", "LIVEKIT_URL=wss://y\n")
        .env("VITE_LIVEKIT_URL", "wss://z")
        .fails(1);
    let problem = "error: no URL of a LiveKit server; `.env` has LIVEKIT_API_KEY, LIVEKIT_API_SECRET, \
                   NEXT_PUBLIC_LIVEKIT_URL (not read); `.env.production` is not read; the environment has \
                   VITE_LIVEKIT_URL (not read)\n";
    assert!(said.starts_with(problem), "{said}");
    let said = lkt("mint").file(".env.development.local", &key).fails(1);
    let problem = "error: no API key and secret; `.env.development.local` is not read\n";
    assert!(said.starts_with(problem), "{said}");
}
