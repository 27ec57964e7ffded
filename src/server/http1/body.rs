//! The body of a request (RFC 9112, sections 6 and 7), decoded as it arrives.

use http::Version;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;

use super::bad;
use crate::endpoint::{Code, Refusal};

/// Maximum number of bytes reserved before any of a body has arrived. A client may announce a body and
/// never send it.
const MAX_RESERVED: usize = 16 * 1024;

/// Maximum number of digits in the size of a chunk.
const MAX_SIZE_DIGITS: usize = 16;

/// The length in bytes that a head announces for its body: 0 if there is no body, `None` if it ends with
/// the chunk of size 0 (RFC 9112, section 6.3, without the exceptions for lenient servers).
pub(super) fn length(parts: &Parts) -> Result<Option<u64>, Refusal> {
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    let mut codings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    let has_codings = parts.version == Version::HTTP_11;
    match (lengths.next(), lengths.next(), codings.next(), codings.next()) {
        (None, _, None, _) => Ok(Some(0)),
        (Some(_), _, Some(_), _) => {
            Err(bad("the request has both `Content-Length` and `Transfer-Encoding`"))
        }
        (Some(_), Some(_), None, _) => Err(bad("`Content-Length` is given twice")),
        (Some(length), None, None, _) => {
            let digits = length.to_str().unwrap_or_default();
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.parse().ok().filter(|_| is_plain);
            length.map(Some).ok_or_else(|| bad("`Content-Length` is not a number of bytes"))
        }
        (None, _, Some(coding), None)
            if has_codings && coding.as_bytes().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(None)
        }
        (None, _, Some(_), _) => Err(bad("`Transfer-Encoding` is not `chunked`")),
    }
}

/// The part of a body that has arrived.
#[derive(Debug)]
pub(in crate::server) struct Body {
    next: Next,
    is_chunked: bool,
    /// The decoded bytes.
    pub(in crate::server) bytes: Vec<u8>,
    /// The bytes of a chunked body as they arrived.
    chunks: Vec<u8>,
    /// Maximum number of decoded bytes.
    max_bytes: usize,
    /// How many bytes of a chunked body may still come.
    raw_left: usize,
    /// How many bytes of chunk extensions and trailers may still come.
    extras_left: usize,
}

/// What comes next in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// This number of bytes; in a chunked body, then the line end after the chunk.
    Data(u64),
    /// The line with a chunk's size.
    Size,
    /// A trailer, or the empty line after the last one.
    Trailer,
    /// Nothing: the body is complete.
    End,
}

impl Body {
    /// Creates a body that has not begun to arrive; a `length` of `None` means that it is chunked.
    /// `max_extras` is the maximum total size of chunk extensions and trailers, in bytes.
    pub(in crate::server) fn new(length: Option<u64>, max_bytes: usize, max_extras: usize) -> Self {
        let next = match length {
            None => Next::Size,
            Some(0) => Next::End,
            Some(length) => Next::Data(length),
        };
        let reserved = usize::try_from(length.unwrap_or(0)).unwrap_or(MAX_RESERVED);
        let bytes = Vec::with_capacity(reserved.min(MAX_RESERVED));
        Self {
            next,
            is_chunked: length.is_none(),
            bytes,
            chunks: Vec::new(),
            max_bytes,
            // Chunks of a few bytes are larger than what they contain.
            raw_left: max_bytes.saturating_mul(2).saturating_add(max_extras),
            extras_left: max_extras,
        }
    }

    /// The body as it arrived, but for trailers.
    #[cfg_attr(not(all(unix, feature = "tiny_http")), allow(dead_code))] // for the second reader
    pub(in crate::server) fn raw(&self) -> &[u8] {
        if self.is_chunked { &self.chunks } else { &self.bytes }
    }

    /// Whether the body will be larger than this. The length of a chunked one is not known in advance.
    pub(in crate::server) fn is_larger_than(&self, bytes: usize) -> bool {
        self.chunks.len().max(self.announced()) > bytes
    }

    /// Maximum number of bytes that the body, as it came and decoded, and then an answer of its size need.
    pub(in crate::server) fn room(&self) -> usize {
        if self.is_chunked && !self.is_whole() {
            return self.max_bytes.saturating_add(self.chunks.len()).saturating_add(self.raw_left);
        }
        self.announced().saturating_mul(2)
    }

    /// Reserves memory for the rest of a body whose length is known.
    pub(in crate::server) fn reserve(&mut self) {
        self.bytes.reserve_exact(self.announced() - self.bytes.len());
    }

