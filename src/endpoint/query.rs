//! What a request has outside of the known fields of its body: a query, and names that people expect to
//! work.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::{Field, Policy, ReadRequest, Refusal, TokenSourceRequest};

/// Maximum number of names of a query that are reported.
const MAX_NAMES: usize = 16;

/// Names that people write for a field. A request that has one of them and no field cannot mean the
/// defaults.
const MISTAKEN: &[(&str, Field)] = &[
    ("room", Field::RoomName),
    ("roomname", Field::RoomName),
    ("room_id", Field::RoomName),
    ("roomid", Field::RoomName),
    ("identity", Field::ParticipantIdentity),
    ("participantidentity", Field::ParticipantIdentity),
    ("user", Field::ParticipantIdentity),
    ("user_id", Field::ParticipantIdentity),
    ("userid", Field::ParticipantIdentity),
    ("username", Field::ParticipantName),
    ("name", Field::ParticipantName),
    ("participantname", Field::ParticipantName),
    ("metadata", Field::ParticipantMetadata),
    ("attributes", Field::ParticipantAttributes),
];

impl TokenSourceRequest {
    /// Reads a request from a query: `roomName` and `participantName`, as LiveKit's older starter apps
    /// send them, and `metadata`.
    pub(super) fn from_query(query: &str, policy: &Policy) -> Result<ReadRequest, Refusal> {
        let mut read = ReadRequest::default();
        for (name, value) in pairs(query) {
            let field = match name.as_str() {
                "roomName" => Field::RoomName,
                "participantName" => Field::ParticipantName,
                "metadata" => Field::ParticipantMetadata,
                _ => {
                    read.unknown.push(format!("?{name}"));
                    continue;
                }
            };
            read.request.set_text(field, value);
        }
        read.unknown.truncate(MAX_NAMES);
        policy.check_denied(&read.request)?;
        Ok(read)
    }
}

/// What nothing reads in a request whose fields are in its body.
pub(super) fn ignored(head: &Parts, body: &[u8]) -> Vec<String> {
    let query = head.uri.query().unwrap_or_default();
    let mut ignored =
        pairs(query).take(MAX_NAMES).map(|(name, _)| format!("?{name}")).collect::<Vec<_>>();
    let has_length =
        [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|it| head.headers.contains_key(it));
    if body.is_empty() && !has_length && head.headers.contains_key(CONTENT_TYPE) {
        // A body may have followed, and is read as the next request.
        ignored.push("a body without Content-Length".to_owned());
    }
    ignored
}

/// Refuses a request that sets no field, but has the name that people write for one.
pub(super) fn check_names(read: &ReadRequest) -> Result<(), Refusal> {
    if read.unknown.is_empty() || Field::WHOLE.iter().any(|&field| read.request.has(field)) {
        return Ok(());
    }
    let meant = |name: &String| {
        let plain = name.trim_start_matches('?').to_ascii_lowercase();
        let plain = plain.replace('-', "_");
        let known = MISTAKEN.iter().find(|(mistaken, _)| *mistaken == plain);
        let known = known.map(|(_, field)| *field).or_else(|| plain.parse().ok());
        known.map(|field| (name.clone(), field))
    };
    match read.unknown.iter().find_map(meant) {
        Some((name, field)) => Err(Refusal::mistaken(&name, field)),
        None => Ok(()),
    }
}

/// The names and values of a query (`application/x-www-form-urlencoded`).
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}
