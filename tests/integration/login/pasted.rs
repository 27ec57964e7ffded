//! `lkt check --auth-issuer --auth-token`: what it says of a login that somebody pastes.

use serde_json::{Value, json};

use super::client::token;
use super::issuer::IssuerServer;
use super::signer::Signer;
use crate::support::{lkt, now};

/// An issuer with one key, `a`.
struct Office {
    signer: Signer,
    /// It serves the keys as long as it lives.
    _issuer: IssuerServer,
    url: String,
}

impl Office {
    fn new() -> Self {
        let signer = Signer::ed25519();
        let keys = json!({"keys": [signer.jwk("a")]}).to_string();
        let issuer = IssuerServer::with_keys(&keys);
        let url = issuer.url("");
        Self { signer, _issuer: issuer, url }
    }

    fn token(&self, claims: &Value) -> String {
        token(&self.signer, "a", &self.url, claims)
    }

    /// The lines about a token, after those about the keys, and the exit code.
    fn check(&self, flags: &str, text: &str) -> (Vec<String>, Option<i32>) {
        let command = format!("check --auth-issuer {} --auth-token t {flags}", self.url);
        let output = lkt(&command).file("t", text).output();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).expect("UTF-8");
        assert!(!printed.contains("eyJ"), "{printed}");
        (printed.lines().skip(3).map(str::to_owned).collect(), output.status.code())
    }
}

#[test]
fn a_login_for_another_application_shows_whom_it_is_for_and_the_flags() {
    let office = Office::new();
    let refused = "`lkt serve` answers 401 `wrong_audience` to it";
    for (claims, line, error, help) in [
        (
            json!({"aud": [], "azp": "my-app", "client_id": "my app"}),
            "alg EdDSA, aud [], azp my-app, client_id my app, kid a",
            "the login token has no `aud`, and this server accepts only logins that are for it",
            "; give the one of these that names your application: --auth-claim azp=my-app, --auth-claim \
             'client_id=my app'",
        ),
        (
            json!({"aud": ["account", "api"]}),
            r#"alg EdDSA, aud ["account","api"], kid a"#,
            "the login token is for another application: its `aud` is `account`, `api`",
            "; give the one of these that names your application: --auth-audience account, \
             --auth-audience api",
        ),
        (
            json!({"aud": [], "azp": "*"}),
            "alg EdDSA, aud [], azp *, kid a",
            "the login token has no `aud`, and this server accepts only logins that are for it",
            "",
        ),
    ] {
        let (lines, code) = office.check("--auth-audience mine", &office.token(&claims));
        let expected = [
            format!("token    {line}"),
            "token    no: wrong_audience".to_owned(),
            format!("error: {error}"),
            format!("help: {refused}{help}"),
        ];
        assert_eq!((lines, code), (expected.to_vec(), Some(1)));
    }
}