    /// The length of the body as far as it is known, at most the maximum.
    fn announced(&self) -> usize {
        let left = match self.next {
            Next::Data(left) if !self.is_chunked => usize::try_from(left).unwrap_or(usize::MAX),
            _ => 0,
        };
        self.bytes.len().saturating_add(left).min(self.max_bytes.max(self.bytes.len()))
    }

    /// Whether the body is complete.
    pub(in crate::server) fn is_whole(&self) -> bool {
        self.next == Next::End
    }

    /// Takes the bytes that belong to the body from the front of `arrived`, and returns their number.
    /// An incomplete line stays there for the next call.
    pub(in crate::server) fn take(&mut self, arrived: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while !self.is_whole() {
            let rest = arrived.get(taken..).unwrap_or_default();
            let is_trailer = self.next == Next::Trailer;
            let step = match self.next {
                Next::Data(left) if left > 0 => self.take_data(rest, left)?,
                _ => self.take_line(rest)?,
            };
            if step == 0 {
                break;
            }
            taken += step;
            self.keep(rest.get(..step).unwrap_or_default(), is_trailer)?;
        }
        Ok(taken)
    }

    /// Keeps the bytes of a chunked body, but for its trailers, which tiny_http does not accept.
    fn keep(&mut self, bytes: &[u8], is_trailer: bool) -> Result<(), Refusal> {
        if !self.is_chunked || (is_trailer && bytes != b"\r\n") {
            return Ok(());
        }
        let left = self.raw_left.checked_sub(bytes.len());
        self.raw_left = left.ok_or_else(|| Refusal::too_large(self.max_bytes))?;
        self.chunks.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes up to `left` bytes, as many as have arrived.
    fn take_data(&mut self, rest: &[u8], left: u64) -> Result<usize, Refusal> {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        if self.bytes.len() + here > self.max_bytes {
            return Err(Refusal::too_large(self.max_bytes));
        }
        self.bytes.extend_from_slice(rest.get(..here).unwrap_or_default());
        let left = left - here as u64;
        self.next = if left == 0 && !self.is_chunked { Next::End } else { Next::Data(left) };
        Ok(here)
    }

    /// Takes a line of the chunked framing, if it has arrived completely.
    fn take_line(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        let Some(end) = memchr::memchr(b'\n', rest) else {
            // A size and its line end are allowed in addition to the counted bytes.
            let too_long = rest.len() > self.extras_left.saturating_add(MAX_SIZE_DIGITS + 1);
            return if too_long { Err(malformed()) } else { Ok(0) };
        };
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").ok_or_else(malformed)?;
        if !line.iter().all(|&byte| is_text(byte)) {
            return Err(malformed());
        }
        self.next = match self.next {
            Next::Size => self.after_size(line)?,
            Next::Data(_) if line.is_empty() => Next::Size,
            Next::Trailer if line.is_empty() => Next::End,
            Next::Trailer => {
                self.count_extras(line.len())?;
                check_trailer(line)?;
                Next::Trailer
            }
            Next::Data(_) | Next::End => return Err(malformed()),
        };
        Ok(end + 1)
    }

    /// What comes after the line with the size of a chunk.
    fn after_size(&mut self, line: &[u8]) -> Result<Next, Refusal> {
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (digits, extension) = line.split_at_checked(digits).ok_or_else(malformed)?;
        let is_extension = extension.trim_ascii_start().starts_with(b";");
        if digits.len() > MAX_SIZE_DIGITS || !(extension.is_empty() || is_extension) {
            return Err(malformed());
        }
        self.count_extras(extension.len())?;
        let text = std::str::from_utf8(digits).map_err(|_| malformed())?;
        let size = u64::from_str_radix(text, 16).map_err(|_| malformed())?;
        if size > (self.max_bytes - self.bytes.len()) as u64 {
            return Err(Refusal::too_large(self.max_bytes));
        }
        Ok(if size == 0 { Next::Trailer } else { Next::Data(size) })
    }

    fn count_extras(&mut self, bytes: usize) -> Result<(), Refusal> {
        let error = "the chunk extensions and trailers are too large";
        let refusal = || Refusal::new(Code::HeadTooLarge, error, "leave them out");
        self.extras_left = self.extras_left.checked_sub(bytes).ok_or_else(refusal)?;
        Ok(())
    }
}

/// Checks that a trailer looks like a header line: anything else could be the start of another request.
/// Trailers are otherwise ignored.
fn check_trailer(line: &[u8]) -> Result<(), Refusal> {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    let has_value = name.len() < line.len();
    let valid = has_value && http::HeaderName::from_bytes(name).is_ok();
    if valid { Ok(()) } else { Err(malformed()) }
}

/// Whether a byte is a visible ASCII character, a space or a tab.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte)
}

