//! What the log says about every request. Values that clients chose are recorded as strings, never with
//! `%`: the text format quotes and escapes them, and the JSON format encodes them as JSON. Each value is
//! cut, so that the length of a line is bounded. `docs/log.schema.json` has the fields.

use std::borrow::Cow;

use crate::endpoint::{Minted, Refusal};
use crate::printable::may_contain_token;
use crate::server::Answered;
use crate::service::request_id::{REQUEST_ID, Trace};

/// Maximum length of a value in the log, in bytes, after escaping.
const MAX_VALUE: usize = 480;

/// The same for values that are seldom long. All values of a line together fit into it, since a JSON line
/// that is too long is lost as a whole.
const MAX_SHORT: usize = 240;

/// A request and its caller.
pub(super) struct Line<'a> {
    method: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    status: u16,
    took_us: u64,
    request_id: Option<&'a str>,
    trace: Option<Trace<'a>>,
    caller: Option<&'static str>,
    sub: Option<Cow<'a, str>>,
    iss: Option<Cow<'a, str>>,
    jti: Option<Cow<'a, str>>,
    invitation: Option<Cow<'a, str>>,
    remote: &'a str,
}

impl<'a> Line<'a> {
    /// What is known about a request from `remote`.
    pub(super) fn new(answered: &Answered<'a>, remote: &'a str) -> Self {
        let (head, answer) = (answered.head, answered.answer);
        let login = answer.login.as_deref();
        Self {
            method: head.map(|head| short(head.method.as_str())),
            path: head.map(|head| match without_tokens(head.uri.path()) {
                Cow::Borrowed(path) => short(path),
                Cow::Owned(path) => Cow::Owned(short(&path).into_owned()),
            }),
            status: answer.response.status().as_u16(),
            took_us: u64::try_from(answered.arrived.elapsed().as_micros()).unwrap_or(u64::MAX),
            // The answer has the id of the request, or the one that was made for it.
            request_id: answer.response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()),
            trace: head.and_then(|head| Trace::of(&head.headers)),
            caller: answer.caller,
            sub: login.map(|login| cut(&login.subject)),
            iss: login.map(|login| login.issuer.as_str()).filter(|iss| !iss.is_empty()).map(short),
            jti: login.and_then(|login| login.id.as_deref()).map(short),
            invitation: answer.invitation.as_deref().map(short),
            remote,
        }
    }

    /// Logs that a token was issued.
    pub(super) fn minted(&self, minted: &Minted) {
        let Self { status, took_us, request_id, caller, remote, .. } = *self;
        let (method, path, [sub, iss, jti, invitation]) = self.texts();
        let (trace_id, span_id) = self.trace_ids();
        let claims = &minted.claims;
        let (room, identity) = (&*cut(&claims.video.room), &*cut(&claims.sub));
        let grants = claims.grants_in_short();
        let (key, grants) = (&*short(&claims.iss), &*short(&grants));
        let agents = (!minted.agents.is_empty()).then(|| minted.agents.join(", "));
        let agents = agents.as_deref().map(short);
        let (agents, expires_at) = (agents.as_deref(), claims.exp);
        let cut_name = minted.cut_name;
        tracing::info!(
            method, path, status, took_us, request_id, trace_id, span_id, room, identity, caller,
            sub, iss, jti, invitation, key, grants, agents, cut_name, expires_at, remote,
            "request"
        );
    }

    /// Logs a refusal.
    pub(super) fn refused(&self, code: &str, error: &str, hint: &str) {
        let Self { status, took_us, request_id, caller, remote, .. } = *self;
        let (method, path, [sub, iss, jti, invitation]) = self.texts();
        let (trace_id, span_id) = self.trace_ids();
        tracing::warn!(
            method, path, status, took_us, request_id, trace_id, span_id, code, error, hint,
            caller, sub, iss, jti, invitation, remote, "refused"
        );
    }

    /// Logs a probe or a preflight.
    pub(super) fn other(&self) {
        let Self { status, took_us, request_id, remote, .. } = *self;
        let (method, path, _) = self.texts();
        let (trace_id, span_id) = self.trace_ids();
        tracing::debug!(
            method, path, status, took_us, request_id, trace_id, span_id, remote, "request"
        );
    }

    fn texts(&self) -> (Option<&str>, Option<&str>, [Option<&str>; 4]) {
        let texts = [&self.sub, &self.iss, &self.jti, &self.invitation].map(Option::as_deref);
        (self.method.as_deref(), self.path.as_deref(), texts)
    }

    fn trace_ids(&self) -> (Option<&str>, Option<&str>) {
        self.trace.map(|trace| (trace.id, trace.span_id)).unzip()
    }
}

/// The code, error and hint of a refusal, as they may be logged: they may quote the path.
pub(super) fn explanation(refusal: &Refusal) -> (&'static str, String, String) {
    let shown = |text: &str| cut(&without_tokens(text)).into_owned();
    (refusal.code.as_str(), shown(&refusal.error), shown(&refusal.hint))
}

/// A text with anything that looks like a JWT removed.
fn without_tokens(text: &str) -> Cow<'_, str> {
    if !may_contain_token(text) {
        return Cow::Borrowed(text);
    }
    let is_outside = |letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter);
    // A word includes the character that ended it, which is kept.
    let words = text.split_inclusive(is_outside).map(|word| {
        if may_contain_token(word) {
            word.replace(word.trim_end_matches(is_outside), "***")
        } else {
            word.to_owned()
        }
    });
    Cow::Owned(words.collect())
}

/// Cuts a value that would make the line too long, and marks the cut.
pub(super) fn cut(value: &str) -> Cow<'_, str> {
    cut_to(value, MAX_VALUE)
}

fn short(value: &str) -> Cow<'_, str> {
    cut_to(value, MAX_SHORT)
}

fn cut_to(value: &str, most: usize) -> Cow<'_, str> {
    let mut length = 0;
    for (at, letter) in value.char_indices() {
        length += match letter {
            '"' | '\\' => 2,
            ' '..='~' => 1,
            // In text, the longest escape is `\u{10ffff}`.
            _ => 10,
        };
        if length > most {
            return Cow::Owned(format!("{}… (cut)", value.get(..at).unwrap_or_default()));
        }
    }
    Cow::Borrowed(value)
}
