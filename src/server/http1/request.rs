//! Reads one request after another from the bytes that arrive.

use std::mem;
use std::ops::ControlFlow;

use super::body::Body;
use super::head::{self, Head};
use super::head_end;
use crate::endpoint::Refusal;
use crate::server::Limits;

/// A request whose head has arrived. `A` is what it was admitted as, `B` what it is answered with if its
/// head decides that already.
#[derive(Debug)]
pub(in crate::server) struct Request<B, A> {
    pub(in crate::server) head: Head,
    /// Whether the client waits for `100 Continue` before it sends its body.
    expects_continue: bool,
    /// The bytes of the head, for a second reader. Empty if both readers have agreed on the same head
    /// before.
    pub(in crate::server) raw: Vec<u8>,
    pub(in crate::server) admission: ControlFlow<B, A>,
    pub(in crate::server) body: Body,
}

/// What is needed after the bytes that have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Progress {
    /// More bytes.
    More,
    /// `100 Continue`, and more bytes.
    Continue,
    /// An answer: the request is complete, or its head has decided the answer. In the latter case, the
    /// bytes that follow cannot be read as a request.
    Answer,
}

/// Reads the rest of `request`, or a request from its start, from bytes that have arrived. Returns how
/// many were used, and the progress. The caller passes the rest again when more has arrived, and takes
/// the request that needs an answer. `known` finds the head that both readers have read from the same
/// bytes before. `admit` decides what becomes of a head, and how large its body may be.
///
/// # Errors
/// The bytes cannot be read as a request, and nor can those that follow. If the head could be read, it
/// is in `request`.
pub(in crate::server) fn read<B, A>(
    request: &mut Option<Box<Request<B, A>>>,
    arrived: &[u8],
    limits: &Limits,
    known: impl FnOnce(&[u8]) -> Option<Head>,
    admit: impl FnOnce(&Head) -> (ControlFlow<B, A>, usize),
) -> Result<(usize, Progress), Refusal> {
    let mut used = 0;
    let request = if let Some(request) = request {
        request
    } else {
        // Empty lines before a request line are skipped (RFC 9112, section 2.2).
        let start = head_end::empty_lines(arrived);
        let rest = arrived.get(start..).unwrap_or_default();
        let Some(end) = head_end::find_end(rest, limits)? else {
            return Ok((start, Progress::More));
        };
        used = start + end;
        let raw = rest.get(..end).unwrap_or_default();
        let (head, raw) = match known(raw) {
            Some(head) => (head, Vec::new()),
            None => (head::parse(raw)?, raw.to_vec()),
        };
        let (admission, max_body) = admit(&head);
        let body = Body::new(head.body_length, max_body, limits.head_bytes);
        let expects_continue = head.expects_continue;
        request.insert(Box::new(Request { head, expects_continue, raw, admission, body }))
    };
    used += request.body.take(arrived.get(used..).unwrap_or_default())?;
    if request.body.is_whole() || request.admission.is_break() {
        return Ok((used, Progress::Answer));
    }
    // Sent at most once, and not to a client that sends its body without it.
    let expects = mem::take(&mut request.expects_continue);
    let waits = expects && request.body.bytes.is_empty() && used == arrived.len();
    Ok((used, if waits { Progress::Continue } else { Progress::More }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the pieces, each together with what was left over, and returns the last progress and the
    /// body that has arrived.
    fn read_pieces(pieces: &[&str]) -> (Progress, Vec<u8>) {
        let (mut request, limits) = (None, Limits::default());
        let (mut unread, mut last) = (String::new(), Progress::More);
        for piece in pieces {
            unread.push_str(piece);
            let admit = |_: &Head| (ControlFlow::<()>::Continue(()), 100);
            let read = read(&mut request, unread.as_bytes(), &limits, |_| None, admit);
            let (used, progress) = read.expect("a request");
            unread.drain(..used);
            last = progress;
        }
        (last, request.map(|request| request.body.bytes).unwrap_or_default())
    }

    #[test]
    fn a_client_is_told_to_continue_once_and_only_if_it_waits() {
        let head = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                    Content-Type: application/json\r\nContent-Length: 2\r\n\r\n";
        let progress = |pieces: &[&str]| read_pieces(pieces).0;
        assert_eq!(progress(&[head]), Progress::Continue);
        assert_eq!(progress(&[&head[..50], &head[50..]]), Progress::Continue);
        assert_eq!(progress(&[head, ""]), Progress::More);
        assert_eq!(progress(&[&head.replace("Expect", "Accept")]), Progress::More);
        let begun = format!("{head}{{");
        assert_eq!(progress(&[&begun]), Progress::More);
        for whole in [&[head, "{}"][..], &[&begun, "}"], &[head, "{", "}"]] {
            assert_eq!(read_pieces(whole), (Progress::Answer, b"{}".to_vec()), "{whole:?}");
        }
    }

    #[test]
    fn empty_lines_before_a_request_line_are_skipped() {
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        let after = |lines: &str| read_pieces(&[&format!("{lines}{request}")]);
        for lines in ["", "\r\n", "\r\n\r\n\r\n"] {
            assert_eq!(after(lines), (Progress::Answer, b"{}".to_vec()), "{lines:?}");
        }
        assert_eq!(read_pieces(&["\r", "\n", "\r\n\r", &format!("\n{request}")]).1, b"{}");
        assert_eq!(read_pieces(&["\r"]), (Progress::More, Vec::new()));
    }

    #[test]
    fn the_bytes_of_a_head_are_kept_unless_they_are_known() {
        let text = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n";
        let head = head::parse(text).expect("a head");
        let kept = |known: Option<Head>| {
            let (mut request, limits) = (None, Limits::default());
            let admit = |_: &Head| (ControlFlow::<()>::Continue(()), 100);
            read(&mut request, text, &limits, |_| known, admit).expect("a head");
            request.expect("a request").raw
        };
        assert_eq!(kept(Some(head)), b"");
        assert_eq!(kept(None), text);
    }
}
