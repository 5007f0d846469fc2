//! A model's reasoning is shown as such, and is not part of its reply.

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::Reply;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::{Answer, ModelServer, choice, delta, event, stop_delta};
use serde_json::json;

use super::{agent, settings};

/// The result of an answer: the reply, the text shown during the turn, and the activities.
async fn made_of(answer: Answer) -> (Reply, String, Vec<Activity>) {
    let server = ModelServer::start().await;
    server.next(answer);
    let mut run = AgentRun::start(&agent(settings(&server)), turn("hello"));
    run.heard_out().await;
    let (said, activities) = (run.so_far().to_owned(), run.activities().to_vec());
    (run.end().await.unwrap(), said, activities)
}

/// Asserts the reasoning and the reply, and that both were shown as such.
async fn shows(answer: Answer, thought: &str, said: &str) {
    let (reply, seen, activities) = made_of(answer).await;
    assert_eq!(reply.text, said);
    assert_eq!(seen, said);
    assert_eq!(activities.len(), 1, "{activities:?}");
    assert_eq!(activities[0].title, "Thinking");
    assert_eq!(activities[0].detail, thought);
    assert_eq!(activities[0].state, ActivityState::Done);
}

#[tokio::test]
async fn s102_reasoning_beside_the_content_is_thinking() {
    for field in ["reasoning_content", "reasoning"] {
        let thinks = |text: &str| choice(&json!({"delta": {"content": "", (field): text}}));
        let stream = [
            thinks("Hm, "),
            thinks("four."),
            delta("Four."),
            stop_delta(),
        ];
        shows(Answer::pieces(stream), "Hm, four.", "Four.").await;
        let whole = json!({"choices": [{
            "message": {"content": "Four.", (field): "Hm, four."}, "finish_reason": "stop",
        }]});
        let whole = Answer::response(200, "application/json", whole.to_string());
        shows(whole, "Hm, four.", "Four.").await;
    }
    // Some servers send the reasoning twice, and some in parts.
    let twice = json!({"delta": {"reasoning": "Hm.", "reasoning_content": "Hm."}});
    let stream = [choice(&twice), delta("Four."), stop_delta()];
    shows(Answer::pieces(stream), "Hm.", "Four.").await;
    let parts = json!({"delta": {"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "Four."},
    ]}});
    shows(
        Answer::pieces([choice(&parts), stop_delta()]),
        "Hm.",
        "Four.",
    )
    .await;
}

#[tokio::test]
async fn s102_thinking_in_tags_is_thinking_wherever_it_is_cut() {
    let whole = "\n<think>\nHm, <b>four</b>.\n</think>\n\nFour <b>it</b> is: `<think>`.";
    for size in [1, 2, 3, 7, 100] {
        let letters: Vec<_> = whole.chars().collect();
        let pieces = letters
            .chunks(size)
            .map(|piece| delta(&piece.iter().collect::<String>()));
        let stream = pieces.chain([stop_delta(), event("[DONE]")]);
        let said = "Four <b>it</b> is: `<think>`.";
        shows(Answer::pieces(stream), "Hm, <b>four</b>.", said).await;
    }
    shows(
        Answer::plain(whole),
        "Hm, <b>four</b>.",
        "Four <b>it</b> is: `<think>`.",
    )
    .await;
}

#[tokio::test]
async fn s102_thinking_whose_beginning_is_in_the_prompt_is_no_part_of_the_reply() {
    let (reply, _, activities) = made_of(Answer::text("Hm, four.\n</think>\n\nFour.")).await;
    assert_eq!(reply.text, "Four.");
    assert_eq!(activities[0].detail, "Hm, four.");
    let code = "So:\n```\n</think>\n```\nDone.";
    assert_eq!(made_of(Answer::text(code)).await.0.text, code);
}

#[tokio::test]
async fn words_that_are_no_thinking_stay() {
    for text in ["<thin air>", "<", "a <think> b </think> c", "  so"] {
        let (reply, said, activities) = made_of(Answer::text(text)).await;
        assert_eq!(reply.text, text);
        assert_eq!(said, text);
        assert!(activities.is_empty());
    }
}

#[tokio::test]
async fn s102_one_closing_tag_may_end_thinking_that_began_in_the_prompt() {
    for (text, thought, said) in [
        ("Hm, four.\n</think>\nFour.", "Hm, four.", "Four."),
        ("Hm, four\n</think>\n\nFour.", "Hm, four", "Four."),
        ("So I say:\n</think>\n\nFour.", "So I say:", "Four."),
        ("嗯，四。\n</think>\n四。", "嗯，四。", "四。"),
        ("Hm.\n[/THINK]\r\n\r\nFour.", "Hm.", "Four."),
        // Only the first closing tag counts.
        (
            "Hm.\n</think>\n\nIt is:\n\n</think>\n\nSo.",
            "Hm.",
            "It is:\n\n</think>\n\nSo.",
        ),
    ] {
        let (reply, _, activities) = made_of(Answer::text(text)).await;
        assert_eq!(reply.text, said, "{text}");
        assert_eq!(activities[0].detail, thought, "{text}");
    }
    let (reply, ..) = made_of(Answer::text("</think>\n\nFour.")).await;
    assert_eq!(reply.text, "Four.");
}

#[tokio::test]
async fn s102_a_closing_tag_that_an_answer_is_about_is_a_part_of_it() {
    for text in [
        "To end its thinking, a model writes\n</think>\nand then the answer.",
        "It thinks within `<think>`, and ends with\n\n</think>\n\nThen it answers.",
        "The tags are these.\n<think>\n</think>\nThat is all.",
        "It ends with `</think>`.\n\n</think>\n\nThen it answers.",
        "It writes:\n\n    </think>\n\nThen it answers.",
        "It ends with\n</think>",
    ] {
        let (reply, _, activities) = made_of(Answer::text(text)).await;
        assert_eq!(reply.text, text);
        assert!(activities.is_empty(), "{text}: {activities:?}");
    }
    // The reasoning is already complete.
    let said = "It ends so.\n</think>\n\nThen it answers.";
    let (reply, ..) = made_of(Answer::text(&format!("<think></think>\n\n{said}"))).await;
    assert_eq!(reply.text, said);
    let tagged = format!("<think>\nHm.\n</think>\n\n{said}");
    shows(Answer::text(&tagged), "Hm.", said).await;
    let thinks = choice(&json!({"delta": {"reasoning_content": "Hm."}}));
    shows(
        Answer::pieces([thinks, delta(said), stop_delta()]),
        "Hm.",
        said,
    )
    .await;
}
