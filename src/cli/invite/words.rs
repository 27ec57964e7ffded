//! What an invitation says, in words and as JSON.

use serde_json::{Value, json};

use crate::cli::inspect::words::allows;
use crate::endpoint::invitation::{Invitation, InvitedIdentity};
use crate::times::{rfc3339, words as span};

/// The content as JSON, with the permissions in words.
pub(super) fn json(invitation: &Invitation) -> Value {
    let Invitation { id, room, name, label, not_before, expires_at, uses, .. } = invitation;
    let (identity, prefix) = match &invitation.identity {
        InvitedIdentity::Fixed(identity) => (Some(identity), None),
        InvitedIdentity::Prefix(prefix) => (None, Some(prefix)),
    };
    json!({
        "id": id,
        "room": room,
        "label": label,
        "identity": identity,
        "identity_prefix": prefix,
        "name": name,
        "not_before": not_before.map(rfc3339),
        "expires_at": rfc3339(*expires_at),
        "uses": uses,
        "allows": allows(&invitation.claims()),
    })
}

/// The content in lines: a name and a value.
pub(super) fn lines(invitation: &Invitation, now: u64) -> Vec<String> {
    let Invitation { id, room, name, label, not_before, expires_at, uses, .. } = invitation;
    let identity = match &invitation.identity {
        InvitedIdentity::Fixed(identity) => identity.clone(),
        InvitedIdentity::Prefix(prefix) => format!("{prefix} and random characters"),
    };
    let name = name.clone().unwrap_or_else(|| "chosen by each guest".to_owned());
    let uses = uses.map_or_else(|| "not limited".to_owned(), |uses| format!("at most {uses}"));
    let facts = [
        ("id", Some(id.clone())),
        ("room", Some(room.clone())),
        ("label", label.clone()),
        ("identity", Some(identity)),
        ("name", Some(name)),
        ("uses", Some(uses)),
        ("from", not_before.map(|start| time(start, now))),
        ("until", Some(time(*expires_at, now))),
    ];
    let facts = facts.into_iter().filter_map(|(fact, value)| Some((fact, value?)));
    facts.map(|(fact, value)| format!("{fact:<11} {value}")).collect()
}

fn time(at: u64, now: u64) -> String {
    let relative = match now.checked_sub(at) {
        Some(ago) => format!("{} ago", span(ago)),
        None => format!("in {}", span(at - now)),
    };
    format!("{} ({relative})", rfc3339(at))
}
