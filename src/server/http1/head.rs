//! The head of a request: its request line and header lines (RFC 9112, sections 2 to 5).

use std::mem::MaybeUninit;
use std::sync::Arc;

use http::header::{CONNECTION, EXPECT, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Uri, Version};
use httparse::Status;

use super::{bad, body};
use crate::endpoint::{Code, Refusal};
use crate::server::MAX_HEADER_LINES;

/// The head of a request that can be answered. Clones share what is large.
#[derive(Debug, Clone)]
pub(in crate::server) struct Head {
    /// Method, target, version and headers.
    pub(in crate::server) parts: Arc<Parts>,
    /// The length of the body in bytes, 0 if there is none; `None` if it is chunked.
    pub(in crate::server) body_length: Option<u64>,
    /// Whether the client waits for `100 Continue` before it sends its body.
    pub(in crate::server) expects_continue: bool,
    /// Whether the connection ends with this request.
    pub(in crate::server) is_last: bool,
    /// The headers as they were sent, if the target names another host than `Host` does.
    #[cfg_attr(not(all(unix, feature = "tiny_http")), allow(dead_code))]
    // for the second reader
    sent: Option<Arc<HeaderMap>>,
}

impl Head {
    /// The headers as they were sent.
    #[cfg_attr(not(all(unix, feature = "tiny_http")), allow(dead_code))] // for the second reader
    pub(in crate::server) fn sent_headers(&self) -> &HeaderMap {
        self.sent.as_deref().unwrap_or(&self.parts.headers)
    }
}

/// Parses a whole head, with the empty line at its end.
///
/// # Errors
/// Everything that is not plain HTTP/1.1 or HTTP/1.0 is refused.
pub(in crate::server) fn parse(head: &[u8]) -> Result<Head, Refusal> {
    with_parsed(head, |parsed, request| match parsed {
        Ok(Status::Complete(length)) if length == head.len() => check(request),
        // Only one of two readers would see this end.
        Ok(_) => Err(bad("the head does not end with its first empty line")),
        Err(httparse::Error::Version) => Err(version()),
        Err(error) => Err(bad(&format!("the request is not HTTP/1.1: {error}"))),
    })
}

/// Method and headers of the complete lines in a head that is incomplete or refused. They serve only to
/// add headers to the answer; nothing is checked.
pub(in crate::server) fn whole_lines(arrived: &[u8]) -> Option<Parts> {
    let end = memchr::memmem::find(arrived, b"\r\n\r\n");
    let end = end.or_else(|| memchr::memrchr(b'\r', arrived))?;
    let head = [arrived.get(..end)?, b"\r\n\r\n"].concat();
    with_parsed(&head, |parsed, request| {
        parsed.ok()?;
        let mut parts = Request::new(()).into_parts().0;
        parts.method = Method::from_bytes(request.method?.as_bytes()).ok()?;
        parts.headers = copy_headers(request.headers).ok()?;
        Some(parts)
    })
}

#[allow(clippy::large_stack_arrays)] // 32 KiB, of which only what is used is touched
fn with_parsed<T>(
    head: &[u8],
    then: impl FnOnce(httparse::Result<usize>, &httparse::Request<'_, '_>) -> T,
) -> T {
    let mut lines = [MaybeUninit::uninit(); MAX_HEADER_LINES];
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(head, &mut lines);
    then(parsed, &request)
}

fn check(request: &httparse::Request<'_, '_>) -> Result<Head, Refusal> {
    let mut parts = Request::new(()).into_parts().0;
    parts.method = Method::from_bytes(request.method.unwrap_or_default().as_bytes())
        .map_err(|_| bad("the method is not a token"))?;
    parts.uri = target(request.path.unwrap_or_default())?;
    parts.version = if request.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    parts.headers = copy_headers(request.headers)?;
    let sent = check_host(&mut parts)?;
    let body_length = body::length(&parts)?;
    let expects_continue = expects_continue(&parts)?;
    let is_last = is_last(&parts);
    Ok(Head { parts: Arc::new(parts), body_length, expects_continue, is_last, sent })
}

/// Parses a request target.
pub(in crate::server) fn target(text: &str) -> Result<Uri, Refusal> {
    // A fragment is never sent (RFC 9112, section 3.2). `Uri` would silently drop it.
    let is_plain = text.is_ascii() && !text.contains('#');
    let target = if is_plain { text.parse().ok() } else { None };
    target.ok_or_else(|| bad("the request target is not a path"))
}