fn malformed() -> Refusal {
    bad("the chunked body is malformed")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes `arrived` to a body, `piece` bytes at a time, with limits of 8 bytes for the body and 20
    /// bytes for extras. Returns the number of bytes taken, and the content if the body is complete.
    fn read(arrived: &[u8], piece: usize) -> Result<(usize, Option<Vec<u8>>), Code> {
        let mut body = Body::new(None, 8, 20);
        let (mut taken, mut here) = (0, 0);
        while here < arrived.len() && !body.is_whole() {
            here = (here + piece).min(arrived.len());
            taken += body.take(&arrived[taken..here]).map_err(|refusal| refusal.code)?;
        }
        Ok((taken, body.is_whole().then_some(body.bytes)))
    }

    #[test]
    fn a_chunked_body_is_decoded_whatever_the_pieces_it_arrives_in() {
        let cases: [(&[u8], &[u8]); 4] = [
            (b"2\r\n{}\r\n0\r\n\r\n", b"{}"),
            (b"1\r\n{\r\n01\r\n}\r\n000\r\n\r\n", b"{}"),
            (b"2 ;a=\"b\"\r\n{}\r\n0;last\r\nA: b\r\nC:\r\n\r\n", b"{}"),
            (b"8\r\n12345678\r\n0\r\n\r\n", b"12345678"),
        ];
        for (arrived, decoded) in cases {
            for piece in 1..=arrived.len() {
                let next = [arrived, b"POST"].concat();
                let expected = Ok((arrived.len(), Some(decoded.to_vec())));
                assert_eq!(read(&next, piece), expected, "{arrived:?} by {piece}");
            }
        }
    }

    #[test]
    fn what_has_not_arrived_is_waited_for() {
        for partial in
            [&b""[..], b"2", b"2\r\n{", b"2\r\n{}\r\n", b"2\r\n{}\r\n0\r\n", b"0\r\nA: b\r\n"]
        {
            assert_eq!(read(partial, 1).map(|(_, body)| body), Ok(None), "{partial:?}");
        }
    }

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        for wrong in [
            &b"+2\r\n{}\r\n"[..],
            b"0x2\r\n{}\r\n",
            b"2\n{}\r\n",
            b"2\r\n{}x\r\n",
            b"2\r\n{}\n",
            b"\r\n",
            b"2 2\r\n",
            b"2;a\nb\r\n",
            b"2;\0\r\n",
            b"2\r;\r\n",
            b"12345678901234567\r\n",
            b"0\r\n A: b\r\n\r\n",
            b"0\r\nno-colon\r\n\r\n",
            b"0\r\nA : b\r\n\r\n",
            b"0\r\nA: \xc3\xa9\r\n\r\n",
        ] {
            assert_eq!(read(wrong, 1), Err(Code::BadRequest), "{wrong:?}");
        }
        let long = [b"2;".as_slice(), &[b'a'; 20], b"\r\n{}\r\n0\r\n\r\n"].concat();
        assert_eq!(read(&long, long.len()), Err(Code::HeadTooLarge));
        // Besides the 20 bytes of extras, a line may have 16 digits and a carriage return.
        let unfinished = |length| vec![b'1'; length];
        assert_eq!(read(&unfinished(20 + 16 + 1), 1), Ok((0, None)));
        assert_eq!(read(&unfinished(20 + 16 + 2), 1), Err(Code::BadRequest));
        let trailers = b"0\r\nA: 1234567\r\nB: 1234567\r\nC: 1\r\n\r\n";
        assert_eq!(read(trailers, 7), Err(Code::HeadTooLarge));
        assert_eq!(read(b"9\r\n", 1), Err(Code::TooLarge));
        assert_eq!(read(b"5\r\n12345\r\n4\r\n", 3), Err(Code::TooLarge));
        assert_eq!(read(b"ffffffffffffffff\r\n", 3), Err(Code::TooLarge));
    }

    #[test]
    fn a_body_of_a_known_length_ends_there() {
        let mut body = Body::new(Some(3), 3, 0);
        assert_eq!((body.take(b"ab"), body.is_whole()), (Ok(2), false));
        assert_eq!((body.take(b"cd"), body.is_whole()), (Ok(1), true));
        assert_eq!(body.bytes, b"abc");
        assert!(Body::new(Some(0), 3, 0).is_whole());
        let mut large = Body::new(Some(u64::MAX), 3, 0);
        assert_eq!(large.take(b"abcd").map_err(|refusal| refusal.code), Err(Code::TooLarge));
    }
}
