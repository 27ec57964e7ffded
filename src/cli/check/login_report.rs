//! The report of `lkt check --auth-issuer`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pasted_login::{PastedLogin, is_pinned};
use crate::endpoint::Code;
use crate::endpoint::login::{Algorithm, Issuer, KeySet, Login};
use crate::printable::{Printable, pretty_json};
use crate::token::TokenLimits;

/// The keys of the issuer, and where they come from.
pub(super) struct IssuerKeys {
    pub(super) keys: Arc<KeySet>,
    pub(super) place: String,
}

/// A login that `lkt serve` accepts.
pub(super) struct Accepted {
    pub(super) login: Login,
    /// The size of its name in bytes, if only the beginning is in LiveKit's token.
    pub(super) cut_name: Option<usize>,
}

/// Why `lkt serve` does not accept a login.
pub(super) struct NotAccepted {
    pub(super) code: Code,
    pub(super) error: String,
}

/// What was found out about an issuer, and about a login of it.
pub(super) struct LoginReport<'r> {
    pub(super) issuer: &'r Issuer,
    pub(super) found: &'r IssuerKeys,
    pub(super) pasted: Option<&'r PastedLogin>,
    pub(super) verified: Option<&'r Result<Accepted, NotAccepted>>,
}

impl LoginReport<'_> {
    /// The report for people.
    pub(super) fn text(&self) -> String {
        let name = match self.issuer.name.as_str() {
            "" => "(none: logins without iss)",
            name => name,
        };
        let mut lines = vec![("issuer", name.to_owned()), ("keys", self.found.place.clone())];
        self.add_keys(&mut lines);
        self.add_token(&mut lines);
        let mut text = String::new();
        for (name, line) in lines {
            text += &Printable(&format!("{name:<8} {line}")).to_string();
            text.push('\n');
        }
        text
    }

    fn add_keys(&self, lines: &mut Vec<(&str, String)>) {
        if self.issuer.secret.is_some() {
            lines.push(("key", "a shared secret: HS256, HS384, HS512".to_owned()));
        }
        for key in &self.found.keys.keys {
            let id = key.id.as_deref().unwrap_or("(no kid)");
            let algorithm =
                key.algorithm.map_or_else(|| "any algorithm of it".to_owned(), |a| a.to_string());
            lines.push(("key", format!("{id}: {}, {algorithm}", key.key_type())));
        }
        lines.extend(self.found.keys.untried().map(|problem| ("note", problem)));
        lines.extend(self.found.keys.unusable.iter().map(|key| ("unused", key.to_string())));
    }

    fn add_token(&self, lines: &mut Vec<(&str, String)>) {
        let (Some(pasted), Some(verified)) = (self.pasted, self.verified) else { return };
        lines.extend(pasted.line().map(|line| ("token", line)));
        lines.push(match verified {
            Ok(Accepted { login, .. }) => {
                ("token", format!("good: {} {}", self.issuer.user, login.user()))
            }
            Err(NotAccepted { code, .. }) => ("token", format!("no: {code}")),
        });
        if let Ok(Accepted { cut_name: Some(size), .. }) = verified {
            let note = format!(
                "its name has {size} bytes; a LiveKit server accepts {}, so only its beginning is used",
                TokenLimits::default().name
            );
            lines.push(("note", note));
        }
        if pasted.was_wrapped {
            let note = "there is more than the token; clients send the token alone";
            lines.push(("note", note.to_owned()));
        }
        if verified.is_ok() {
            lines.extend(pasted.notes().iter().map(|note| ("note", note.clone())));
        }
        let flags = pasted.flags();
        if verified.is_ok() && !is_pinned(self.issuer) && !flags.is_empty() {
            let flags = flags.join(", ");
            lines.push((
                "note",
                format!("lkt serve needs the one that names your application: {flags}"),
            ));
        }
    }

    /// The report for programs.
    pub(super) fn json(&self) -> String {
        let keys = self.found.keys.keys.iter().map(|key| {
            let algorithm = key.algorithm.map(Algorithm::as_str);
            json!({"kid": key.id, "type": key.key_type().to_string(), "alg": algorithm})
        });
        let unused = self
            .found
            .keys
            .unusable
            .iter()
            .map(|key| json!({"kid": key.id, "type": key.key_type, "problem": key.problem}));
        let error = self.verified.and_then(|verified| verified.as_ref().err());
        let accepted = self.verified.and_then(|verified| verified.as_ref().ok());
        let value = json!({
            "ok": error.is_none(),
            "issuer": self.issuer.name,
            "keys_from": self.found.place,
            "keys": keys.collect::<Vec<_>>(),
            "unused": unused.collect::<Vec<_>>(),
            "token": self.pasted.map_or(Value::Null, PastedLogin::json),
            "flags": self.pasted.map(PastedLogin::flags).unwrap_or_default(),
            "notes": accepted.and(self.pasted).map(PastedLogin::notes).unwrap_or_default(),
            "claims": accepted.map(|accepted| &accepted.login.claims),
            "cut_name": accepted.and_then(|accepted| accepted.cut_name),
            "code": error.map(|error| error.code.as_str()),
            "error": error.map(|error| &error.error),
        });
        pretty_json(&value)
    }
}