fn copy_headers(headers: &[httparse::Header<'_>]) -> Result<HeaderMap, Refusal> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for header in headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(bad(&format!("the header `{}` is malformed", header.name)));
        };
        map.append(name, value);
    }
    Ok(map)
}

/// Checks that there is one `Host` (RFC 9112, section 3.2). The host of a target in absolute form takes
/// precedence; the headers as they were sent are then returned.
fn check_host(parts: &mut Parts) -> Result<Option<Arc<HeaderMap>>, Refusal> {
    let lines = parts.headers.get_all(HOST).iter().count();
    if lines > 1 || (lines == 0 && parts.version == Version::HTTP_11) {
        return Err(bad("the request must have exactly one `Host`"));
    }
    if parts.headers.get(HOST).is_some_and(|host| host.to_str().is_err()) {
        return Err(bad("`Host` is not ASCII"));
    }
    if let Some(authority) = parts.uri.authority() {
        // The user information may contain a password (RFC 9110, section 4.2.4).
        if authority.as_str().contains('@') {
            return Err(bad("the request target must not have user information"));
        }
        let host = HeaderValue::from_str(authority.as_str());
        let sent = Arc::new(parts.headers.clone());
        parts.headers.insert(HOST, host.map_err(|_| bad("the request target has no host"))?);
        return Ok(Some(sent));
    }
    Ok(None)
}

/// Whether the client waits for `100 Continue`, which HTTP/1.0 does not have (RFC 9110, section
/// 10.1.1).
fn expects_continue(parts: &Parts) -> Result<bool, Refusal> {
    match parts.headers.get(EXPECT) {
        None => Ok(false),
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"100-continue") => {
            Ok(parts.version == Version::HTTP_11)
        }
        Some(_) => {
            let error = "this server does not know the value of `Expect`";
            Err(Refusal::new(Code::Expectation, error, "leave `Expect` out"))
        }
    }
}

