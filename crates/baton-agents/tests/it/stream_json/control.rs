//! The control protocol, in both directions.

use baton_agents::claude::events::{ControlRequestKind, Event, ToolRequest};
use baton_agents::claude::outgoing;
use baton_agents::claude::questions::{AnswerError, Questions};
use serde_json::{Value, json};

use super::{both_ways, events};

fn asked() -> Vec<(String, ControlRequestKind)> {
    let events = events(&both_ways("<-")).into_iter();
    let asked = events.filter_map(|event| match event {
        Event::Request(request) => Some((request.request_id, request.ask)),
        _ => None,
    });
    asked.collect()
}

fn tools() -> Vec<(String, ToolRequest)> {
    let asked = asked().into_iter();
    let tools = asked.filter_map(|(id, ask)| match ask {
        ControlRequestKind::Tool(tool) => Some((id, *tool)),
        _ => None,
    });
    tools.collect()
}

/// The lines to the CLI, in order.
fn told() -> Vec<Value> {
    let lines = both_ways("->");
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[track_caller]
fn same(line: &str, told: &Value) {
    assert!(
        line.ends_with('\n') && !line.trim_end().contains('\n'),
        "{line:?}"
    );
    assert_eq!(&serde_json::from_str::<Value>(line).unwrap(), told);
}

#[test]
fn what_the_cli_asks() {
    let asked = asked();
    assert_eq!(asked.len(), 6);
    let (id, ControlRequestKind::Tool(write)) = &asked[0] else {
        panic!("{asked:?}")
    };
    assert_eq!(id, "38a9efa3-e0c3-434e-aae6-f60d5c55cfe8");
    assert_eq!(write.tool, "Write");
    assert_eq!(write.tool_use_id.as_deref(), Some("toolu_00003"));
    assert_eq!(write.input["content"], "via control");
    assert_eq!(write.suggestions[0]["mode"], "acceptEdits");
    assert!(!write.wants_words && !write.once_only);
    let (
        _,
        ControlRequestKind::Hook {
            callback_id,
            tool_use_id,
            input,
        },
    ) = &asked[1]
    else {
        panic!("{asked:?}")
    };
    assert_eq!(callback_id, "hook_0");
    assert_eq!(tool_use_id.as_deref(), Some("toolu_00008"));
    assert_eq!(input["hook_event_name"], "PreToolUse");
    let (_, ControlRequestKind::Tool(bash)) = &asked[2] else {
        panic!("{asked:?}")
    };
    assert_eq!(bash.blocked_path.as_deref(), Some("/project/denied"));
    assert_eq!(bash.suggestions.len(), 3);
}

#[test]
fn our_lines_are_those_that_the_cli_took() {
    let told = told();
    let tools = tools();
    let hooks = json!({"PreToolUse": [{"matcher": "Bash", "hookCallbackIds": ["hook_0"]}]});
    same(&outgoing::initialize_cli("req_1", Some(&hooks)), &told[0]);
    same(
        &outgoing::user_message("WRITE:/project/c.txt:via control", None),
        &told[1],
    );
    let (write, tool) = &tools[0];
    same(&outgoing::allow(write, &tool.input, &[]), &told[2]);
    let hook = told[4]["response"]["request_id"].as_str().unwrap();
    same(&outgoing::hook_continue(hook), &told[4]);
    same(
        &outgoing::deny_tool(&tools[1].0, "Denied by operator", false),
        &told[5],
    );
    let (touch, tool) = &tools[2];
    let changed = json!({"command": "echo changed-input", "description": "run it"});
    same(
        &outgoing::allow(touch, &changed, &tool.suggestions),
        &told[8],
    );
    same(
        &outgoing::set_permission_mode("req_2", "acceptEdits"),
        &told[11],
    );
    same(
        &outgoing::set_model("req_3", Some("claude-other")),
        &told[13],
    );
    same(&outgoing::interrupt_turn("req_4"), &told[15]);
}

#[test]
fn what_the_cli_answers() {
    let answers: Vec<_> = events(&both_ways("<-"))
        .into_iter()
        .filter_map(|event| match event {
            Event::Response(response) => Some(response),
            _ => None,
        })
        .collect();
    let of = |id: &str| {
        let answer = answers.iter().find(|answer| answer.request_id == id);
        answer.unwrap().answer.clone()
    };
    assert_eq!(of("req_1").unwrap()["current_permission_mode"], "default");
    assert_eq!(of("req_3").unwrap()["model"], "claude-other");
    assert_eq!(of("req_4").unwrap()["still_queued"], json!([]));
    let refused = of("req_6").unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("unsupported_request"));
    assert!(refused.to_string().contains("bogus_subtype"), "{refused}");
}

