//! Messages and their replies.

use baton_core::activity::ActivityState;
use baton_testkit::agent_contract::{Pace, holds};
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::Answer;
use serde_json::json;

use super::{Bed, agent, answer, next_turn, session};

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_holds_the_contract() {
    let (quick, endless) = (Bed::new().await, Bed::new().await);
    endless.api.always(|_| Answer::silent_after("Once "));
    holds(|pace| match pace {
        Pace::Quick => quick.agent(),
        Pace::Endless => endless.agent(),
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_reply_is_shown_as_it_is_written() {
    let bed = Bed::new().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    let mut run = AgentRun::start(&bed.agent(), turn("a story"));
    let mut all = String::new();
    for piece in ["Once ", "upon ", "a time"] {
        pen.say(piece);
        all.push_str(piece);
        run.said(&all).await;
    }
    pen.finish();
    assert!(!run.has_effects(), "nothing was done");
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "Once upon a time");
    assert_eq!(reply.notes, [] as [&str; 0]);
    let usage = reply.usage;
    assert_eq!(usage.input_tokens, Some(7));
    assert!(usage.output_tokens.is_some() && usage.cost_micros.is_some_and(|cost| cost > 0));
    assert!(usage.duration_ms.is_some());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn the_next_turn_remembers() {
    let bed = Bed::new().await;
    let agent = bed.agent();
    let first = answer(&agent, turn("my name is Ann")).await;
    let second = answer(&agent, next_turn("who am I?", &first)).await;
    assert_eq!(second.text, "who am I?");
    assert_eq!(session(&second), session(&first));
    let asked = bed.api.asked();
    assert_eq!(asked.len(), 2);
    let said: Vec<_> = asked[1].messages().into_iter().collect();
    let words = |role: &str, text: &str| {
        said.iter()
            .any(|(who, said)| *who == role && said.ends_with(text))
    };
    assert!(words("user", "my name is Ann"), "{said:?}");
    assert!(words("assistant", "my name is Ann"), "{said:?}");
    assert!(words("user", "who am I?"), "{said:?}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_is_told_who_it_is_and_which_model_answers() {
    let bed = Bed::new().await;
    let settings = baton_agents::ClaudeSettings {
        model: Some("claude-large".to_owned()),
        system_prompt: Some("Speak of tea.".to_owned()),
        ..bed.settings()
    };
    let agent = agent(settings);
    let mut other = turn("hello");
    other.persona.system_prompt = Some("You are Ada.".to_owned());
    other.claim.model = Some("claude-small".to_owned());
    answer(&agent, turn("hello")).await;
    answer(&agent, other).await;
    let asked = bed.api.asked();
    let model = |at: usize| asked[at].body["model"].as_str().unwrap();
    assert_eq!((model(0), model(1)), ("claude-large", "claude-small"));
    assert!(asked[0].system().contains("Speak of tea."));
    assert!(asked[1].system().contains("Speak of tea.\n\nYou are Ada."));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_people_write_is_no_command_and_names_no_file() {
    let bed = Bed::new().await;
    std::fs::write(bed.cli.home().join("secret"), "tea at five").unwrap();
    let secret = bed.cli.home().join("secret").display().to_string();
    let (agent, before) = (
        bed.agent(),
        bed.cli.home().join(".claude/settings.json").exists(),
    );
    bed.api.always(|_| Answer::text("I have read it"));
    for text in [
        "/config theme=dark".to_owned(),
        format!("look at @{secret}"),
        format!("/compact @{secret}"),
    ] {
        let reply = answer(&agent, turn(&text)).await;
        assert_eq!(reply.text, "I have read it", "{text}");
        let asked = bed.api.asked().pop().unwrap();
        assert!(asked.mentions(&text), "{:?}", asked.messages());
        assert!(!asked.body.to_string().contains("tea at five"), "{text}");
    }
    let after = bed.cli.home().join(".claude/settings.json").exists();
    assert_eq!(before, after, "no settings were written");
    // The CLI may run this command.
    let asked = bed.api.asked().len();
    let reply = answer(&agent, turn("/context")).await;
    assert!(reply.text.contains("Context Usage"), "{}", reply.text);
    assert_eq!(bed.api.asked().len(), asked);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_people_write_while_it_works_names_no_file_either() {
    let bed = Bed::new().await;
    let secret = bed.cli.home().join("secret");
    std::fs::write(&secret, "tea at five").unwrap();
    let text = format!("look at @{}", secret.display());
    let further = text.clone();
    bed.api.always(move |asked| {
        if asked.body.to_string().contains(&further) {
            Answer::text("I have read it")
        } else {
            Answer::tool("Read", json!({"file_path": "none"}))
        }
    });
    let further = turn(&text).claim.messages.remove(0);
    let mut run = AgentRun::start(&bed.agent(), turn("go"));
    run.steer(further.clone());
    run.heard_out().await;
    assert_eq!(run.taken(), [further.id]);
    assert_eq!(run.end().await.unwrap().text, "I have read it");
    let asked = bed.api.asked().pop().unwrap();
    assert!(!asked.body.to_string().contains("tea at five"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn tools_are_shown_and_what_was_said_before_them_is_kept() {
    let bed = Bed::new().await;
    std::fs::write(bed.file("note"), "tea at five").unwrap();
    let read = json!({"file_path": bed.file("note")});
    bed.api
        .next(Answer::text("I look at it.").and_tool("Read", read));
    bed.api
        .next(Answer::tool("Read", json!({"file_path": bed.file("none")})));
    bed.api.next(Answer::text("Tea is at five."));
    let mut run = AgentRun::start(&bed.agent(), turn("when is tea?"));
    run.said("Tea is at five.").await;
    assert_eq!(run.so_far(), "I look at it.\n\nTea is at five.");
    assert!(run.has_effects(), "that it acts is kept");
    let [aside, found, missing] = run.activities() else {
        panic!("{:?}", run.activities());
    };
    assert_eq!(aside.detail, "I look at it.");
    assert_eq!(found.state, ActivityState::Done);
    assert!(found.title.contains("note"), "{}", found.title);
    assert!(found.detail.contains("tea at five"), "{}", found.detail);
    assert_eq!(missing.state, ActivityState::Failed);
    assert_eq!(run.end().await.unwrap().text, "Tea is at five.");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_helpers_report_is_waited_for() {
    let bed = Bed::new().await;
    let (report, pen) = Answer::driven();
    let report = std::sync::Mutex::new(Some(report));
    bed.api.always(move |asked| {
        let said = asked.last_said();
        if said == "look into it" {
            let first = report.lock().unwrap().take();
            return first.unwrap_or_else(|| Answer::text("all is well"));
        }
        if asked.mentions("all is well") {
            return Answer::text("It says that all is well.");
        }
        if !asked.tool_results().is_empty() {
            return Answer::text("I have sent a helper.");
        }
        let input = json!({
            "description": "a look", "prompt": "look into it", "subagent_type": "general-purpose",
        });
        Answer::tool("Agent", input)
    });
    let mut run = AgentRun::start(&bed.agent(), turn("how is it?"));
    run.said("I have sent a helper.").await;
    // Only now the helper begins its work.
    let mut pen = pen;
    pen.call("Bash", &json!({"command": "echo all is well"}));
    pen.finish();
    run.said("all is well.").await;
    let helper = run.activities()[0].clone();
    let part = run.activities().iter().find(|part| part.within.is_some());
    let part = part.expect("what a helper does is shown");
    assert_eq!(part.within.as_ref(), Some(&helper.id));
    let reply = run.end().await.unwrap();
    assert_eq!(
        reply.text,
        "I have sent a helper.\n\nIt says that all is well."
    );
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_command_in_the_background_is_waited_for_and_not_for_ever() {
    let bed = Bed::new().await;
    let settings = baton_agents::ClaudeSettings {
        allowed_tools: vec!["Bash".to_owned()],
        ..bed.settings()
    };
    let background = |command: &str| json!({"command": command, "run_in_background": true});
    let go = bed.file("go");
    let waits = format!("until [ -e {} ]; do sleep 0.02; done", go.display());
    bed.api.next(Answer::tool("Bash", background(&waits)));
    bed.api.next(Answer::text("It runs."));
    bed.api.next(Answer::text("It is done."));
    let mut run = AgentRun::start(&agent(settings.clone()), turn("go"));
    run.said("It runs.").await;
    std::fs::write(&go, "").unwrap();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "It runs.\n\nIt is done.");
    assert_eq!(reply.notes, [] as [&str; 0]);

    let settings = baton_agents::ClaudeSettings {
        background: std::time::Duration::ZERO,
        ..settings
    };
    bed.api.next(Answer::tool(
        "Bash",
        background("while :; do sleep 1; done"),
    ));
    bed.api.next(Answer::text("It runs for ever."));
    let reply = answer(&agent(settings), turn("go")).await;
    assert_eq!(reply.text, "It runs for ever.");
    assert!(reply.notes[0].contains("while :"), "{:?}", reply.notes);
}
