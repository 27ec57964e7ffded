//! The answer of your own backend about a request.

use http::StatusCode;
use serde_json::{Value, json};

use super::grant::{self, GivenGrant};
use super::strict_json;
use crate::endpoint::caller::Caller;
use crate::endpoint::{Code, Field, ReadRequest, Refusal, TokenSourceRequest};
use crate::token::JsonBudget;

/// Maximum length of a backend's reason that is passed on to the client, in characters.
const MOST_REASON: usize = 1000;

/// Fields that an answer may leave out, but not leave empty: every join has them.
const NEEDED: [Field; 2] = [Field::RoomName, Field::ParticipantIdentity];

/// A backend's approval, with what it decides about the token.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::endpoint) struct Verdict {
    /// Fields that override those in the client's request.
    pub(in crate::endpoint) request: TokenSourceRequest,
    /// Fields that the answer has, but empty: the client's value does not count.
    pub(in crate::endpoint) cleared: Vec<Field>,
    /// Grants that are added to the token.
    pub(in crate::endpoint) grants: Vec<GivenGrant>,
}

/// Why the backend does not approve the request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoVerdict {
    /// The backend refuses the request.
    Refused(Refusal),
    /// The backend gave no valid answer. The reason is for the log, not for clients.
    Failed(String),
}

impl From<NoVerdict> for Refusal {
    fn from(no: NoVerdict) -> Self {
        match no {
            NoVerdict::Refused(refusal) => refusal,
            NoVerdict::Failed(_) => Refusal::backend_failed(),
        }
    }
}

impl Refusal {
    /// Returns the refusal for when the backend could not be asked, or gave no usable answer.
    pub fn backend_failed() -> Self {
        let error = "the application could not be asked whether this is allowed";
        Self::new(Code::AskFailed, error, "try again in a moment").retry_after(1_u16)
    }
}

/// Returns the question to a backend: `{"request": …, "claims": …|null, "remote": …}`, with
/// `"user"` if a proxy has named one, and `"invitation"` if there is one.
pub(in crate::endpoint) fn question(
    request: &TokenSourceRequest,
    caller: &Caller,
    remote: &str,
) -> Vec<u8> {
    let claims = caller.login().map(|login| &login.claims);
    let mut question = json!({"request": request.to_json(), "claims": claims, "remote": remote});
    if let (Some(user), Some(members)) = (caller.user(), question.as_object_mut()) {
        members.insert("user".to_owned(), user.into());
    }
    if let (Some(it), Some(members)) = (caller.invitation(), question.as_object_mut()) {
        let invitation = json!({"id": it.id, "room": it.room, "label": it.label});
        members.insert("invitation".to_owned(), invitation);
    }
    question.to_string().into_bytes()
}

impl Verdict {
    /// The verdict of no backend.
    pub(in crate::endpoint) const NONE: Self =
        Self { request: TokenSourceRequest::EMPTY, cleared: Vec::new(), grants: Vec::new() };

    /// Reads a backend's answer. 204, and 200 with `{}`, approve the request as it is.
    ///
    /// # Errors
    /// [`NoVerdict`] for any answer that is not an approval, including one that cannot be read.
    pub(in crate::endpoint) fn read(status: StatusCode, body: &[u8]) -> Result<Self, NoVerdict> {
        match status {
            StatusCode::NO_CONTENT => Ok(Self::NONE),
            StatusCode::OK => Self::from_json(body).map_err(NoVerdict::Failed),
            StatusCode::UNAUTHORIZED => Err(refused(Code::Unauthorized, body)),
            StatusCode::FORBIDDEN => Err(refused(Code::AskDenied, body)),
            status => Err(NoVerdict::Failed(format!("it answered {status}"))),
        }
    }

