//! Checks that no poll of Telegram causes a failure, and that each update leads to at most one event.
#![no_main]

use baton_channels::telegram::describe_poll;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    // A panic ends the process in its hook, so that a caught panic is found too.
    let Some(events) = describe_poll(data) else {
        return;
    };
    if let Ok(updates) = serde_json::from_slice::<Vec<Value>>(data) {
        assert!(events.len() <= updates.len());
        assert!(events.is_empty() == updates.is_empty());
    }
    assert_eq!(describe_poll(data), Some(events));
});
