//! Checks that no output of the Claude Code CLI, in pieces of any size, causes a failure or a lost line.
#![no_main]

use baton_agents::claude::events::{ControlRequestKind, Event, StreamReader};
use baton_agents::claude::outgoing;
use baton_agents::claude::questions::Questions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((cut, bytes)) = data.split_first() else {
        return;
    };
    let whole = read(StreamReader::default(), [bytes]);
    let pieces = bytes.chunks(usize::from(*cut) + 1);
    assert_eq!(
        format!("{whole:?}"),
        format!("{:?}", read(StreamReader::default(), pieces.clone()))
    );

    // Every line that is not empty leads to an event.
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    assert!(whole.len() >= lines.count());

    // A short limit drops only long lines, and reports each of them.
    let short = read(StreamReader::with_limit(usize::from(*cut)), pieces);
    let longest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
    if longest.unwrap_or_default() <= usize::from(*cut) {
        assert_eq!(short.len(), whole.len());
    }

    for event in whole {
        answer(&event);
    }
});

fn read<'a>(mut reader: StreamReader, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(reader.push(piece));
    }
    events.extend(reader.finish());
    events
}

/// Checks that the answer to a request of the CLI is one line.
fn answer(event: &Event) {
    let Event::Request(request) = event else {
        return;
    };
    let id = &request.request_id;
    let line = match &request.ask {
        ControlRequestKind::Tool(tool) => {
            if let Some(questions) = Questions::of(tool) {
                let answers = vec![vec!["yes".to_owned()]; questions.questions.len()];
                let answered = questions.answered(&answers).unwrap();
                assert_eq!(outgoing::allow(id, &answered, &[]).lines().count(), 1);
            }
            outgoing::allow(id, &tool.input, &tool.suggestions)
        }
        ControlRequestKind::Hook { .. } => outgoing::hook_continue(id),
        ControlRequestKind::Other { subtype, .. } => outgoing::refuse(id, subtype),
    };
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains(['\u{2028}', '\u{2029}', '\r']));
    serde_json::from_str::<serde_json::Value>(&line).unwrap();
}
