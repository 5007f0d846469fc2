//! The event of an agent on its way into a message.

use baton_bridge::bridge_message::{HookDecision, LONGEST_LINE};
use baton_bridge::hook_command::hook_input::HookInput;
use proptest::prelude::*;
use serde_json::{Value, json};

fn input(event: &Value) -> HookInput {
    HookInput::new(event.to_string().as_bytes(), [])
}

#[test]
fn the_content_is_the_text_of_the_agent() {
    let text = "{\"hook_event_name\": \"Stop\",  \"session_id\":\"a-b\"}";
    let environment = [("TMUX_PANE".to_owned(), "%3".to_owned())];
    let message = HookInput::new(text.as_bytes(), environment).to_message();
    assert_eq!(
        (message.kind.as_str(), message.session_id.as_str()),
        ("hook", "a-b")
    );
    assert_eq!(message.content, text);
    assert_eq!(message.metadata["environment"]["TMUX_PANE"], "%3");
    assert!(message.event_id().is_some());
}

#[test]
fn each_event_has_an_id_of_its_own() {
    let input = input(&json!({ "hook_event_name": "Stop" }));
    assert_ne!(input.to_message().event_id(), input.to_message().event_id());
}

#[test]
fn only_questions_to_people_wait() {
    for (name, waits) in [
        ("PermissionRequest", true),
        ("Elicitation", true),
        ("Stop", false),
    ] {
        assert_eq!(
            input(&json!({ "hook_event_name": name })).waits_for_decision(),
            waits,
            "{name}"
        );
    }
    assert!(!HookInput::new(b"no JSON", []).waits_for_decision());
}

#[test]
fn a_large_event_is_cut_and_its_decision_has_the_whole_input() {
    let content = "\u{1}ü".repeat(2 * LONGEST_LINE);
    let event = json!({
        "session_id": "s", "hook_event_name": "PermissionRequest",
        "tool_input": { "file_path": "/a", "content": content },
    });
    let input = input(&event);
    let message = input.to_message();
    assert!(message.to_line().len() <= LONGEST_LINE);
    assert_eq!(message.metadata["isCut"], true);
    let cut: Value = serde_json::from_str(&message.content).unwrap();
    assert_eq!(cut["tool_input"]["file_path"], "/a");
    let output = input.complete_output(HookDecision {
        output: json!({ "decision": { "behavior": "allow", "updatedInput": null } }),
        input_pointer: Some("/decision/updatedInput".to_owned()),
    });
    assert_eq!(output["decision"]["updatedInput"], event["tool_input"]);
}

#[test]
fn an_event_of_many_small_values_keeps_its_base() {
    let event =
        json!({ "session_id": "s", "hook_event_name": "Stop", "list": vec![0; LONGEST_LINE] });
    let message = input(&event).to_message();
    let cut: Value = serde_json::from_str(&message.content).unwrap();
    assert_eq!(cut, json!({ "session_id": "s", "hook_event_name": "Stop" }));
}

#[test]
fn a_text_that_is_no_json_is_kept() {
    let message = HookInput::new(b"{\"a\":\xff", []).to_message();
    assert_eq!(message.content, "{\"a\":\u{fffd}");
    assert_eq!(message.session_id, "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_message_fits_into_a_line(text in ".{0,2000}", times in 1_usize..600) {
        let event = json!({ "session_id": text, "hook_event_name": text, "x": text.repeat(times) });
        for bytes in [event.to_string(), text.repeat(times)] {
            let message = HookInput::new(bytes.as_bytes(), []).to_message();
            prop_assert!(message.to_line().len() <= LONGEST_LINE);
        }
    }
}
