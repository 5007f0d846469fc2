//! Approvals that are too long for a decision.

use baton_core::approval::{Question, Verdict};
use baton_testkit::baton::Setup;
use baton_testkit::scripted_agent::scripted;
use serde_json::json;

use super::{decide, deny, may_i, open, questions};

#[tokio::test]
async fn what_nobody_can_read_is_denied_and_the_agent_told_why() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let input = json!({ "content": "x".repeat(2 * 1024 * 1024) });
    let verdict = turn.ask(Question {
        input,
        ..may_i("write")
    });
    let Verdict::Denied { reason } = verdict.await.unwrap() else {
        panic!("it was allowed");
    };
    assert!(reason.contains("use smaller steps"), "{reason}");
    turn.reply("done");
    baton.settled().await;
    assert_eq!(questions(&baton), 0);
}

#[tokio::test]
async fn a_title_is_no_longer_than_can_be_shown() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i(&"x".repeat(10_000)));
    let [asked] = &open(&baton, 1).await[..] else {
        panic!("one question is open");
    };
    let title = &asked.question.title;
    assert_eq!(title.chars().count(), 501);
    assert!(title.ends_with('…'));
    decide(&baton, asked, deny("no")).await.unwrap();
    verdict.await.unwrap();
    turn.reply("done");
}
