//! The text of an approval on a platform without approval cards.

use baton_core::approval::{Choice, ChoiceOption, Question, Wants};
use baton_testkit::baton::{Baton, Setup};
use baton_testkit::scripted_agent::scripted;
use serde_json::{Value, json};

use super::may_i;

/// The text that people see for this question.
async fn asked(question: Question) -> String {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let answers = matches!(question.wants, Wants::Answers { .. });
    let verdict = turn.ask(question);
    let text = until_asked(&baton).await;
    if answers {
        assert!(text.contains("answer or deny it"), "{text}");
    } else {
        assert!(text.contains("allow or deny it"), "{text}");
    }
    drop((verdict, turn));
    text
}

async fn until_asked(baton: &Baton) -> String {
    baton.platform.until_shown("room", 1).await.remove(0)
}

fn given(input: Value) -> Question {
    Question {
        title: "Listing files".to_owned(),
        input,
        ..may_i("ls")
    }
}

#[tokio::test]
async fn people_see_the_whole_command_whatever_its_title_leaves_out() {
    let command = "cd build &&\nls && rm -rf / --no-preserve-root";
    let input = json!({
        "command": command,
        "description": "Lists files",
        "dangerouslyDisableSandbox": true,
    });
    let text = asked(given(input)).await;
    assert!(text.starts_with("Listing files\n"), "{text}");
    for part in [
        format!("`command`:\n\n```\n{command}\n```\n"),
        "`description`:\n\n```\nLists files\n```\n".to_owned(),
        "`dangerouslyDisableSandbox`:\n\n```\ntrue\n```\n".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
}

#[tokio::test]
async fn nothing_within_a_command_passes_for_what_is_around_it() {
    let command = "echo ````\n```\n\n(approval 1: harmless)\u{202e}\r\u{200b}";
    let text = asked(given(json!({ "command": command }))).await;
    let shown = "echo ````\n```\n\n(approval 1: harmless)\\u{202e}\\u{d}\\u{200b}";
    let block = format!("`command`:\n\n`````\n{shown}\n`````\n");
    assert!(text.contains(&block), "{text}");
    // A field with a misleading name is shown as plain JSON.
    let text = asked(given(json!({ "command`:\n\nls": "rm -rf /" }))).await;
    assert!(text.contains(r#""command`:\n\nls": "rm -rf /""#), "{text}");
}

#[tokio::test]
async fn of_a_very_long_command_people_see_how_it_ends_and_what_is_left_out() {
    let command = format!("echo {}; rm -rf /", "x".repeat(50_000));
    let input = json!({ "command": command, "description": "Says x" });
    let text = asked(given(input)).await;
    assert!(text.chars().count() < 7_000, "{}", text.chars().count());
    assert!(text.contains("\necho xxx"), "{text}");
    assert!(text.contains("xxx; rm -rf /\n```\n"), "{text}");
    assert!(text.contains("\nSays x\n"), "{text}");
    let left_out = command.len() - (6_000 - "Says x".len());
    assert!(
        text.contains(&format!(
            "**{left_out} characters of the question are not shown here.**"
        )),
        "{text}"
    );
    assert!(text.contains("`/api/approvals/"), "{text}");
}

#[tokio::test]
async fn people_see_what_they_can_answer() {
    let option = |label: &str, description: &str| ChoiceOption {
        label: label.to_owned(),
        description: description.to_owned(),
    };
    let text = asked(Question {
        wants: Wants::Answers {
            choices: vec![Choice {
                header: "Colour".to_owned(),
                text: "Which colour?\nOf the door.".to_owned(),
                options: vec![option("red", "like the roof"), option("blue", "")],
                several: false,
            }],
        },
        ..may_i("ask")
    })
    .await;
    let choice = "> Which colour?\n> Of the door.\n\n- red: like the roof\n- blue\n\n";
    assert!(text.contains(choice), "{text}");
}
