//! Fuzzes the body of a request, and checks that the result is consistent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lkt::endpoint::TokenSourceRequest;

fuzz_target!(|body: &[u8]| {
    match TokenSourceRequest::from_json(body) {
        Ok(read) => {
            let again = TokenSourceRequest::from_json(body).expect("the same twice");
            assert_eq!(read.request, again.request);
            assert_eq!(read.unknown, again.unknown);
            // An empty value counts as absent where clients may use one.
            assert_ne!(read.request.room_name.as_deref(), Some(""));
            assert_ne!(read.request.participant_identity.as_deref(), Some(""));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
