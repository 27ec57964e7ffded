//! What an endpoint answers to whoever has an invitation.

use std::num::NonZeroU32;
use std::ops::ControlFlow;

use http::request::Parts;
use lkt::endpoint::invitation::{
    Invitation, InvitationError, InvitationKey, Invitations, InvitedIdentity,
};
use lkt::endpoint::login::GivenGrant;
use lkt::endpoint::{BearerTokens, Caller, Endpoint, Field, Identified, Parsed, RoomPattern};
use serde_json::{Value, json};

use super::{NOW, code, forged, invitation, keys, signed_with};
use crate::login::signer::Signer;
use crate::login::{ask, ask_with, ask_with_verdict, claims, key_set, minted, outcome};

/// An endpoint that accepts invitations, and nothing else.
fn endpoint() -> Endpoint {
    let mut endpoint = crate::endpoint::endpoint();
    endpoint.keys = keys();
    endpoint.callers.invitations = Invitations::of([InvitationKey::new(&keys())]);
    endpoint
}

/// The keys of an issuer, which no invitation needs.
fn no_keys() -> std::sync::Arc<lkt::endpoint::login::KeySet> {
    key_set(&[Signer::p256().jwk("one")])
}

fn answer(endpoint: &Endpoint, code: &str, body: &str) -> lkt::endpoint::Answer {
    ask(endpoint, &no_keys(), code, body)
}

/// The claims of the token for an invitation.
fn token(endpoint: &Endpoint, invitation: &Invitation, body: &str) -> Value {
    minted(&answer(endpoint, &signed_with(invitation, &keys()), body))
}

fn refusal(endpoint: &Endpoint, invitation: &Invitation, body: &str) -> (u16, String) {
    outcome(&answer(endpoint, &signed_with(invitation, &keys()), body))
}

/// The caller that brings this invitation, and the head of the request.
fn caller(endpoint: &Endpoint, invitation: &Invitation) -> (Caller, Parts) {
    let bearer = format!("Bearer {}", signed_with(invitation, &keys()));
    let head = http::Request::post("/getToken").header("authorization", bearer);
    let (head, ()) = head.body(()).expect("a request").into_parts();
    match endpoint.identify(&head, false, &[], NOW) {
        ControlFlow::Continue(Identified::Caller(caller)) => (caller, head),
        other => panic!("{other:?}"),
    }
}

/// A request with this invitation, before it is answered.
fn parsed(endpoint: &Endpoint, invitation: &Invitation, body: &str) -> (Parsed, Parts) {
    let (caller, mut head) = caller(endpoint, invitation);
    head.headers.insert("content-type", "application/json".parse().expect("a type"));
    let ControlFlow::Continue(admitted) = endpoint.admit(&head, Some(body.len() as u64)) else {
        panic!("not admitted")
    };
    match endpoint.parse(admitted, caller, &head, body.as_bytes()) {
        ControlFlow::Continue(parsed) => (parsed, head),
        ControlFlow::Break(answer) => panic!("{answer:?}"),
    }
}

fn grant(name: &str, value: bool) -> GivenGrant {
    GivenGrant::new("video", name, value.into()).expect("a grant")
}

