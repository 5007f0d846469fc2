use baton_testkit::agent_run::turn;

use super::*;

fn joined_arguments(settings: &ClaudeSettings, turn: &Turn, origin: &SessionOrigin) -> String {
    let arguments = build_arguments(settings, turn, origin);
    arguments.join(" ").replace(&COMMON_OPTIONS.join(" "), "…")
}

#[test]
fn what_is_not_configured_is_left_to_the_cli() {
    let settings = ClaudeSettings::new("claude");
    assert_eq!(
        joined_arguments(&settings, &turn("hello"), &SessionOrigin::Fresh),
        "…"
    );
}

#[test]
fn all_that_is_configured_is_said() {
    let settings = ClaudeSettings {
        args: vec!["--effort".to_owned(), "low".to_owned()],
        model: Some("large".to_owned()),
        permission_mode: Some("plan".to_owned()),
        allowed_tools: vec!["Read".to_owned(), "Bash(git *)".to_owned()],
        disallowed_tools: vec!["WebFetch".to_owned()],
        system_prompt: Some("Be brief.".to_owned()),
        ..ClaudeSettings::new("claude")
    };
    let mut turn = turn("hello");
    turn.persona.system_prompt = Some("You are Ada.".to_owned());
    let resume = SessionOrigin::Resume("s-1".into());
    assert_eq!(
        joined_arguments(&settings, &turn, &resume),
        "--allowedTools Read Bash(git *) --disallowedTools WebFetch … --model large \
         --permission-mode plan --append-system-prompt Be brief.\n\nYou are Ada. --effort low \
         --resume s-1"
    );
}

#[test]
fn the_conversations_model_goes_before() {
    let settings = ClaudeSettings {
        model: Some("large".to_owned()),
        ..ClaudeSettings::new("claude")
    };
    let mut turn = turn("hello");
    turn.claim.model = Some("small".to_owned());
    let fork = SessionOrigin::Fork("s-1".into());
    assert_eq!(
        joined_arguments(&settings, &turn, &fork),
        "… --model small --resume s-1 --fork-session"
    );
}

#[test]
fn a_turn_that_was_cut_off_is_told() {
    let mut turn = turn("go on");
    assert_eq!(build_prompt(&turn), "go on");
    turn.claim.interrupted = true;
    assert_eq!(build_prompt(&turn), format!("{CUT_OFF}\n\ngo on"));
}

#[test]
fn a_file_of_an_earlier_message_is_its_to_read_without_a_question() {
    let settings = ClaudeSettings::new("claude");
    let mut turn = turn("what did the report say?");
    turn.files.kept = Some("/files/a/kept".into());
    assert_eq!(
        joined_arguments(&settings, &turn, &SessionOrigin::Fresh),
        "--add-dir /files/a/kept …"
    );
    // A kept child with that folder in its arguments can answer the turn.
    let next = build_common_arguments(&settings, &turn);
    turn.files.received = vec![baton_core::files::Received {
        path: "/files/a/kept/1-report.txt".into(),
        name: "report.txt".to_owned(),
        size: 7,
        root: "/files".into(),
        is_heard: false,
    }];
    assert_eq!(build_common_arguments(&settings, &turn), next);
}
