//! Lines that are incomplete, too long, new, or invalid.

use baton_agents::claude::events::{Event, MalformedLine, StreamReader};

use super::{events, recorded, situation};

fn malformed(event: &Event) -> MalformedLine {
    match event {
        Event::Malformed { why, .. } => *why,
        other => panic!("read as {other:?}"),
    }
}

#[test]
fn a_stream_says_the_same_wherever_it_is_cut() {
    let text = recorded("06-partial");
    let whole = situation("06-partial");
    for size in [1, 7, 4096] {
        let mut reader = StreamReader::default();
        let mut events = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            events.extend(reader.push(piece));
        }
        events.extend(reader.finish());
        assert_eq!(events, whole, "in pieces of {size} bytes");
    }
}

#[test]
fn a_stream_that_stops_in_the_middle() {
    let mut reader = StreamReader::default();
    assert_eq!(
        reader
            .push(b"{\"type\":\"keep_alive\"}\n{\"type\":\"res")
            .len(),
        1
    );
    assert_eq!(malformed(&reader.finish()[0]), MalformedLine::CutOff);
    // The last line may lack its line end.
    assert!(matches!(
        events("{\"type\":\"result\"}")[..],
        [Event::Finished(_)]
    ));
    assert!(StreamReader::default().finish().is_empty());
}

#[test]
fn a_line_that_is_too_long_is_told_once_and_the_next_one_is_read() {
    let mut reader = StreamReader::with_limit(100);
    let mut events = Vec::new();
    for _ in 0..100 {
        events.extend(reader.push(b"{\"type\":\"xxxxxxxxxxxx"));
    }
    events.extend(reader.push(b"\"}\r\n\n{\"type\":\"keep_alive\"}\r\n"));
    let [long, Event::Quiet { kind }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(malformed(long), MalformedLine::TooLong);
    assert_eq!(kind, "keep_alive");
}

#[test]
fn what_is_no_line_of_the_protocol() {
    for (line, why) in [
        ("Error: no space left\n", MalformedLine::NotJson),
        ("{\"type\":\n", MalformedLine::NotJson),
        ("[1]\n", MalformedLine::NotAnObject),
        ("null\n", MalformedLine::NotAnObject),
    ] {
        assert_eq!(malformed(&events(line)[0]), why, "{line}");
    }
    let nested = "[".repeat(100_000);
    assert_eq!(
        malformed(&events(&format!("{nested}\n"))[0]),
        MalformedLine::NotJson
    );
}

#[test]
fn what_is_no_text_is_read_all_the_same() {
    let mut reader = StreamReader::default();
    let events = reader.push(b"{\"type\":\"result\",\"result\":\"a\xff\xfeb\"}\n");
    assert!(
        matches!(&events[..], [Event::Finished(end)] if end.text.as_deref() == Some("a\u{fffd}\u{fffd}b"))
    );
}

#[test]
fn half_a_character_does_not_lose_the_line() {
    let [Event::Finished(end)] = &events(r#"{"type":"result","result":"cut \ud83d"}"#)[..] else {
        panic!("lost")
    };
    assert_eq!(end.text.as_deref(), Some("cut \u{fffd}"));
}

#[test]
fn new_things_are_told_and_not_lost() {
    for line in [
        r#"{"type":"surprise"}"#,
        r#"{"subtype":"init"}"#,
        r#"{"type":"system"}"#,
        r#"{"type":"system","subtype":"surprise"}"#,
        r#"{"type":"stream_event"}"#,
        r#"{"type":"stream_event","event":{"type":"surprise"}}"#,
        r#"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"surprise"}}}"#,
        r#"{"type":"assistant"}"#,
        r#"{"type":"assistant","message":{"content":[{"type":"surprise"}]}}"#,
        r#"{"type":"assistant","message":{"content":[{"type":"tool_use","name":"no id"}]}}"#,
        r#"{"type":"user","message":{"content":7}}"#,
        r#"{"type":"control_request","request":{"subtype":"can_use_tool"}}"#,
        r#"{"type":"control_response","response":{}}"#,
        r#"{"type":"control_cancel_request"}"#,
        r#"{"type":"rate_limit_event"}"#,
    ] {
        assert!(
            matches!(&events(line)[..], [Event::Unknown { excerpt, .. }] if line.contains(&**excerpt)
            || excerpt.contains("surprise") || excerpt.contains("no id")),
            "{line}: {:?}",
            events(line)
        );
    }
}

#[test]
fn every_field_may_be_absent_or_of_another_kind() {
    for (kind, line) in [
        ("a result", r#"{"type":"result"}"#),
        (
            "a result",
            r#"{"result":7,"is_error":"no","usage":[],"type":"result","num_turns":-1,"errors":{}}"#,
        ),
        (
            "a session",
            r#"{"type":"system","subtype":"init","tools":{},"mcp_servers":[7]}"#,
        ),
        (
            "a boundary",
            r#"{"type":"system","subtype":"compact_boundary"}"#,
        ),
        (
            "a retry",
            r#"{"type":"system","subtype":"api_retry","attempt":"one"}"#,
        ),
        (
            "no tasks",
            r#"{"type":"system","subtype":"background_tasks_changed"}"#,
        ),
    ] {
        let events = events(line);
        assert!(
            !super::is_lost(&events[0]) && events.len() == 1,
            "{kind}: {events:?}"
        );
    }
}

#[test]
fn rare_lines() {
    let limit = r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795224257.0,"rateLimitType":"five_hour","utilization":1.0}}"#;
    let [Event::RateLimit(limit)] = &events(limit)[..] else {
        panic!("no limit")
    };
    assert!(limit.is_rejected());
    assert_eq!(limit.resets_at, Some(1_795_224_257));
    assert_eq!(
        events(r#"{"type":"conversation_reset","new_conversation_id":"n","trigger":"clear"}"#),
        [Event::SessionChanged {
            session_id: "n".to_owned()
        }]
    );
    let failed = r#"{"type":"system","subtype":"hook_response","hook_name":"Stop","stderr":"boom","exit_code":1,"outcome":"error"}"#;
    assert!(
        matches!(&events(failed)[..], [Event::Notice(notice)] if notice.text == "Stop failed: boom")
    );
    let parts = r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"seen"},{"type":"image","source":{}}]}]}}"#;
    assert!(matches!(&events(parts)[..], [Event::ToolEnded(tool)] if tool.text == "seen\n[image]"));
    let thinking = r#"{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"so"},{"type":"tool_use","id":"t","name":"Read"}]}}"#;
    let said = events(thinking);
    assert!(matches!(
        &said[..],
        [
            Event::Thinking { .. },
            Event::Text(_),
            Event::ToolStarted(_)
        ]
    ));
    assert!(!format!("{said:?}").contains("hm"));
}