#[test]
fn a_guest_gets_the_room_and_a_made_up_identity_and_chooses_the_name() {
    let claims = token(&endpoint(), &invitation(), r#"{"participant_name":"Ada"}"#);
    assert_eq!(claims["video"], json!({"roomJoin": true, "room": "weekly-call"}));
    assert_eq!(claims["name"], "Ada");
    let identity = claims["sub"].as_str().expect("an identity");
    assert_eq!(identity.strip_prefix("guest-").map(str::len), Some(8), "{identity}");
    assert_eq!(token(&endpoint(), &invitation(), "")["name"], identity);
}

#[test]
fn a_person_gets_the_identity_and_the_name_of_the_invitation() {
    let mut personal = invitation();
    personal.identity = InvitedIdentity::Fixed("ada".to_owned());
    personal.name = Some("Ada".to_owned());
    let claims = token(&endpoint(), &personal, "");
    assert_eq!((&claims["sub"], &claims["name"]), (&json!("ada"), &json!("Ada")));
    let same =
        r#"{"room_name":"weekly-call","participant_identity":"ada","participant_name":"Ada"}"#;
    assert_eq!(token(&endpoint(), &personal, same)["sub"], "ada");
    let denied = (403, "field_denied".to_owned());
    assert_eq!(refusal(&endpoint(), &personal, r#"{"participant_name":"Eve"}"#), denied);
    assert_eq!(refusal(&endpoint(), &personal, r#"{"participant_identity":"eve"}"#), denied);
}

#[test]
fn what_the_invitation_decides_is_not_for_guests_to_choose() {
    for body in [
        r#"{"room_name":"board-meeting"}"#,
        r#"{"roomName":"board-meeting"}"#,
        r#"{"participant_identity":"host"}"#,
        r#"{"participant_identity":"guest-"}"#,
        r#"{"room_config":{"agents":[{"agent_name":"spy"}]}}"#,
        r#"{"room_config":{"egress":{"room":{"file_outputs":[{"filepath":"x"}]}}}}"#,
        r#"{"room_config":{"name":"x"}}"#,
    ] {
        let refused = refusal(&endpoint(), &invitation(), body);
        assert_eq!(refused, (403, "field_denied".to_owned()), "{body}");
    }
    // Mobile SDKs always send an empty one.
    token(&endpoint(), &invitation(), r#"{"room_name":"weekly-call","room_config":{}}"#);
}

#[test]
fn the_grants_are_those_of_the_invitation_alone() {
    let mut endpoint = endpoint();
    endpoint.rules.base.video.room_admin = true;
    endpoint.rules.base.video.can_publish = Some(false);
    endpoint.rules.base.room_preset = "small".to_owned();
    let mut given = invitation();
    given.grants = vec![grant("canSubscribe", false), grant("hidden", true)];
    let claims = token(&endpoint, &given, "");
    let video =
        json!({"roomJoin": true, "room": "weekly-call", "canSubscribe": false, "hidden": true});
    assert_eq!((&claims["video"], &claims["roomPreset"]), (&video, &json!("small")));
}

#[test]
fn no_token_outlasts_its_invitation() {
    let mut short = invitation();
    short.expires_at = NOW + 30;
    assert_eq!(token(&endpoint(), &short, "")["exp"], NOW + 30);
    assert_eq!(token(&endpoint(), &invitation(), "")["exp"], NOW + 600);
    let mut fixed = endpoint();
    fixed.rules.lifetime.expires_at = Some(NOW + 9000);
    assert_eq!(token(&fixed, &invitation(), "")["exp"], NOW + 3600);
}

#[test]
fn every_forged_or_mixed_up_code_is_refused_over_http_too() {
    let endpoint = endpoint();
    let keys = no_keys();
    let mut tried = 0;
    for (code, expected) in forged::all() {
        let header = format!("Bearer {code}");
        // What no header can hold, or what HTTP ignores at the end of one, cannot be sent.
        if code.is_empty() || header.trim() != header || code.starts_with(' ') || !code.is_ascii() {
            continue;
        }
        let answer = ask_with(&endpoint, &keys, &[("authorization", &header)], "{}");
        assert_eq!(outcome(&answer), (401, expected.to_owned()), "{code}");
        let body = String::from_utf8_lossy(answer.response.body()).into_owned();
        let tail = &code[code.len().saturating_sub(20)..];
        assert!(tail.len() < 20 || !body.contains(tail), "{body}");
        tried += 1;
    }
    assert!(tried >= 40, "{tried}");
}

#[test]
fn without_an_invitation_there_is_no_token_unless_guests_are_accepted() {
    let mut endpoint = endpoint();
    let unauthorized = (401, "unauthorized".to_owned());
    let keys = no_keys();
    let bare = |endpoint: &Endpoint| ask_with(endpoint, &keys, &[], "{}");
    assert_eq!(outcome(&bare(&endpoint)), unauthorized);
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(outcome(&ask_with(&endpoint, &keys, &twice, "{}")), unauthorized);
    endpoint.callers.guests = true;
    assert_eq!(minted(&bare(&endpoint))["sub"], "quickstart-identity");
    // Who brings a bad one is refused all the same.
    assert_eq!(outcome(&answer(&endpoint, "lkti_AAAA", "")).0, 401);
}

#[test]
fn logins_and_bearer_tokens_work_beside_invitations() {
    let signer = Signer::p256();
    let mut endpoint = crate::login::endpoint();
    endpoint.callers.bearer = BearerTokens::from_lines("a-token-of-a-server");
    endpoint.callers.invitations = Invitations::of([InvitationKey::new(&keys())]);
    let keys = key_set(&[signer.jwk("one")]);
    let header = r#"{"alg":"ES256","kid":"one"}"#;
    let login = signer.token(header, &claims(&json!({})));
    let person = ask(&endpoint, &keys, &login, "").login.expect("a login");
    assert_eq!(person.subject, "ada");
    let body = r#"{"participant_identity":"bot"}"#;
    assert_eq!(minted(&ask(&endpoint, &keys, "a-token-of-a-server", body))["sub"], "bot");
    let invited = minted(&ask(&endpoint, &keys, &code(), ""));
    assert_eq!(invited["video"]["room"], "weekly-call");
    // Without `--invites`, a code is no login.
    endpoint.callers.invitations = Invitations::default();
    assert_eq!(outcome(&ask(&endpoint, &keys, &code(), "")), (401, "unauthorized".to_owned()));
}

#[test]
fn a_maximum_number_of_uses_needs_someone_who_counts() {
    let mut endpoint = endpoint();
    let mut once = invitation();
    once.uses = NonZeroU32::new(1);
    assert_eq!(refusal(&endpoint, &once, ""), (401, "invitation_uncounted".to_owned()));
    endpoint.callers.invitations.counts_uses = true;
    token(&endpoint, &once, "");
    // What a program that counts finds, and answers.
    let (parsed, head) = parsed(&endpoint, &once, "");
    let found = parsed.caller().invitation().expect("an invitation");
    assert_eq!((found.id.as_str(), found.uses), (once.id.as_str(), once.uses));
    let answer = endpoint.refuse_parsed(&parsed, &head, InvitationError::UsedUp);
    assert_eq!(outcome(&answer), (401, "invitation_used_up".to_owned()));
    assert_eq!(answer.invitation.as_deref(), Some(once.id.as_str()));
}

#[test]
fn the_policy_applies_as_for_any_login() {
    let with = |change: &dyn Fn(&mut Endpoint)| {
        let mut endpoint = endpoint();
        change(&mut endpoint);
        endpoint
    };
    let rooms = with(&|it| it.policy.rooms = vec![RoomPattern::new("team-*").expect("a pattern")]);
    assert_eq!(refusal(&rooms, &invitation(), ""), (403, "room_denied".to_owned()));
    let denied = with(&|it| it.policy.deny.extend([Field::ParticipantName]));
    let body = r#"{"participant_name":"Ada"}"#;
    assert_eq!(refusal(&denied, &invitation(), body), (403, "field_denied".to_owned()));
    let required = with(&|it| it.policy.require.extend([Field::ParticipantName]));
    assert_eq!(refusal(&required, &invitation(), ""), (400, "field_required".to_owned()));
    token(&required, &invitation(), body);
    // What the invitation gives, nobody has to send.
    let given = with(&|it| {
        it.policy.require.extend([Field::RoomName, Field::ParticipantIdentity]);
        it.policy.deny.insert(Field::ParticipantMetadata);
    });
    token(&given, &invitation(), "");
}

#[test]
fn a_backend_learns_of_the_invitation_and_has_the_last_word() {
    let endpoint = endpoint();
    let (parsed, _) = parsed(&endpoint, &invitation(), r#"{"participant_name":"Ada"}"#);
    let question = serde_json::from_slice::<Value>(&parsed.question("unix")).expect("JSON");
    let expected = json!({"id": invitation().id, "room": "weekly-call", "label": null});
    assert_eq!((&question["invitation"], &question["claims"]), (&expected, &Value::Null));
    assert_eq!(question["request"]["room_name"], "weekly-call");
    let said = r#"{"room_name":"waiting-room","grants":{"canPublish":false}}"#;
    let bearer = format!("Bearer {}", code());
    let headers = [("authorization", bearer.as_str())];
    let answer = ask_with_verdict(&endpoint, &no_keys(), &headers, "", said);
    let video = json!({"roomJoin": true, "room": "waiting-room", "canPublish": false});
    assert_eq!(minted(&answer)["video"], video);
}

#[test]
fn a_page_of_the_server_itself_may_use_an_invitation_at_any_address() {
    let mut endpoint = endpoint();
    endpoint.hosts = lkt::endpoint::Hosts::Any;
    let bearer = format!("Bearer {}", code());
    let tried = |headers: &[(&str, &str)]| {
        let mut request = http::Request::post("/getToken");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        endpoint.admit(&head, Some(0)).is_continue()
    };
    let invited = ("authorization", bearer.as_str());
    let host = ("host", "call.example.com");
    assert!(tried(&[invited, host, ("origin", "https://call.example.com")]));
    assert!(tried(&[invited, host, ("origin", "http://CALL.example.com")]));
    let rewritten = ("host", "127.0.0.1:3000");
    let own = ("sec-fetch-site", "same-origin");
    assert!(tried(&[invited, rewritten, ("origin", "https://call.example.com"), own]));
    for headers in [
        &[invited, host, ("origin", "https://evil.example")][..],
        &[invited, host, ("origin", "https://call.example.com.evil.example")],
        &[invited, host, ("origin", "https://call.example.com:8443")],
        &[invited, host, ("origin", "null")],
        &[invited, rewritten, ("origin", "https://call.example.com")],
        &[invited, rewritten, ("origin", "https://evil.example"), ("sec-fetch-site", "same-site")],
        &[host, ("origin", "https://call.example.com")],
        &[("authorization", "Bearer x"), host, ("origin", "https://call.example.com")],
    ] {
        assert!(!tried(headers), "{headers:?}");
    }
}

#[test]
fn an_invitation_to_one_person_counts_as_a_person_and_another_does_not() {
    let mut personal = invitation();
    personal.identity = InvitedIdentity::Fixed("ada".to_owned());
    for (invitation, person) in [(&invitation(), None), (&personal, Some(personal.id.as_str()))] {
        let (caller, _) = caller(&endpoint(), invitation);
        assert_eq!(caller.person().map(|(_, id)| id), person);
        assert!(!caller.is_guest() && !caller.is_server() && caller.login().is_none());
    }
}

#[test]
fn an_invitation_is_enough_where_others_need_two_credentials() {
    let mut endpoint = endpoint();
    endpoint.callers.bearer = BearerTokens::from_lines("a-token-of-a-server");
    token(&endpoint, &invitation(), "");
    endpoint.callers.proxy_header = Some(http::HeaderName::from_static("remote-user"));
    token(&endpoint, &invitation(), "");
    let user = ("remote-user", "ada");
    let server = ("authorization", "Bearer a-token-of-a-server");
    assert_eq!(
        minted(&ask_with(&endpoint, &no_keys(), &[user, server], ""))["video"]["roomJoin"],
        true
    );
    let mut head = http::Request::post("/getToken").body(()).expect("a request").into_parts().0;
    head.headers.insert("remote-user", "ada".parse().expect("a user"));
    assert!(endpoint.admit(&head, Some(0)).is_break());
}
