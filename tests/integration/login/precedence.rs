//! Who decides a field: the client, the backend, `--set` or `--default`, for each kind of caller.

use std::sync::Arc;

use lkt::endpoint::login::KeySet;
use lkt::endpoint::{Answer, BearerTokens, Endpoint, Field, RoomConfigPart, When};
use serde_json::{Value, json};

use super::signer::Signer;
use super::{ask_with_verdict, claims, endpoint, key_set, minted, outcome};

/// A value of each field, and the place of the value in the claims. Values of different sources
/// differ in one word, `by`.
fn value(field: Field, by: &str) -> Value {
    match field {
        Field::ParticipantAttributes => json!({"by": by}),
        Field::RoomConfig | Field::RoomConfigPart(_) => json!({"metadata": by}),
        _ => json!(by),
    }
}

fn place(field: Field) -> &'static str {
    match field {
        Field::RoomName => "/video/room",
        Field::ParticipantIdentity => "/sub",
        Field::ParticipantName => "/name",
        Field::ParticipantMetadata => "/metadata",
        Field::ParticipantAttributes => "/attributes/by",
        _ => "/roomConfig/metadata",
    }
}

/// The value as `--set` and `--default` take it.
fn text(field: Field, by: &str) -> String {
    match field {
        Field::ParticipantAttributes | Field::RoomConfig => value(field, by).to_string(),
        _ => by.to_owned(),
    }
}

/// The sources that have a value for the field.
#[derive(Clone, Copy)]
struct Sources {
    client: bool,
    backend: bool,
    set: Option<&'static str>,
    default: bool,
}

const CALLERS: [&str; 3] = ["guest", "user", "server"];

struct Office {
    signer: Signer,
    keys: Arc<KeySet>,
}

impl Office {
    fn endpoint(field: Field, sources: Sources) -> Endpoint {
        let mut endpoint = endpoint();
        endpoint.callers.guests = true;
        endpoint.callers.bearer = BearerTokens::from_lines("a-token-of-a-server");
        let mut add = |by, when| {
            let added = endpoint.rules.fields.set(field, &text(field, by), when);
            added.expect("a template");
        };
        if let Some(by) = sources.set {
            add(by, When::Always);
        }
        if sources.default {
            add("default", When::Absent);
        }
        endpoint
    }

    fn ask(&self, caller: &str, field: Field, sources: Sources) -> Answer {
        let name = match field {
            Field::RoomConfigPart(_) => Field::RoomConfig.to_string(),
            field => field.to_string(),
        };
        let said = |is_said: bool, by| {
            if is_said { json!({name.as_str(): value(field, by)}) } else { json!({}) }
        };
        let token = match caller {
            "user" => {
                let login = claims(&json!({"word": "set"}));
                Some(self.signer.token(r#"{"alg":"EdDSA"}"#, &login))
            }
            "server" => Some("a-token-of-a-server".to_owned()),
            _ => None,
        };
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers = bearer.iter().map(|bearer| ("authorization", bearer.as_str()));
        let headers = headers.collect::<Vec<_>>();
        let verdict = said(sources.backend, "backend").to_string();
        let endpoint = Self::endpoint(field, sources);
        let body = said(sources.client, "client").to_string();
        ask_with_verdict(&endpoint, &self.keys, &headers, &body, &verdict)
    }
}

/// Whose value is in the token, or the code of the refusal.
fn winner(field: Field, answer: &Answer) -> String {
    let (status, code) = outcome(answer);
    if status != 201 {
        return code;
    }
    let claims = minted(answer);
    let value = claims.pointer(place(field)).and_then(Value::as_str).unwrap_or("none");
    match value {
        "haaaaaaa" | "guest-haaaaaaa" => "random".to_owned(),
        value if value.starts_with("quickstart-") => "usual".to_owned(),
        value => value.to_owned(),
    }
}

/// Who wins, for every field. `absent` is the field's own fallback. `private` is what a guest gets
/// where the field is made from a login: see [`expected`].
const TABLE: &str = "
client backend --set        --default | guest        user         server
-      -       -            -         | absent       absent       absent
-      -       -            default   | default      default      default
-      backend -            -         | backend      backend      backend
-      backend -            default   | backend      backend      backend
client -       -            -         | client       client       client
client -       -            default   | client       client       client
client backend -            -         | backend      backend      backend
client backend -            default   | backend      backend      backend
-      -       set          -         | set          set          set
-      -       set          default   | set          set          set
-      backend set          -         | ask_failed   ask_failed   ask_failed
-      backend set          default   | ask_failed   ask_failed   ask_failed
client -       set          -         | field_denied field_denied field_denied
client -       set          default   | field_denied field_denied field_denied
client backend set          -         | ask_failed   ask_failed   ask_failed
client backend set          default   | ask_failed   ask_failed   ask_failed
-      -       {claim.word} -         | private      set          absent
-      -       {claim.word} default   | private      set          default
-      backend {claim.word} -         | backend      ask_failed   backend
-      backend {claim.word} default   | backend      ask_failed   backend
client -       {claim.word} -         | field_denied field_denied client
client -       {claim.word} default   | field_denied field_denied client
client backend {claim.word} -         | backend      ask_failed   backend
client backend {claim.word} default   | backend      ask_failed   backend
";

/// Replaces `absent` and `private` by what they mean for a field.
fn expected(field: Field, cell: &str, default: bool) -> &'static str {
    let absent = match field {
        Field::RoomName | Field::ParticipantIdentity | Field::ParticipantName => "usual",
        _ => "none",
    };
    match (cell, field) {
        ("private", Field::RoomName) => "claim_missing",
        ("private", Field::ParticipantIdentity) => "random",
        ("private", _) if default => "default",
        ("absent" | "private", _) => absent,
        (other, _) => {
            let known = ["default", "backend", "client", "set", "ask_failed", "field_denied"];
            known.into_iter().find(|known| *known == other).expect(other)
        }
    }
}

#[test]
fn each_field_comes_from_the_source_that_the_table_names() {
    let signer = Signer::ed25519();
    let keys = key_set(&[signer.jwk("")]);
    let office = Office { signer, keys };
    let part = Field::RoomConfigPart(RoomConfigPart::Metadata);
    for field in Field::WHOLE.into_iter().chain([part]) {
        for row in TABLE.lines().skip(2) {
            let cells = row.split([' ', '|']).filter(|cell| !cell.is_empty()).collect::<Vec<_>>();
            let [client, backend, set, default, winners @ ..] = cells.as_slice() else {
                panic!("{row}")
            };
            let sources = Sources {
                client: *client == "client",
                backend: *backend == "backend",
                set: Some(*set).filter(|set| *set != "-"),
                default: *default == "default",
            };
            for (caller, cell) in CALLERS.into_iter().zip(winners) {
                let expected = expected(field, cell, sources.default);
                let found = winner(field, &office.ask(caller, field, sources));
                assert_eq!(found, expected, "{field}, {caller}: {row}");
            }
        }
    }
}
