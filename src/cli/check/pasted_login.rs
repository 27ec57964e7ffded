//! What a login token says of itself, before it is verified.

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::cli::pasted::token_in;
use crate::endpoint::login::{ClaimCheck, Issuer};
use crate::token::Decoded;

/// The claims that say for which application a login is.
const CLAIMS: [&str; 3] = ["aud", "azp", "client_id"];

/// Maximum length of a value that is shown, in characters.
const SHOWN: usize = 200;

/// A login token that somebody has pasted.
pub(super) struct PastedLogin {
    /// The token itself.
    pub(super) token: Zeroizing<String>,
    /// Whether there was more around it than a client may send.
    pub(super) was_wrapped: bool,
    /// `alg`, `kid` and `typ` of the header, and the claims that say for which application it is.
    /// `None` if the token cannot be decoded.
    facts: Option<Map<String, Value>>,
    /// What `lkt serve` does not look at unless it is told to.
    notes: Vec<String>,
}

impl PastedLogin {
    pub(super) fn new(text: &str) -> Self {
        let token = Zeroizing::new(token_in(text));
        let text = text.trim();
        let bare = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        let was_wrapped = bare != token.as_str();
        let decoded = Decoded::new(&token).ok();
        let notes = decoded.as_ref().map(|token| notes(&token.claims)).unwrap_or_default();
        let facts = decoded.map(|token| {
            let header =
                ["alg", "kid", "typ"].into_iter().map(|name| (name, token.header.get(name)));
            let claims = CLAIMS.into_iter().map(|name| (name, token.claims.get(name)));
            let there =
                |(name, value): (&str, Option<&Value>)| Some((name.to_owned(), value?.clone()));
            header.chain(claims).filter_map(there).collect()
        });
        Self { token, was_wrapped, facts, notes }
    }

    /// What the token says, on one line.
    pub(super) fn line(&self) -> Option<String> {
        let facts = self.facts.as_ref()?;
        let mut said = facts.iter().map(|(name, value)| format!("{name} {}", shown(value)));
        let said = said.by_ref().collect::<Vec<_>>().join(", ");
        let no_audience = if facts.contains_key("aud") { "" } else { ", no aud" };
        Some(format!("{said}{no_audience}"))
    }

    /// What is unusual about the login: `lkt serve` accepts it, but an operator may not want to.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the token says, for programs.
    pub(super) fn json(&self) -> Value {
        json!(self.facts)
    }

    /// The flags that accept only tokens for the same application, one for each claim that says so.
    pub(super) fn flags(&self) -> Vec<String> {
        let texts = |name| match self.facts.as_ref().and_then(|facts| facts.get(name)) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        let flag = |name, text: &str| match name {
            "aud" => format!("--auth-audience {}", quoted(text)),
            name => format!("--auth-claim {}", quoted(&format!("{name}={text}"))),
        };
        let of = |name| {
            texts(name).into_iter().filter(|text| is_name(text)).map(move |text| flag(name, text))
        };
        CLAIMS.into_iter().flat_map(of).collect()
    }
}

/// Notes on a token that is more or less than the login of a person.
fn notes(claims: &Map<String, Value>) -> Vec<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let mut notes = Vec::new();
    let client =
        ["client_id", "azp"].into_iter().filter_map(text).find(|it| text("sub") == Some(it));
    if let Some(client) = client.filter(|client| is_name(client)) {
        let flag = quoted(&format!("sub!={client}"));
        notes.push(format!(
            "its sub is its application: it is no person's login; --auth-claim {flag} refuses it"
        ));
    }
    if claims.contains_key("act") {
        notes.push(
            "somebody else acts for the person (act); --auth-claim '!act' refuses it".to_owned(),
        );
    }
    if claims.contains_key("cnf") {
        notes.push(
            "it is bound to a key (cnf), and accepted without proof of that key; --auth-claim '!cnf' \
             refuses it"
                .to_owned(),
        );
    }
    notes
}

/// Whether the flags pin an application. `lkt serve` requires that.
pub(super) fn is_pinned(issuer: &Issuer) -> bool {
    !issuer.audiences.is_empty() || issuer.checks.iter().any(ClaimCheck::names_value)
}

/// Whether a text may name an application. In a pattern, `*` and `?` would name others too.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= SHOWN && !text.contains(['*', '?'])
}

/// A value on one line, shortened.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A word as a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:/@=+".contains(letter);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
