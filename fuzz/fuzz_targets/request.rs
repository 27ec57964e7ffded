//! A request's body: read, and what was read holds together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lkt::endpoint::TokenSourceRequest;

fuzz_target!(|body: &[u8]| {
    match TokenSourceRequest::from_json(body) {
        Ok(read) => {
            let again = TokenSourceRequest::from_json(body).expect("the same twice");
            assert_eq!(read.request, again.request);
            assert_eq!(read.unknown, again.unknown);
            // What a client may leave out by an empty value is left out.
            assert_ne!(read.request.room_name.as_deref(), Some(""));
            assert_ne!(read.request.participant_identity.as_deref(), Some(""));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
