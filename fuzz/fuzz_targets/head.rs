//! A request's head and a chunked body, as they come from the network. The server keeps its parser to
//! itself, so its source is taken in here.
#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use lkt::server::Limits;

mod endpoint {
    pub(crate) use lkt::endpoint::{Code, Refusal};
}
#[path = "../../src/server/head.rs"]
mod head;

use head::BodyLength;

fuzz_target!(|arrived: &[u8]| {
    let limits = Limits::default();
    chunks(arrived);
    let Some(Ok(head)) = head::parse(arrived, &limits) else { return };
    let text = &arrived[..head.length];
    assert!(text.len() <= limits.head_bytes);
    // The head ends at the first empty line, whoever reads it.
    let end = arrived.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an empty line");
    assert_eq!(end + 4, head.length);
    assert!(text.iter().all(u8::is_ascii));
    // A line for the request, one for each header, and the empty one: no line is two, or none.
    let lines = text.split(|byte| *byte == b'\n').count();
    let absolute = head.parts.uri.authority().is_some();
    let headers = head.parts.headers.len();
    assert!(lines == headers + 3 || (absolute && lines.abs_diff(headers + 3) <= 1), "{lines}");
    // Before its last byte has come, it is not taken for whole.
    assert!(!matches!(head::parse(&text[..text.len() - 1], &limits), Some(Ok(_))));
    // What follows a head does not change it.
    let alone = head::parse(text, &limits).expect("a whole head").expect("a good one");
    assert_eq!((alone.length, alone.body, alone.last), (head.length, head.body, head.last));
    if head.body == BodyLength::Chunked {
        chunks(&arrived[head.length..]);
    }
});

/// The end of a chunked body is where the decoder that reads it finds it.
fn chunks(arrived: &[u8]) {
    let Some(Ok(length)) = head::chunked_length(arrived) else { return };
    let mut rest = Cursor::new(arrived);
    let mut body = Vec::new();
    chunked_transfer::Decoder::new(&mut rest).read_to_end(&mut body).expect("a chunked body");
    assert_eq!(rest.position(), length as u64);
}
