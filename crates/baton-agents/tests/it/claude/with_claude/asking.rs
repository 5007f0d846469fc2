//! Permission requests to people.

use std::path::Path;

use baton_core::activity::ActivityState;
use baton_core::approval::{Verdict, Wants};
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::Answer;
use serde_json::{Value, json};

use super::Bed;

fn write(file: &Path) -> Value {
    json!({"file_path": file, "content": "written"})
}

fn denied(reason: &str) -> Verdict {
    Verdict::Denied {
        reason: reason.to_owned(),
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_write_waits_until_people_allow_it() {
    let bed = Bed::new().await;
    let file = bed.file("note");
    bed.api.next(Answer::tool("Write", write(&file)));
    bed.api.next(Answer::text("done"));
    let mut run = AgentRun::start(&bed.agent(), turn("write a note"));
    let (question, decided) = run.asked().await;
    assert_eq!(question.tool, "Write");
    assert!(question.title.contains("note"), "{}", question.title);
    assert_eq!(question.input["content"], "written");
    let grant = Some("Write".to_owned());
    assert_eq!(question.wants, Wants::Permission { grant });
    assert!(run.has_effects(), "that it acts is kept before it may");
    assert!(!file.exists());
    decided.send(Verdict::Allowed).unwrap();
    run.said("done").await;
    assert_eq!(run.activities()[0].state, ActivityState::Done);
    run.end().await.unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "written");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_is_denied_is_not_done_and_the_model_is_told_why() {
    let bed = Bed::new().await;
    let file = bed.file("note");
    bed.api.next(Answer::tool("Write", write(&file)));
    bed.api.next(Answer::text("as you like"));
    let mut run = AgentRun::start(&bed.agent(), turn("write a note"));
    let (_, decided) = run.asked().await;
    decided.send(denied("Denied by Ann: not today")).unwrap();
    run.said("as you like").await;
    assert_eq!(run.activities()[0].state, ActivityState::Denied);
    run.end().await.unwrap();
    assert!(!file.exists());
    let (_, told, error) = bed.api.asked()[1].tool_results().remove(0);
    assert!(error && told.contains("Denied by Ann: not today"), "{told}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_command_is_granted_as_it_is() {
    let bed = Bed::new().await;
    let input = json!({"command": "touch a", "description": "Make a file"});
    bed.api.next(Answer::tool("Bash", input));
    let mut run = AgentRun::start(&bed.agent(), turn("go"));
    let (question, decided) = run.asked().await;
    let grant = Some("Bash(touch a)".to_owned());
    assert_eq!(question.wants, Wants::Permission { grant });
    decided.send(denied("no")).unwrap();
    run.end().await.unwrap();
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn helpers_ask_side_by_side() {
    let bed = Bed::new().await;
    let work = bed.cli.work();
    bed.api.always(move |asked| {
        let said = asked.last_said();
        if let Some(name) = said.strip_prefix("write ") {
            return match asked.tool_results().len() {
                0 => Answer::tool("Write", write(&work.join(name))),
                _ => Answer::text("written"),
            };
        }
        if said == "both" && asked.tool_results().is_empty() {
            let helper = |name: &str| {
                let prompt = format!("write {name}");
                json!({"description": name, "prompt": prompt, "subagent_type": "general-purpose"})
            };
            return Answer::tool("Agent", helper("one")).and_tool("Agent", helper("two"));
        }
        Answer::text("sent")
    });
    let mut run = AgentRun::start(&bed.agent(), turn("both"));
    let asked = [run.asked().await, run.asked().await];
    // Both questions are open, and the order of the answers is free.
    for (question, decided) in asked.into_iter().rev() {
        let file = question.input["file_path"].as_str().unwrap();
        let verdict = if file.ends_with("one") {
            Verdict::Allowed
        } else {
            denied("no")
        };
        decided.send(verdict).unwrap();
    }
    run.end().await.unwrap();
    assert!(bed.file("one").exists() && !bed.file("two").exists());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn its_questions_are_answered() {
    let bed = Bed::new().await;
    let option = |label: &str| json!({"label": label, "description": format!("it is {label}")});
    let questions = json!({"questions": [
        {"question": "Which tea?", "header": "Tea", "multiSelect": false,
         "options": [option("green"), option("black")]},
        {"question": "With what?", "header": "With", "multiSelect": true,
         "options": [option("milk"), option("sugar")]},
    ]});
    bed.api.next(Answer::tool("AskUserQuestion", questions));
    bed.api.next(Answer::text("here you are"));
    let mut run = AgentRun::start(&bed.agent(), turn("tea, please"));
    let (question, decided) = run.asked().await;
    let Wants::Answers { choices } = question.wants else {
        panic!("{question:?}");
    };
    let [tea, with] = &choices[..] else {
        panic!("{choices:?}");
    };
    assert_eq!(
        (tea.header.as_str(), tea.text.as_str(), tea.several),
        ("Tea", "Which tea?", false)
    );
    assert_eq!(tea.options[0].label, "green");
    assert_eq!(tea.options[1].description, "it is black");
    assert!(with.several);
    let answers = ["black", "milk, sugar"].map(str::to_owned).to_vec();
    decided.send(Verdict::Answered(answers)).unwrap();
    run.end().await.unwrap();
    let (_, told, error) = bed.api.asked()[1].tool_results().remove(0);
    assert!(!error, "{told}");
    assert!(
        told.contains("black") && told.contains("milk, sugar"),
        "{told}"
    );
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_stop_ends_what_it_asks() {
    let bed = Bed::new().await;
    let file = bed.file("note");
    bed.api.next(Answer::tool("Write", write(&file)));
    let mut run = AgentRun::start(&bed.agent(), turn("write a note"));
    let (_, decided) = run.asked().await;
    run.stop();
    run.end().await.unwrap();
    assert!(decided.is_closed());
    assert!(!file.exists());
}