    fn from_json(body: &[u8]) -> Result<Self, String> {
        let Some(Value::Object(mut members)) = strict_json::read(body, JsonBudget::REQUEST) else {
            return Err("its answer is not a JSON object, or names a member twice".to_owned());
        };
        let grants = match members.remove("grants") {
            None => Vec::new(),
            Some(Value::Object(grants)) => {
                grant::from_json(grants).map_err(|error| format!("its `grants`: {error}"))?
            }
            Some(_) => return Err("its `grants` are not an object".to_owned()),
        };
        let given = members.keys().filter_map(|name| name.parse::<Field>().ok());
        let given = given.collect::<Vec<_>>();
        let read = TokenSourceRequest::from_value(&Value::Object(members));
        let ReadRequest { request, unknown } =
            read.map_err(|error| format!("its answer: {error}"))?;
        if let Some(name) = unknown.first() {
            // A misspelled field must not lead to a token without that field.
            return Err(format!("its answer has an unknown field `{name}`"));
        }
        let cleared = given.into_iter().filter(|&field| !request.has(field)).collect::<Vec<_>>();
        let is_needed = |field: &&Field| NEEDED.contains(*field);
        match cleared.iter().find(is_needed) {
            // A token for whatever the client names is not what the backend means.
            Some(field) => Err(format!("its answer has an empty `{field}`")),
            None => Ok(Self { request, cleared, grants }),
        }
    }
}

/// A refusal with the backend's own `error` text.
fn refused(code: Code, body: &[u8]) -> NoVerdict {
    let is_small = JsonBudget::REQUEST.check(body).is_ok();
    let json = is_small.then(|| serde_json::from_slice::<Value>(body).ok()).flatten();
    let json = json.unwrap_or_default();
    // `message` is where PocketBase and others have it.
    let mut texts = ["error", "message"].into_iter().filter_map(|name| json.get(name)?.as_str());
    let reason = texts.find(|reason| !reason.is_empty());
    let reason = reason.unwrap_or("the application does not allow this");
    let reason = reason.chars().take(MOST_REASON).collect::<String>();
    NoVerdict::Refused(Refusal::new(code, reason, "ask the application why"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::caller::Who;

    #[test]
    fn a_backend_is_told_of_a_proxys_user() {
        let user = Who::Person { login: None, user: Some("ada".to_owned()) };
        let caller = Caller { who: user, from_proxy: true };
        let request = TokenSourceRequest { room_name: Some("a".to_owned()), ..Default::default() };
        let asked = question(&request, &caller, "unix");
        let asked = serde_json::from_slice::<Value>(&asked).expect("JSON");
        let request = json!({"room_name": "a"});
        let expected = json!({"request": request, "claims": null, "remote": "unix", "user": "ada"});
        assert_eq!(asked, expected);
    }

    #[test]
    fn consent_is_204_or_200_with_known_fields() {
        let read = |status, body: &str| {
            Verdict::read(StatusCode::from_u16(status).expect("a status"), body.as_bytes())
        };
        assert_eq!(read(204, "whatever"), Ok(Verdict::default()));
        assert_eq!(read(200, "{}"), Ok(Verdict::default()));
        let body = r#"{"room_name":"a","participantName":"b","grants":{"roomAdmin":true}}"#;
        let verdict = read(200, body).expect("consent");
        assert_eq!(verdict.request.room_name.as_deref(), Some("a"));
        assert_eq!(
            verdict.grants,
            [GivenGrant::new("video", "roomAdmin", true.into()).expect("a grant")]
        );
        for (status, body) in [
            (200, ""),
            (200, "[]"),
            (200, "null"),
            (200, "yes"),
            (200, r#"{"rom_name":"a"}"#),
            (200, r#"{"room_name":5}"#),
            (200, r#"{"room_name":"a","room_name":"b"}"#),
            (200, r#"{"grants":[]}"#),
            (200, r#"{"grants":{"roomAdmn":true}}"#),
            (201, "{}"),
            (302, "{}"),
            (500, "{}"),
        ] {
            let no = read(status, body).expect_err(body);
            assert_eq!(Refusal::from(no).code, Code::AskFailed, "{status} {body}");
        }
        let no = Refusal::from(read(403, r#"{"error":"not enrolled"}"#).expect_err("no"));
        assert_eq!((no.code, no.error.as_str()), (Code::AskDenied, "not enrolled"));
        let no = Refusal::from(read(403, r#"{"status":403,"message":"banned"}"#).expect_err("no"));
        assert_eq!((no.code, no.error.as_str()), (Code::AskDenied, "banned"));
        assert_eq!(Refusal::from(read(401, "").expect_err("no")).code, Code::Unauthorized);
    }
}
