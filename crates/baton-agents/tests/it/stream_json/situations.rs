//! One test for each recorded situation.

use std::time::Duration;

use baton_agents::claude::events::{
    ApiRetry, CompactionStep, Event, ModelApiError, ResultMessage, TaskStep, ToolEnded, ToolStarted,
};

use super::situation;

/// The only end of a situation.
#[track_caller]
fn end(events: &[Event]) -> &ResultMessage {
    match ends(events)[..] {
        [finished] => finished,
        ref ends => panic!("{} ends", ends.len()),
    }
}

fn ends(events: &[Event]) -> Vec<&ResultMessage> {
    let ends = events.iter().filter_map(|event| match event {
        Event::Finished(finished) => Some(&**finished),
        _ => None,
    });
    ends.collect()
}

fn started(events: &[Event]) -> Vec<&ToolStarted> {
    let tools = events.iter().filter_map(|event| match event {
        Event::ToolStarted(tool) => Some(tool),
        _ => None,
    });
    tools.collect()
}

fn ended(events: &[Event]) -> Vec<&ToolEnded> {
    let tools = events.iter().filter_map(|event| match event {
        Event::ToolEnded(tool) => Some(tool),
        _ => None,
    });
    tools.collect()
}

fn texts(events: &[Event]) -> Vec<&str> {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text(text) if text.api_error.is_none() => Some(text.text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn session(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        Event::SessionStarted(session) => session.session_id.as_deref(),
        _ => None,
    })
}

#[test]
fn a_reply() {
    let events = situation("01-p-stream-json");
    let Event::SessionStarted(session) = &events[0] else {
        panic!("{:?}", events[0]);
    };
    assert_eq!(
        session.session_id.as_deref(),
        Some("ff1d2a37-dd23-4f3f-80ac-8d7431b641d5")
    );
    assert_eq!(session.model.as_deref(), Some("claude-opus-5-5"));
    assert_eq!(session.cwd.as_deref(), Some("/project"));
    assert_eq!(session.version.as_deref(), Some("2.1.329"));
    assert_eq!(session.tools[..2], ["Task", "Bash"]);
    assert_eq!(texts(&events), ["echo: hi there"]);
    let end = end(&events);
    assert!(end.has_succeeded());
    assert_eq!(end.text.as_deref(), Some("echo: hi there"));
    assert_eq!(end.session_id, session.session_id);
    assert_eq!(
        (end.tokens.input, end.tokens.output),
        (Some(12313), Some(7))
    );
    assert_eq!(end.cost(), Some(0.049_392));
    assert_eq!(end.duration, Some(Duration::from_millis(135)));
    assert_eq!(end.num_turns, Some(1));
    let used = &end.models["claude-opus-5-5"];
    assert_eq!(used.context_window, Some(1_000_000));
}

#[test]
fn a_tool_that_is_allowed() {
    for name in [
        "02-hooks-bash-allowed",
        "04-hooks-write-acceptEdits",
        "21-perm-mcp-allow",
        "24-pretooluse-allow",
        "25-permissionrequest-hook-allow",
        "33-bypass-IS_SANDBOX",
    ] {
        let events = situation(name);
        let (started, ended) = (started(&events), ended(&events));
        assert_eq!((started.len(), ended.len()), (1, 1), "{name}");
        assert_eq!(started[0].id, ended[0].id, "{name}");
        assert!(!ended[0].is_error && ended[0].not_run.is_none(), "{name}");
        assert!(
            end(&events).has_succeeded() && end(&events).denied.is_empty(),
            "{name}"
        );
    }
    let events = situation("02-hooks-bash-allowed");
    assert_eq!(started(&events)[0].name, "Bash");
    assert_eq!(started(&events)[0].input["command"], "echo hello-from-tool");
    assert_eq!(ended(&events)[0].text, "hello-from-tool");
    assert_eq!(
        texts(&events),
        ["Running a command.", "done: hello-from-tool"]
    );
}

#[test]
fn a_tool_that_is_denied() {
    for (name, why) in [
        ("03-hooks-write-denied-default", "user-rejected"),
        ("22-perm-mcp-deny", "permission-rule"),
        ("23-pretooluse-deny", "permission-rule"),
        ("31-dontAsk", "permission-rule"),
    ] {
        let events = situation(name);
        let ended = ended(&events);
        assert_eq!(ended[0].not_run.as_deref(), Some(why), "{name}");
        assert!(ended[0].is_error, "{name}");
        // The turn continues, and succeeds.
        assert!(end(&events).has_succeeded(), "{name}");
    }
    let events = situation("31-dontAsk");
    assert_eq!(end(&events).denied[0].tool, "Write");
    assert_eq!(end(&events).denied[0].input["content"], "x");
    assert!(events.iter().any(
        |event| matches!(event, Event::NotAllowed(tool) if tool.tool == "Write"
            && tool.tool_use_id.as_deref() == Some("toolu_00003"))
    ));
}

#[test]
fn a_command_that_fails() {
    let events = situation("07-bash-fail");
    let [failed] = ended(&events)[..] else {
        panic!("{events:?}")
    };
    assert!(failed.is_error);
    assert_eq!(failed.not_run, None);
    assert_eq!(failed.text, "Exit code 3");
}

