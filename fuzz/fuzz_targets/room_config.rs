//! Fuzzes a room configuration: reading its canonical form must give the same configuration.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lkt::token::RoomConfig;
use serde_json::Value;

fuzz_target!(|json: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(json) else { return };
    let Ok(read) = RoomConfig::from_value(value) else { return };
    // An unknown value of an enum has no canonical form.
    let Ok(canonical) = serde_json::to_value(&read.config) else { return };
    let again = RoomConfig::from_value(canonical.clone()).expect("a room configuration");
    assert_eq!(read.config, again.config);
    assert!(again.unknown.is_empty(), "{:?}", again.unknown);
    assert_eq!(canonical, serde_json::to_value(&again.config).expect("a canonical form"));
});
