//! A request's head (RFC 9112), judged before tiny_http reads it.
//!
//! tiny_http reads these otherwise than a proxy in front might, or gets stuck on them, so they are
//! refused here: two lengths, a length that is no plain number, a length beside a transfer coding, a
//! transfer coding other than `chunked`, a bare line feed, no `Host` or two, a version above 1.1.

use std::ops::Range;

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Uri, Version};

use super::Limits;
use crate::endpoint::{Code, Refusal};

/// A head that tiny_http may read.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) parts: Parts,
    /// Bytes of the head itself, the empty line included.
    pub(super) length: usize,
    pub(super) body: BodyLength,
    /// The client waits for `100 Continue` before it sends its body.
    pub(super) expects_continue: bool,
    /// The connection ends with this request.
    pub(super) last: bool,
}

impl Head {
    /// Bytes of the body, where it is said.
    pub(super) fn body_bytes(&self) -> Option<u64> {
        match self.body {
            BodyLength::Bytes(length) => Some(length),
            BodyLength::Chunked => None,
        }
    }
}

/// How the end of the body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    /// After this many bytes; 0 without a body.
    Bytes(u64),
    /// At the chunk of size 0.
    Chunked,
}

/// Judges what has arrived of a head: `None` while its end has not.
pub(super) fn parse(arrived: &[u8], limits: &Limits) -> Option<Result<Head, Refusal>> {
    // httparse would skip an empty line and take a bare line feed for one; tiny_http does neither.
    if let Err(refusal) = check_first(arrived).and_then(|()| check_line_ends(arrived)) {
        return Some(Err(refusal));
    }
    // Few requests have more lines than this, and room for many costs time.
    let mut few = [httparse::EMPTY_HEADER; 24];
    let most = limits.header_lines.min(few.len());
    let mut request = httparse::Request::new(few.get_mut(..most).unwrap_or_default());
    let parsed = request.parse(arrived);
    if parsed != Err(httparse::Error::TooManyHeaders) || most == limits.header_lines {
        return judge_parsed(parsed, &request, arrived, limits);
    }
    let mut many = vec![httparse::EMPTY_HEADER; limits.header_lines];
    let mut request = httparse::Request::new(&mut many);
    let parsed = request.parse(arrived);
    judge_parsed(parsed, &request, arrived, limits)
}

fn judge_parsed(
    parsed: httparse::Result<usize>,
    request: &httparse::Request<'_, '_>,
    arrived: &[u8],
    limits: &Limits,
) -> Option<Result<Head, Refusal>> {
    match parsed {
        Ok(httparse::Status::Partial) if arrived.len() < limits.head_bytes => None,
        Ok(httparse::Status::Complete(length)) if length <= limits.head_bytes => {
            Some(judge(request, length))
        }
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Some(Err(too_large(limits))),
        Err(httparse::Error::Version) => Some(Err(version())),
        Err(error) => Some(Err(bad(&format!("the request is not HTTP/1.1: {error}")))),
    }
}

fn judge(request: &httparse::Request<'_, '_>, length: usize) -> Result<Head, Refusal> {
    let mut parts = Request::new(()).into_parts().0;
    parts.method = Method::from_bytes(request.method.unwrap_or_default().as_bytes())
        .map_err(|_| bad("the method is not a token"))?;
    let target = request.path.filter(|path| path.is_ascii()).unwrap_or_default();
    parts.uri = target.parse::<Uri>().map_err(|_| bad("the request target is no path"))?;
    parts.version = if request.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    parts.headers = copy_headers(request.headers)?;
    check_host(&mut parts)?;
    let body = body_length(&parts)?;
    let expects_continue = expects_continue(&parts.headers)?;
    let connection = parts.headers.get_all(CONNECTION).iter();
    let connection = connection.filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(",");
    let connection = connection.to_ascii_lowercase();
    // HTTP/1.0 could ask to keep the connection; `upgrade` makes tiny_http take all that follows for
    // the body. Neither is worth more than an answer and a close.
    if connection.contains("upgrade") && body == BodyLength::Chunked {
        return Err(bad("a chunked body stands beside `Connection: upgrade`"));
    }
    let last = parts.version == Version::HTTP_10
        || connection.contains("close")
        || connection.contains("upgrade");
    Ok(Head { parts, length, body, expects_continue, last })
}

