//! Finds the end of a head, and what can never become one.

use super::bad;
use super::head::version;
use crate::endpoint::{Code, Refusal};
use crate::server::Limits;

/// The number of bytes of the empty lines that a client sends before a request line.
pub(super) fn empty_lines(arrived: &[u8]) -> usize {
    arrived.chunks_exact(2).take_while(|line| *line == b"\r\n").count() * 2
}

/// Finds the end of a head, which is the first empty line, and returns the size of the head in bytes.
/// Returns `None` if the end has not arrived.
///
/// # Errors
/// A head is refused as soon as it can no longer become valid. A client that speaks another protocol
/// gets an answer at once instead of a timeout.
pub(in crate::server) fn find_end(
    arrived: &[u8],
    limits: &Limits,
) -> Result<Option<usize>, Refusal> {
    check_start(arrived)?;
    let within = arrived.get(..limits.head_bytes).unwrap_or(arrived);
    for (line, feed) in memchr::memchr_iter(b'\n', within).enumerate() {
        let head = within.get(..=feed).unwrap_or_default();
        if !head.ends_with(b"\r\n") {
            return Err(bad("a line ends without a carriage return"));
        }
        if head.ends_with(b"\r\n\r\n") {
            return Ok(Some(head.len()));
        }
        // Line 0 is the request line. Found here already, this also bounds the work for a head that
        // arrives byte by byte.
        if line > limits.header_lines {
            return Err(too_large(limits));
        }
    }
    if arrived.len() >= limits.head_bytes { Err(too_large(limits)) } else { Ok(None) }
}

/// Detects other protocols by their first bytes, each with a reason of its own.
fn check_start(arrived: &[u8]) -> Result<(), Refusal> {
    match arrived {
        // A TLS handshake record (RFC 8446, section 5.1).
        [0x16, ..] => {
            let hint = "use http://, or put a proxy that ends TLS in front of this server";
            Err(Refusal::new(Code::BadRequest, "this port speaks plain HTTP, not TLS", hint))
        }
        // HTTP/2 with prior knowledge (RFC 9113, section 3.4).
        [b'P', b'R', b'I', b' ', b'*', b' ', ..] => Err(version()),
        // The two versions of HAProxy's PROXY protocol; of the second, what follows its empty lines.
        [b'P', b'R', b'O', b'X', b'Y', b' ', ..]
        | [0, b'\r', b'\n', b'Q', b'U', b'I', b'T', ..] => {
            let hint = "turn it off in the proxy, which can name clients in `X-Forwarded-For`";
            let error = "this server does not speak the PROXY protocol";
            Err(Refusal::new(Code::BadRequest, error, hint))
        }
        // The first half of an empty line.
        [b'\r'] => Ok(()),
        [first, ..] if !first.is_ascii_graphic() => Err(bad("the request is not HTTP/1.1")),
        _ => Ok(()),
    }
}

fn too_large(limits: &Limits) -> Refusal {
    let Limits { head_bytes, header_lines, .. } = limits;
    let error = format!("the head has over {head_bytes} bytes or {header_lines} lines");
    Refusal::new(Code::HeadTooLarge, error, "send fewer and shorter headers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_protocol_is_named_as_soon_as_its_first_bytes_arrive() {
        let error =
            |arrived: &[u8]| find_end(arrived, &Limits::default()).expect_err("a refusal").error;
        assert_eq!(error(b"\x16\x03\x01"), "this port speaks plain HTTP, not TLS");
        assert_eq!(error(b"PRI * "), "this server speaks HTTP/1.1");
        for proxy in [&b"PROXY TCP4 192.0.2.1 "[..], b"\0\r\nQUIT\n\x21"] {
            assert_eq!(error(proxy), "this server does not speak the PROXY protocol");
        }
    }

    #[test]
    fn the_end_is_found_once_it_has_arrived() {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n\r\n";
        for end in 0..text.len() {
            let found = find_end(&text.as_bytes()[..end], &Limits::default());
            assert_eq!(found, Ok(None), "{end}");
        }
        let found = find_end(format!("{text}POST").as_bytes(), &Limits::default());
        assert_eq!(found, Ok(Some(text.len())));
    }
}