#[test]
fn an_interrupted_turn_ends_and_the_next_one_runs() {
    let events = events(&both_ways("<-"));
    let ends: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Finished(end) => Some((end.has_succeeded(), end.terminal_reason.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(ends.len(), 9);
    assert_eq!(ends[5], (false, Some("aborted_streaming")));
    assert_eq!(ends[6], (true, Some("completed")));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Text(text) if text.aborted))
    );
    assert!(events.contains(&Event::PermissionMode("acceptEdits".to_owned())));
}

#[test]
fn questions_and_their_answers() {
    let tools = tools();
    let (id, request) = &tools[3];
    assert!(request.wants_words);
    let questions = Questions::of(request).unwrap();
    let [question] = &questions.questions[..] else {
        panic!("{questions:?}")
    };
    assert_eq!(question.question, "Which colour?");
    assert_eq!(question.header.as_deref(), Some("Colour"));
    assert_eq!(question.options[1].label, "Blue");
    assert_eq!(question.options[1].description.as_deref(), Some("b"));
    assert!(!question.multi_select);
    let blue = questions.answered(&[vec!["Blue".to_owned()]]).unwrap();
    same(&outgoing::allow(id, &blue, &[]), &told()[10]);

    assert_eq!(
        questions.answered(&[]),
        Err(AnswerError::Count {
            questions: 1,
            answers: 0
        })
    );
    assert_eq!(
        questions.answered(&[vec![" ".to_owned()]]),
        Err(AnswerError::Empty { number: 1 })
    );
    let two = vec!["Red".to_owned(), "Blue".to_owned()];
    assert_eq!(
        questions.answered(std::slice::from_ref(&two)),
        Err(AnswerError::TooMany { number: 1 })
    );
    let several = Questions::from_input(&json!({"questions": [
        {"question": "Which?", "options": [{"label": "Red"}, {"label": "Blue"}], "multiSelect": true},
    ]}));
    let answered = several.unwrap().answered(&[two]).unwrap();
    assert_eq!(answered["answers"], json!({"Which?": "Red, Blue"}));
}

#[test]
fn what_is_no_question_is_none() {
    let tools = tools();
    assert_eq!(Questions::of(&tools[0].1), None);
    for input in [
        json!(null),
        json!({}),
        json!({"questions": []}),
        json!({"questions": [{"header": "no question"}]}),
        json!({"questions": [{"question": "x", "options": [{"description": "no label"}]}]}),
    ] {
        assert_eq!(Questions::from_input(&input), None, "{input}");
    }
    let open = Questions::from_input(&json!({"questions": [{"question": "Why?"}]}));
    assert!(open.unwrap().questions[0].options.is_empty());
}

#[test]
fn requests_that_we_do_not_know_still_want_an_answer() {
    let line = r#"{"request":{"server_name":"x","subtype":"mcp_message"},"type":"control_request","request_id":"r"}"#;
    let [Event::Request(request)] = &events(line)[..] else {
        panic!("not asked")
    };
    assert!(
        matches!(&request.ask, ControlRequestKind::Other { subtype, request }
        if subtype == "mcp_message" && request["server_name"] == "x")
    );
    same(
        &outgoing::refuse("r", "no such thing"),
        &json!({
            "type": "control_response",
            "response": {"subtype": "error", "request_id": "r", "error": "no such thing"},
        }),
    );
    assert_eq!(
        events(r#"{"type":"control_cancel_request","request_id":"r"}"#),
        [Event::RequestWithdrawn {
            request_id: "r".to_owned()
        }]
    );
    let pending = r#"{"type":"control_response","response":{"subtype":"success","request_id":"i",
        "pending_permission_requests":[{"type":"control_request","request_id":"old",
        "request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}}]}}"#
        .replace('\n', " ");
    assert!(matches!(&events(&pending)[..], [Event::Response(response)]
        if response.pending[0].request_id == "old"));
}

#[test]
fn a_line_to_the_cli_is_one_line_whatever_people_write() {
    let text = "a\nb\u{2028}c\u{2029}\r\"\\";
    let line = outgoing::user_message(text, Some("6e0c5b1c-0000-4000-8000-000000000000"));
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains(['\u{2028}', '\u{2029}', '\r']));
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["message"]["content"][0]["text"], text);
    assert_eq!(told["uuid"], "6e0c5b1c-0000-4000-8000-000000000000");
}