/// What is no request line at all gets a reason of its own.
fn check_first(arrived: &[u8]) -> Result<(), Refusal> {
    match arrived {
        // A TLS handshake record (RFC 8446, section 5.1).
        [0x16, ..] => {
            let hint = "ask by http://, or put a proxy that ends TLS in front of lkt";
            Err(Refusal::new(Code::BadRequest, "this port speaks plain HTTP, not TLS", hint))
        }
        [b'P', b'R', b'I', b' ', b'*', b' ', ..] => Err(version()),
        [b'\r' | b'\n', ..] => Err(bad("an empty line stands where a request line is due")),
        _ => Ok(()),
    }
}

/// Every line feed of the head must follow a carriage return.
fn check_line_ends(arrived: &[u8]) -> Result<(), Refusal> {
    for feed in memchr::memchr_iter(b'\n', arrived) {
        let before = arrived.get(..feed).unwrap_or_default();
        if before.last() != Some(&b'\r') {
            return Err(bad("a line ends without a carriage return"));
        }
        if before.ends_with(b"\r\n\r") {
            break;
        }
    }
    Ok(())
}

fn copy_headers(headers: &[httparse::Header<'_>]) -> Result<HeaderMap, Refusal> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for header in headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(bad(&format!("the header `{}` is malformed", header.name)));
        };
        // What tiny_http refuses as well, but without a word.
        let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if !header.value.iter().all(plain) {
            return Err(bad(&format!("the header `{name}` has bytes that are not plain ASCII")));
        }
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !header.name.bytes().all(letters) {
            return Err(bad(&format!("the header `{name}` has an unusual name")));
        }
        map.append(name, value);
    }
    Ok(map)
}

/// One `Host` (RFC 9112, section 3.2). The host of a target in absolute form comes before it.
fn check_host(parts: &mut Parts) -> Result<(), Refusal> {
    let lines = parts.headers.get_all(HOST).iter().count();
    if lines > 1 || (lines == 0 && parts.version == Version::HTTP_11) {
        return Err(bad("the request has not exactly one `Host`"));
    }
    if let Some(authority) = parts.uri.authority() {
        let host = HeaderValue::from_str(authority.as_str());
        parts.headers.insert(HOST, host.map_err(|_| bad("the request target has no host"))?);
    }
    Ok(())
}

/// RFC 9112, section 6.3, without its leniencies.
fn body_length(parts: &Parts) -> Result<BodyLength, Refusal> {
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    let mut codings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    match (lengths.next(), codings.next()) {
        (None, None) => Ok(BodyLength::Bytes(0)),
        (Some(_), Some(_)) => Err(bad("`Content-Length` stands beside `Transfer-Encoding`")),
        (Some(_), None) if lengths.next().is_some() => Err(bad("`Content-Length` is given twice")),
        (Some(length), None) => {
            let digits = length.as_bytes();
            let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
            let number = length.to_str().ok().filter(|_| plain).and_then(|text| text.parse().ok());
            number
                .map(BodyLength::Bytes)
                .ok_or_else(|| bad("`Content-Length` is not a number of bytes"))
        }
        (None, Some(coding)) => {
            let known = coding == "chunked" && codings.next().is_none();
            if known && parts.version == Version::HTTP_11 {
                Ok(BodyLength::Chunked)
            } else {
                Err(bad("`Transfer-Encoding` is not `chunked`"))
            }
        }
    }
}

fn expects_continue(headers: &HeaderMap) -> Result<bool, Refusal> {
    match headers.get(EXPECT) {
        None => Ok(false),
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"100-continue") => Ok(true),
        Some(_) => {
            let error = "`Expect` asks for something that this server does not know";
            Err(Refusal::new(Code::Expectation, error, "leave `Expect` out"))
        }
    }
}

/// Where the body of a chunked request ends, counted from its first byte; `None` while the end has
/// not arrived. Stricter than RFC 9112, section 7.1: no extensions and no trailers, which tiny_http's
/// decoder reads without a limit or not at all.
pub(super) fn chunked_length(arrived: &[u8]) -> Option<Result<usize, Refusal>> {
    let malformed = || Some(Err(bad("the chunked body is malformed")));
    let mut at = 0;
    loop {
        let rest = arrived.get(at..).unwrap_or_default();
        let Some(line) = rest.windows(2).position(|bytes| bytes == b"\r\n") else {
            return if rest.len() > CHUNK_SIZE_DIGITS.end { malformed() } else { None };
        };
        let digits = rest.get(..line).unwrap_or_default();
        let plain =
            CHUNK_SIZE_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
        let size = std::str::from_utf8(digits).ok().filter(|_| plain);
        let Some(size) = size.and_then(|text| usize::from_str_radix(text, 16).ok()) else {
            return malformed();
        };
        let end = at + line + 2 + size;
        match arrived.get(end..end + 2) {
            None => return None,
            Some(b"\r\n") if size == 0 => return Some(Ok(end + 2)),
            Some(b"\r\n") => at = end + 2,
            Some(_) => return malformed(),
        }
    }
}