#[test]
fn a_session_that_goes_on() {
    let events = situation("05-resume");
    assert_eq!(
        session(&events),
        Some("11111111-1111-4111-8111-111111111111")
    );
    let end = end(&events);
    assert_eq!(end.text.as_deref(), Some("echo: second turn"));
    // The cost of the session exceeds the cost of this turn.
    assert_eq!(end.session_cost, Some(0.14896));
    assert!(end.cost().unwrap() < 0.05);
    let forked = situation("34-fork");
    assert_eq!(
        session(&forked),
        Some("d354f5c7-82e2-4e57-a715-49af0c7aa107")
    );
}

#[test]
fn s12_a_session_that_is_not_there() {
    let events = situation("13-resume-unknown");
    let end = end(&events);
    assert!(end.session_is_unknown() && !end.has_succeeded());
    assert_eq!(end.subtype.as_deref(), Some("error_during_execution"));
    assert!(
        !situation("29-api-401")
            .iter()
            .any(|event| matches!(event, Event::Finished(end) if end.session_is_unknown()))
    );
}

#[test]
fn a_reply_in_pieces() {
    let events = situation("06-partial");
    let mut pieces = String::new();
    for event in &events {
        if let Event::TextDelta(delta) = event {
            assert_eq!(delta.message_id.as_deref(), Some("msg_00002"));
            assert_eq!(delta.parent, None);
            pieces.push_str(&delta.text);
        }
    }
    assert_eq!(texts(&events), [pieces]);
    assert!(events.contains(&Event::State("requesting".to_owned())));
}

#[test]
fn a_conversation_is_made_shorter() {
    let events = situation("08-compact");
    let steps: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Compaction(step) => Some(step),
            _ => None,
        })
        .collect();
    assert_eq!(
        steps,
        [
            &CompactionStep::Started,
            &CompactionStep::Ended(Ok(())),
            &CompactionStep::Boundary {
                trigger: Some("manual".to_owned()),
                before: Some(12434),
                after: Some(2649),
            },
        ]
    );
    let end = end(&events);
    assert_eq!(end.local_command.as_deref(), Some("compact"));
    assert!(end.has_succeeded());
}

#[test]
fn the_models_server_fails() {
    for (name, status, kind) in [
        ("28-api-400", 400, "unknown"),
        ("29-api-401", 401, "authentication_failed"),
    ] {
        let events = situation(name);
        let end = end(&events);
        // The CLI calls this result a success.
        assert_eq!(end.subtype.as_deref(), Some("success"), "{name}");
        assert!(!end.has_succeeded(), "{name}");
        assert_eq!(end.api_error_status, Some(status), "{name}");
        // The text describes the failure, and is no answer.
        assert!(texts(&events).is_empty(), "{name}");
        let error = events.iter().find_map(|event| match event {
            Event::Text(text) => text.api_error.clone(),
            _ => None,
        });
        assert_eq!(
            error,
            Some(ModelApiError {
                status: Some(status),
                kind: Some(kind.to_owned()),
            }),
            "{name}"
        );
    }
}

#[test]
fn the_models_server_is_overloaded_for_a_while() {
    let events = situation("30-overload-retry");
    assert!(events.contains(&Event::ApiRetry(ApiRetry {
        attempt: Some(1),
        max: Some(10),
        pause: Some(Duration::from_millis(595)),
        error: ModelApiError {
            status: Some(529),
            kind: Some("overloaded".to_owned()),
        },
    })));
    assert!(end(&events).has_succeeded());
    assert!(end(&situation("09-api-error")).has_succeeded());
}

#[test]
fn a_helper_works_in_the_background() {
    let events = situation("11-subagent");
    let [first, second] = ends(&events)[..] else {
        panic!("{events:?}")
    };
    assert!(!first.is_follow_up() && second.is_follow_up());
    assert_eq!((first.index, second.index), (Some(0), Some(1)));
    assert_eq!(started(&events)[0].name, "Agent");
    let helper = started(&events)[0].id.clone();
    // A helper's text is not the answer.
    assert!(events.iter().any(|event| matches!(event, Event::Text(text)
        if text.parent.as_ref() == Some(&helper) && text.text == "echo: say hi")));
    let tasks: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::BackgroundTasks(tasks) => Some(tasks.len()),
            _ => None,
        })
        .collect();
    assert_eq!(tasks, [1, 0]);
    assert!(events.iter().any(|event| matches!(event, Event::Task(task)
        if task.tool_use_id.as_ref() == Some(&helper)
            && matches!(&task.step, TaskStep::Ended { status: Some(status), .. } if status == "completed"))));
    // The helper's tokens are included.
    assert!(first.models["claude-opus-5-5"].tokens.input > first.tokens.input);
}

#[test]
fn a_result_alone() {
    let events = situation("10-json");
    assert_eq!(end(&events).text.as_deref(), Some("echo: hi"));
}

#[test]
fn a_stop_hook_that_goes_on_and_on() {
    let events = situation("26-stop-block");
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::UserText(said)
        if said.synthetic && said.text == "Stop hook feedback:\nplease continue once"))
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Notice(notice)
        if notice.text.starts_with("stop hook problem")))
    );
    assert!(end(&situation("27-ups-context")).has_succeeded());
}