#[test]
fn a_login_without_an_audience_is_accepted_with_the_flag_that_is_proposed() {
    let office = Office::new();
    let claims = json!({"iss": office.url, "sub": "ada", "azp": "my-app", "exp": now() + 300});
    let token = office.signer.token(r#"{"alg":"EdDSA","kid":"a"}"#, &claims.to_string());
    let shown = "token    alg EdDSA, azp my-app, kid a, no aud";
    let (lines, code) = office.check("--auth-audience mine", &token);
    let help = "help: `lkt serve` answers 401 `wrong_audience` to it; give the one of these that names \
                your application: --auth-claim azp=my-app";
    assert_eq!((lines[0].as_str(), lines[3].as_str(), code), (shown, help, Some(1)));
    let (lines, code) = office.check("--auth-claim azp=my-app", &token);
    assert_eq!(
        (lines, code),
        (vec![shown.to_owned(), "token    good: sub ada".to_owned()], Some(0))
    );
}

#[test]
fn a_good_login_is_shown_with_the_flags_that_serve_needs() {
    let office = Office::new();
    let token = office.token(&json!({"azp": "it's me"}));
    let shown = "token    alg EdDSA, aud lkt, azp it's me, kid a".to_owned();
    let good = "token    good: sub ada".to_owned();
    let flags = r"--auth-audience lkt, --auth-claim 'azp=it'\''s me'";
    let note = format!("note     lkt serve needs the one that names your application: {flags}");
    let expected = vec![shown.clone(), good.clone(), note];
    assert_eq!(office.check("", &token), (expected, Some(0)));
    let expected = vec![shown, good];
    assert_eq!(office.check("--auth-audience lkt", &token), (expected, Some(0)));
    let check = format!("check --auth-issuer {} --auth-token t --json", office.url);
    let report = lkt(&check).file("t", &token).succeeds();
    let report = serde_json::from_str::<Value>(&report).expect("JSON");
    let shown = json!({"alg": "EdDSA", "kid": "a", "aud": "lkt", "azp": "it's me"});
    assert_eq!(report["token"], shown);
    assert_eq!(report["flags"], json!(["--auth-audience lkt", r"--auth-claim 'azp=it'\''s me'"]));
}

#[test]
fn what_is_accepted_and_may_not_be_wanted_is_noted_with_the_flag_that_refuses_it() {
    let office = Office::new();
    for (claims, flag, note) in [
        (
            json!({"sub": "my-app", "client_id": "my-app"}),
            "sub!=my-app",
            "its sub is its application: it is no person's login; --auth-claim 'sub!=my-app' refuses it",
        ),
        (
            json!({"sub": "my-app", "azp": "my-app"}),
            "sub!=my-app",
            "its sub is its application: it is no person's login; --auth-claim 'sub!=my-app' refuses it",
        ),
        (
            json!({"act": {"sub": "bot"}}),
            "!act",
            "somebody else acts for the person (act); --auth-claim '!act' refuses it",
        ),
        (
            json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
            "!cnf",
            "it is bound to a key (cnf), and accepted without proof of that key; --auth-claim '!cnf' \
             refuses it",
        ),
    ] {
        let token = office.token(&claims);
        let (lines, code) = office.check("--auth-audience lkt", &token);
        assert_eq!(lines.last(), Some(&format!("note     {note}")), "{claims}");
        assert_eq!((lines.len(), code), (3, Some(0)), "{lines:?}");
        let (lines, code) =
            office.check(&format!("--auth-audience lkt --auth-claim {flag}"), &token);
        assert_eq!((lines[1].as_str(), code), ("token    no: claim_denied", Some(1)), "{lines:?}");
        let check = format!("check --auth-issuer {} --auth-token t --json", office.url);
        let report = lkt(&check).file("t", &token).succeeds();
        let report = serde_json::from_str::<Value>(&report).expect("JSON");
        assert_eq!(report["notes"], json!([note]));
    }
}

#[test]
fn a_login_is_found_in_what_people_paste() {
    let office = Office::new();
    let token = office.token(&json!({}));
    let note = "note     there is more than the token; clients send the token alone".to_owned();
    for (text, is_noted) in [
        (token.clone(), false),
        (format!("Bearer {token}\n"), false),
        (format!("\"{token}\"\n"), true),
        (json!({"access_token": token, "token_type": "Bearer"}).to_string(), true),
        (format!("Authorization: Bearer {token}"), true),
    ] {
        let (lines, code) = office.check("--auth-audience lkt", &text);
        let shown = "token    alg EdDSA, aud lkt, kid a".to_owned();
        let mut expected = vec![shown, "token    good: sub ada".to_owned()];
        expected.extend(is_noted.then(|| note.clone()));
        assert_eq!((lines, code), (expected, Some(0)), "{}", text.replace(&token, "…"));
    }
}

#[test]
fn an_opaque_token_has_nothing_to_show() {
    let (lines, code) = Office::new().check("--auth-audience lkt", r#"{"access_token": "opaque"}"#);
    assert_eq!(lines.first().map(String::as_str), Some("token    no: unauthorized"));
    assert_eq!((lines.len(), code), (4, Some(1)), "{lines:?}");
}