/// As many digits as a chunk's size may have: up to 16 MiB less one.
const CHUNK_SIZE_DIGITS: Range<usize> = 1..7;

fn bad(error: &str) -> Refusal {
    Refusal::new(Code::BadRequest, error, "send a plain HTTP/1.1 request")
}

fn version() -> Refusal {
    Refusal::new(Code::HttpVersion, "this server speaks HTTP/1.1", "ask with HTTP/1.1")
}

fn too_large(limits: &Limits) -> Refusal {
    let Limits { head_bytes, header_lines, .. } = limits;
    let error = format!("the request's head has over {head_bytes} bytes or {header_lines} lines");
    Refusal::new(Code::HeadTooLarge, error, "send fewer and shorter headers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(head: &str) -> Option<Code> {
        let parsed = parse(head.as_bytes(), &Limits::default()).expect("a whole head");
        parsed.err().map(|refusal| refusal.code)
    }

    fn with(header: &str) -> String {
        format!("POST /getToken HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n")
    }

    #[test]
    fn what_clients_send_passes() {
        let cases = [
            ("Content-Length: 2", BodyLength::Bytes(2)),
            ("content-length:0", BodyLength::Bytes(0)),
            ("Transfer-Encoding: chunked", BodyLength::Chunked),
            ("Accept: */*", BodyLength::Bytes(0)),
        ];
        for (header, body) in cases {
            let text = with(header);
            let parsed = parse(text.as_bytes(), &Limits::default()).expect("a whole head");
            let head = parsed.expect(header);
            assert_eq!((head.body, head.length, head.last), (body, text.len(), false), "{header}");
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for header in [
            "Content-Length: 2\r\nContent-Length: 3",
            "Content-Length: 2\r\nContent-Length: 2",
            "Content-Length: +2",
            "Content-Length: -1",
            "Content-Length: 2, 2",
            "Content-Length: 0x2",
            "Content-Length: 18446744073709551616",
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: Chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Host: b",
            "A: b\nC: d",
            "A : b",
            "A: b\r\n c",
            "A: \u{e9}",
        ] {
            assert_eq!(code(&with(header)), Some(Code::BadRequest), "{header:?}");
        }
        assert_eq!(code("POST / HTTP/1.1\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("POST / HTTP/2.0\r\n\r\n"), Some(Code::HttpVersion));
        assert_eq!(code("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Some(Code::HttpVersion));
        assert_eq!(code("\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("\u{16}\u{3}\u{1}"), Some(Code::BadRequest));
        assert_eq!(code("GET /\r\n"), Some(Code::BadRequest));
        assert_eq!(code("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Code::BadRequest));
    }

    #[test]
    fn a_head_ends_within_its_limits_or_is_refused() {
        let limits = Limits::default();
        assert!(parse(b"POST / HT", &limits).is_none());
        assert_eq!(code(&with(&"A: b\r\n".repeat(200))), Some(Code::HeadTooLarge));
        assert_eq!(code(&with(&format!("A: {}", "b".repeat(20_000)))), Some(Code::HeadTooLarge));
        assert_eq!(code(&format!("POST /{}", "a".repeat(20_000))), Some(Code::HeadTooLarge));
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        let text = "POST http://evil.example/getToken HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let parsed = parse(text.as_bytes(), &Limits::default()).expect("a whole head");
        let head = parsed.expect("valid");
        assert_eq!(head.parts.uri.path(), "/getToken");
        assert_eq!(head.parts.headers[HOST], "evil.example");
    }

    #[test]
    fn chunks_are_followed_to_their_end() {
        assert_eq!(chunked_length(b"2\r\n{}\r\n0\r\n\r\nPOST"), Some(Ok(12)));
        for partial in [&b""[..], b"2", b"2\r\n{", b"2\r\n{}\r\n", b"2\r\n{}\r\n0\r\n"] {
            assert_eq!(chunked_length(partial), None, "{partial:?}");
        }
        for wrong in [
            &b"+2\r\n{}\r\n"[..],
            b"2;a=b\r\n{}\r\n",
            b"2\r\n{}x\r\n",
            b"\r\n",
            b"12345678",
            b"0\r\nA: b\r\n\r\n",
        ] {
            assert!(matches!(chunked_length(wrong), Some(Err(_))), "{wrong:?}");
        }
    }
}
