//! Codes that no server may accept, each with the reason.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lkt::endpoint::invitation::{
    InvitationError, InvitationKey, InvitedIdentity, MAX_CODE, verify,
};
use lkt::token::{KeyPair, Token};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use serde_json::json;
use sha2::Sha256;

use super::{NOW, SECRET, code, invitation, keys, pair, signed_with};

/// The bytes of a code: the key's id, the authentication code, the content.
fn bytes(code: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(code.strip_prefix("lkti_").expect("a code")).expect("base64url")
}

fn encoded(bytes: &[u8]) -> String {
    format!("lkti_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A code with this content, signed with a key that is not derived: the API secret itself.
fn signed_with_the_secret(content: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    let mac = mac.chain_update(content).finalize().into_bytes();
    encoded(&[&bytes(&code())[..4], mac.as_slice(), content.as_bytes()].concat())
}

/// A JWT that is signed with the API secret.
fn jwt(header: &serde_json::Value, claims: &serde_json::Value) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    let mac = mac.chain_update(&message).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// Changes the bytes of a good code.
fn changed(change: impl Fn(&mut Vec<u8>)) -> String {
    let mut bytes = bytes(&code());
    change(&mut bytes);
    encoded(&bytes)
}

/// The content of a good code as text.
fn content() -> String {
    String::from_utf8(bytes(&code())[36..].to_vec()).expect("JSON")
}

/// A code with another content and the signature of a good one.
fn with_content(content: &str) -> String {
    encoded(&[&bytes(&code())[..36], content.as_bytes()].concat())
}

/// Other credentials.
fn mixed_up() -> Vec<(String, &'static str)> {
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let invited = json!({"i": "x", "r": "weekly-call", "e": NOW + 3600});
    let (key, secret) = (keys(), SECRET);
    let livekit = Token::join("weekly-call", "ada").sign(&key, NOW).expect("signs");
    let id_token = json!({"iss": "https://login.example", "sub": "ada", "exp": NOW + 3600});
    let none = json!({"alg": "none"});
    let other = |credential: String| (credential, "not_an_invitation");
    vec![
        other(livekit.clone()),
        other(jwt(&header, &id_token)),
        other(jwt(&header, &invited)),
        other(jwt(&json!({"alg": "HS256", "typ": "lkt-invitation"}), &invited)),
        other(format!("{}.", jwt(&none, &invited).rsplit_once('.').expect("parts").0)),
        other(secret.to_owned()),
        other("APIkey".to_owned()),
        other(String::new()),
        other("lkti".to_owned()),
        other("LKTI_".to_owned() + &code()[5..]),
        other(code()[5..].to_owned()),
        other(format!(" {}", code())),
        other(format!("https://call.example.com/join#{}", code())),
        other(format!("Bearer {}", code())),
        other("a.b.c".to_owned()),
        other("x".repeat(100_000)),
        other(format!("{}.{}.{}", "e30", "A".repeat(9000), "e30")),
        (format!("lkti_{livekit}"), "invitation_malformed"),
        (format!("lkti_{secret}"), "invitation_malformed"),
    ]
}

/// Codes whose form is wrong.
fn malformed() -> Vec<(String, &'static str)> {
    let good = code();
    let padded = format!("lkti_{}", URL_SAFE.encode([bytes(&good), vec![b' ']].concat()));
    let standard = format!("lkti_{}", STANDARD.encode([255; 48]));
    let codes = [
        "lkti_".to_owned(),
        "lkti_A".to_owned(),
        "lkti_AAAA".to_owned(),
        good[..40].to_owned(),
        encoded(&bytes(&good)[..35]),
        format!("{good}="),
        format!("{good}\n"),
        format!("{good} "),
        format!("{good}."),
        format!("{good}%20"),
        format!("{good}>"),
        padded,
        standard,
        good.replacen('_', "_ ", 1),
        format!("lkti_lkti_{}", &good[5..].replace('_', "/")),
        format!("lkti_{}", "A".repeat(MAX_CODE)),
        format!("{good}{}", "A".repeat(100_000)),
        "lkti_ümlaut".to_owned(),
    ];
    codes.into_iter().map(|code| (code, "invitation_malformed")).collect()
}

/// Codes of other keys, and codes that were changed.
fn forged() -> Vec<(String, &'static str)> {
    let by = |keys: &KeyPair| signed_with(&invitation(), keys);
    let mut elsewhere = invitation();
    elsewhere.room = "board-meeting".to_owned();
    let elsewhere = signed_with(&elsewhere, &keys());
    let spliced = [&bytes(&code())[..36], &bytes(&elsewhere)[36..]].concat();
    let foreign = by(&pair("APIkey", "another-secret-with-more-than-32-bytes"));
    let relabelled = [&bytes(&code())[..4], &bytes(&foreign)[4..]].concat();
    let unknown = |code: String| (code, "invitation_unknown_key");
    let wrong = |code: String| (code, "invitation_bad_signature");
    vec![
        unknown(foreign),
        unknown(by(&pair("APIother", SECRET))),
        unknown(by(&KeyPair::dev())),
        unknown(changed(|bytes| bytes[0] ^= 1)),
        unknown(changed(|bytes| bytes[3] ^= 128)),
        unknown(changed(|bytes| bytes[..4].fill(0))),
        unknown(changed(|bytes| bytes.reverse())),
        wrong(encoded(&relabelled)),
        wrong(encoded(&spliced)),
        wrong(changed(|bytes| bytes[4] ^= 1)),
        wrong(changed(|bytes| bytes[35] ^= 1)),
        wrong(changed(|bytes| bytes[4..36].fill(0))),
        wrong(changed(|bytes| *bytes.last_mut().expect("bytes") ^= 1)),
        wrong(changed(|bytes| bytes.truncate(36))),
        wrong(changed(|bytes| bytes.truncate(60))),
        wrong(changed(|bytes| bytes.push(b' '))),
        wrong(changed(|bytes| bytes.insert(36, b' '))),
        wrong(with_content(&content().replace("weekly-call", "board-meeting"))),
        wrong(with_content(&content().replace(&(NOW + 3600).to_string(), "9999999999"))),
        wrong(with_content(&content().replacen('{', r#"{"g":{"roomAdmin":true},"#, 1))),
        wrong(with_content(&content().replacen('{', r#"{"r":"board-meeting","#, 1))),
        wrong(with_content("{}")),
        wrong(with_content(&"[".repeat(1000))),
        wrong(signed_with_the_secret(&content())),
    ]
}

/// Codes that are not valid now.
fn at_the_wrong_time() -> Vec<(String, &'static str)> {
    let until = |expires_at| {
        let mut invitation = invitation();
        invitation.expires_at = expires_at;
        signed_with(&invitation, &keys())
    };
    let from = |start| {
        let mut invitation = invitation();
        invitation.not_before = Some(start);
        signed_with(&invitation, &keys())
    };
    vec![
        (until(NOW), "invitation_expired"),
        (until(NOW - 1), "invitation_expired"),
        (until(0), "invitation_expired"),
        (from(NOW + 1), "invitation_not_yet_valid"),
        (from(u64::MAX), "invitation_not_yet_valid"),
    ]
}

/// Every code that is refused, with the refusal's code.
pub(super) fn all() -> Vec<(String, &'static str)> {
    [mixed_up(), malformed(), forged(), at_the_wrong_time()].concat()
}

fn refusal(code: &str) -> InvitationError {
    let keys = [InvitationKey::new(&keys())];
    verify(code, &keys, NOW).expect_err(code)
}

#[test]
fn every_forged_or_mixed_up_code_is_refused_by_its_code() {
    let all = all();
    assert!(all.len() >= 40, "{}", all.len());
    for (code, expected) in all {
        assert_eq!(refusal(&code).code().as_str(), expected, "{code}");
    }
}

#[test]
fn no_single_character_of_a_code_can_be_changed_or_left_out() {
    let good = code();
    for at in 0..good.len() {
        let mut left_out = good.clone();
        left_out.remove(at);
        refusal(&left_out);
        let other = if &good[at..=at] == "A" { "B" } else { "A" };
        refusal(&format!("{}{other}{}", &good[..at], &good[at + 1..]));
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_is_refused(text in ".{0,300}", bytes in vec(any::<u8>(), 0..300)) {
        for code in [text.clone(), format!("lkti_{text}"), encoded(&bytes)] {
            refusal(&code);
        }
        let mut signed = bytes_of_key();
        signed.extend(bytes);
        refusal(&encoded(&signed));
    }
}

/// The id of the server's own key.
fn bytes_of_key() -> Vec<u8> {
    bytes(&code())[..4].to_vec()
}

#[test]
fn a_foreign_credential_is_named_and_never_quoted() {
    for (credential, named) in [
        (Token::join("demo", "ada").sign(&keys(), NOW).expect("signs"), "a LiveKit token"),
        (jwt(&json!({"alg": "HS256"}), &json!({"sub": "ada"})), "a login token"),
        ("hunter2hunter2hunter2".to_owned(), "something else"),
    ] {
        let expected = format!("the credential is {named}, not an invitation");
        assert_eq!(refusal(&credential).to_string(), expected);
    }
}

#[test]
fn an_invitation_is_read_back_as_it_was_signed() {
    let mut given = invitation();
    given.identity = InvitedIdentity::Fixed("ada".to_owned());
    given.name = Some("Ada “Countess” 🦆".to_owned());
    given.label = Some("Weekly call".to_owned());
    given.not_before = Some(NOW);
    given.uses = std::num::NonZeroU32::new(20);
    for other in [invitation(), given] {
        let keys = [InvitationKey::new(&KeyPair::dev()), InvitationKey::new(&keys())];
        let code = other.sign(&keys[1]).expect("a code");
        assert_eq!(verify(&code, &keys, NOW), Ok(other.clone()));
        assert_eq!(verify(&code, &keys, NOW + 3599), Ok(other));
    }
}

#[test]
fn a_livekit_server_reads_no_invitation_as_a_token() {
    assert!(keys().verify(&code(), NOW).is_err());
}

#[test]
fn a_code_is_the_one_that_another_implementation_makes() {
    // Python: HKDF over hmac.new, then hmac.new(key, content, "sha256").
    let expected = "lkti_V95iOOLgHZUTqsgLci0BzeFgJzczAvpsW_HC2eWoXR5F8X9AeyJpIjoiaGFhYWFhYWFoYWFhYWFh\
                    YSIsInIiOiJ3ZWVrbHktY2FsbCIsImUiOjE3OTU0OTM4Mzl9";
    assert_eq!(signed_with(&invitation(), &KeyPair::dev()), expected);
}

#[test]
fn a_code_that_is_too_long_is_not_made() {
    let mut long = invitation();
    long.label = Some("x".repeat(MAX_CODE));
    let error = long.sign(&InvitationKey::new(&keys())).expect_err("too long");
    assert!(error.to_string().ends_with("bytes, and the maximum is 2048"), "{error}");
}
