//! A room configuration: its canonical form is read as the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lkt::token::{RoomConfig, StrictValue};

fuzz_target!(|json: &[u8]| {
    let Ok(value) = serde_json::from_slice::<StrictValue>(json) else { return };
    let Ok((config, _)) = RoomConfig::from_value(value) else { return };
    // An enum's value that no one knows has no canonical form.
    let Ok(canonical) = serde_json::to_vec(&config) else { return };
    let value = serde_json::from_slice::<StrictValue>(&canonical).expect("canonical JSON");
    let (again, unknown) = RoomConfig::from_value(value).expect("a room configuration");
    assert_eq!(config, again);
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(canonical, serde_json::to_vec(&again).expect("a canonical form"));
});
