//! Fuzzes the bytes of a connection, and compares the server's own parser with others. The parser is
//! private to the server, so its source is included here.
#![no_main]

use libfuzzer_sys::fuzz_target;

mod endpoint {
    pub(crate) use lkt::endpoint::{Answer, Code, Refusal};
}

#[path = "../../src/server"]
mod server {
    mod http1;
    mod private_address;
    mod second_reader;

    use std::cell::RefCell;
    use std::io::{Cursor, Read};
    use std::ops::ControlFlow;

    use lkt::endpoint::Answer;
    pub(crate) use lkt::server::{Limits, MAX_HEAD_BYTES, MAX_HEADER_LINES};

    use http1::Progress;
    use http1::body::Body;
    use second_reader::SecondReader;

    /// Maximum size of a body, in bytes: less than the fuzzer can send.
    const MAX_BODY: usize = 1024;

    thread_local! {
        static SECOND_READER: RefCell<SecondReader> = RefCell::new(SecondReader::new().expect("tiny_http"));
    }

    /// A request that is admitted, whatever it is.
    type Request = http1::Request<(), ()>;

    /// The requests and the refusal on a connection.
    #[derive(Default)]
    struct Outcome {
        requests: Vec<Request>,
        /// Where each request ends.
        ends: Vec<usize>,
        /// The answer to bytes that are not a request.
        refused: Option<Vec<u8>>,
    }

    impl Outcome {
        /// Reads the bytes that have arrived, `piece` bytes at a time, as a connection does.
        fn of(arrived: &[u8], piece: usize) -> Self {
            let limits = Limits::default();
            let mut outcome = Self::default();
            let mut request = None;
            let (mut used, mut here) = (0, 0);
            while here < arrived.len() {
                here = arrived.len().min(here + piece);
                loop {
                    let rest = &arrived[used..here];
                    let admit = |_: &http1::Head| (ControlFlow::Continue(()), MAX_BODY);
                    match http1::read(&mut request, rest, &limits, |_| None, admit) {
                        Ok((step, Progress::More | Progress::Continue)) => {
                            used += step;
                            break;
                        }
                        Ok((step, Progress::Answer)) => {
                            used += step;
                            let request = *request.take().expect("a request");
                            assert!(request.body.is_whole());
                            let is_last = request.head.is_last;
                            outcome.requests.push(request);
                            outcome.ends.push(used);
                            if is_last {
                                return outcome;
                            }
                        }
                        Err(refusal) => {
                            let answer = Answer::from(refusal);
                            outcome.refused = Some(answer.response.into_body());
                            return outcome;
                        }
                    }
                }
            }
            outcome
        }

        fn assert_same(&self, other: &Self) {
            assert_eq!((&self.ends, &self.refused), (&other.ends, &other.refused));
            for (one, another) in self.requests.iter().zip(&other.requests) {
                assert_same(one, another);
            }
        }
    }

    fn assert_same(one: &Request, other: &Request) {
        let (head, parts) = (&one.head, &one.head.parts);
        let (other_head, other_parts) = (&other.head, &other.head.parts);
        assert_eq!((&parts.method, &parts.uri), (&other_parts.method, &other_parts.uri));
        assert_eq!((parts.version, &parts.headers), (other_parts.version, &other_parts.headers));
        assert_eq!(head.is_last, other_head.is_last);
        assert_eq!(head.body_length, other_head.body_length);
        assert_eq!(one.body.bytes, other.body.bytes);
    }

    pub(crate) fn check(arrived: &[u8]) {
        let outcome = Outcome::of(arrived, arrived.len());
        for piece in [1, 2, 3, 7, 64] {
            outcome.assert_same(&Outcome::of(arrived, piece));
        }
        let starts = [0].into_iter().chain(outcome.ends.iter().copied());
        for ((start, end), request) in starts.zip(&outcome.ends).zip(&outcome.requests) {
            check_request(&arrived[start..*end], request);
        }
        check_chunks(arrived);
        // tiny_http must read the bytes of each request as this parser does.
        for request in &outcome.requests {
            let agrees = SECOND_READER.with_borrow_mut(|second| {
                second.agrees(&request.raw, &request.head, &request.body)
            });
            assert!(agrees.expect("tiny_http"), "tiny_http reads it otherwise: {request:?}");
        }
    }

    fn check_request(text: &[u8], request: &Request) {
        // A request without its last byte must not count as complete.
        let partial = Outcome::of(&text[..text.len() - 1], text.len());
        assert!(partial.requests.is_empty() && partial.refused.is_none());
        // The bytes that follow must not change it.
        for next in ["", "\0", "\r\n", "GET / HTTP/1.1\r\nHost: another\r\n\r\n", "0\r\n\r\n"] {
            let outcome = Outcome::of(&[text, next.as_bytes()].concat(), usize::MAX / 2);
            assert_eq!(outcome.ends[0], text.len());
            assert_same(&outcome.requests[0], request);
        }
        // Empty lines before a request line are no part of it.
        let blank = text.chunks_exact(2).take_while(|line| *line == b"\r\n").count() * 2;
        let text = &text[blank..];
        // For every reader, the head must end at the first empty line and must hide nothing. Only the
        // values of headers may have bytes beyond ASCII.
        let end =
            text.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an empty line") + 4;
        let (head, body) = text.split_at(end);
        for (at, line) in head.split(|&byte| byte == b'\n').enumerate() {
            let colon = line.iter().position(|&byte| byte == b':').filter(|_| at > 0);
            assert!(line[..colon.unwrap_or(line.len())].is_ascii());
        }
        match request.head.body_length {
            Some(_) => assert_eq!(body, request.body.bytes),
            None => check_chunks(body),
        }
    }

    /// Checks that another decoder reads a chunked body in the same way, if it accepts the body. It
    /// does not accept trailers, for example.
    fn check_chunks(arrived: &[u8]) {
        let mut body = Body::new(None, MAX_BODY, Limits::default().head_bytes);
        let Ok(taken) = body.take(arrived) else { return };
        if !body.is_whole() {
            return;
        }
        let mut rest = Cursor::new(arrived);
        let mut decoded = Vec::new();
        if chunked_transfer::Decoder::new(&mut rest).read_to_end(&mut decoded).is_ok() {
            assert_eq!((rest.position(), decoded), (taken as u64, body.bytes));
        }
    }
}

fuzz_target!(|arrived: &[u8]| server::check(arrived));