/// Whether the connection ends with this request (RFC 9112, section 9.3). `Upgrade` is an offer, which
/// may be ignored (RFC 9110, section 7.8): Java's HttpClient makes it on every new connection.
fn is_last(parts: &Parts) -> bool {
    let lines = parts.headers.get_all(CONNECTION).iter().map(HeaderValue::as_bytes);
    let mut options =
        lines.flat_map(|line| line.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    match parts.version {
        Version::HTTP_10 => !options.any(|option| option.eq_ignore_ascii_case(b"keep-alive")),
        _ => options.any(|option| option.eq_ignore_ascii_case(b"close")),
    }
}

pub(super) fn version() -> Refusal {
    Refusal::new(Code::HttpVersion, "this server speaks HTTP/1.1", "use HTTP/1.1")
}

#[cfg(test)]
mod tests {
    use super::super::head_end::find_end;
    use super::*;
    use crate::server::Limits;

    /// Reads what has arrived: `None` if the head is incomplete.
    fn read(arrived: &[u8], limits: &Limits) -> Option<Result<Head, Code>> {
        let found = find_end(arrived, limits).map_err(|refusal| refusal.code);
        let end = match found {
            Ok(end) => end?,
            Err(code) => return Some(Err(code)),
        };
        Some(parse(&arrived[..end]).map_err(|refusal| refusal.code))
    }

    fn code(head: &str) -> Option<Code> {
        read(head.as_bytes(), &Limits::default()).expect("a whole head").err()
    }

    fn with(header: &str) -> String {
        format!("POST /getToken HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n")
    }

    #[test]
    fn what_clients_send_passes() {
        let cases = [
            ("Content-Length: 2", Some(2)),
            ("content-length:0", Some(0)),
            ("Transfer-Encoding: chunked", None),
            ("Transfer-Encoding: Chunked", None),
            ("Accept: */*", Some(0)),
            ("Remote-Name: Zo\u{eb}", Some(0)),
            ("Accept: a,\tb", Some(0)),
            ("X.Y!: z", Some(0)),
        ];
        for (header, length) in cases {
            let text = with(header);
            let head = read(text.as_bytes(), &Limits::default()).expect("a whole head");
            let head = head.expect(header);
            assert_eq!((head.body_length, head.is_last), (length, false), "{header}");
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
            "Content-Length:",
            "Content-Length: 18446744073709551616",
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Host: b",
            "A: b\nC: d",
            "A: b\rC: d",
            "A : b",
            "A: b\r\n c",
            "A: \0",
            "A: \u{7f}",
            "A\u{e9}: b",
        ] {
            assert_eq!(code(&with(header)), Some(Code::BadRequest), "{header:?}");
        }
        assert_eq!(code("POST / HTTP/1.1\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("POST / HTTP/2.0\r\n\r\n"), Some(Code::HttpVersion));
        assert_eq!(code("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Some(Code::HttpVersion));
        assert_eq!(code("\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("\0"), Some(Code::BadRequest));
        assert_eq!(code(&with("Expect: 200-ok")), Some(Code::Expectation));
        assert_eq!(code("GET /\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("GET / HTTP/1.1\r\nHost: Zo\u{eb}\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Code::BadRequest));
        assert_eq!(code("GET / HTTP/1.1\n"), Some(Code::BadRequest));
        assert_eq!(code("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Code::BadRequest));
        let chunked = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(code(chunked), Some(Code::BadRequest));
    }

    #[test]
    fn a_head_is_parsed_to_its_very_end() {
        let next = with("A: b") + "GET / HTTP/1.1\r\n\r\n";
        let refusal = parse(next.as_bytes()).expect_err("a refusal");
        assert_eq!(refusal.error, "the head does not end with its first empty line");
    }

    #[test]
    fn a_head_ends_within_its_limits_or_is_refused() {
        let limits = Limits { head_bytes: 60, header_lines: 2, ..Limits::default() };
        assert!(read(b"POST / HT", &limits).is_none());
        let code = |text: &str| read(text.as_bytes(), &limits).and_then(Result::err);
        assert_eq!(code(&with("A: b")), None);
        assert_eq!(code(&with("A: b\r\nA: b")), Some(Code::HeadTooLarge));
        let full = with(&format!("A: {}", "b".repeat(60 - with("A: ").len())));
        assert_eq!((full.len(), code(&full)), (60, None));
        assert_eq!(code(&with(&format!("A: {}", "b".repeat(30)))), Some(Code::HeadTooLarge));
        assert_eq!(code(&format!("POST /{}", "a".repeat(54))), Some(Code::HeadTooLarge));
        assert!(read(format!("POST /{}", "a".repeat(53)).as_bytes(), &limits).is_none());
        let many = Limits { header_lines: 100, ..Limits::default() };
        assert!(read(with(&"A: b\r\n".repeat(98)).trim_end().as_bytes(), &many).is_none());
        let lines = |count: usize| with(vec!["A: b"; count - 1].join("\r\n").as_str());
        assert!(read(lines(100).as_bytes(), &many).expect("whole").is_ok());
        assert!(read(lines(101).as_bytes(), &many).expect("whole").is_err());
        // The end of a head with too many lines is not waited for.
        assert!(read(lines(102).trim_end().as_bytes(), &many).expect("refused").is_err());
    }

    #[test]
    fn the_whole_lines_of_a_refused_head_are_read() {
        let origin =
            |text: &[u8]| whole_lines(text).and_then(|parts| parts.headers.get("origin").cloned());
        let expected = Some(HeaderValue::from_static("http://a"));
        for text in [
            &b"POST / HTTP/1.1\r\nOrigin: http://a\r\nCookie: aaaa"[..],
            b"POST / HTTP/1.1\r\nOrigin: http://a\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: http://a\r\n\r\n{}",
        ] {
            assert_eq!(origin(text), expected, "{text:?}");
        }
        for text in [&b"POST / HT"[..], b"", b"\0\r\n", b"POST / HTTP/1.1\r\nOrigin: http://a"] {
            assert_eq!(origin(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        let text = "POST http://evil.example/getToken HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let head = read(text.as_bytes(), &Limits::default()).expect("a whole head").expect("valid");
        assert_eq!(head.parts.uri.path(), "/getToken");
        assert_eq!(head.parts.headers[HOST], "evil.example");
    }

    #[test]
    fn a_connection_is_kept_unless_version_or_client_say_otherwise() {
        let is_last = |line: &str, header: &str| {
            let text = format!("GET / {line}\r\nHost: a\r\n{header}\r\n\r\n");
            read(text.as_bytes(), &Limits::default()).expect("whole").expect(header).is_last
        };
        for (line, header, last) in [
            ("HTTP/1.1", "A: b", false),
            ("HTTP/1.1", "Connection: keep-alive", false),
            ("HTTP/1.1", "Connection: closed", false),
            ("HTTP/1.1", "Connection: a, Close", true),
            ("HTTP/1.1", "Connection: a\r\nConnection: close", true),
            ("HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", false),
            ("HTTP/1.1", "Connection: close, \u{eb}", true),
            ("HTTP/1.0", "A: b", true),
            ("HTTP/1.0", "Connection: Keep-Alive", false),
        ] {
            assert_eq!(is_last(line, header), last, "{line} {header}");
        }
    }
}
