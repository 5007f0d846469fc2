//! Answers with the status of success that tell no success.

use baton_core::approval::{Question, Wants};
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::Fault;
use serde_json::json;

use super::bot::Bot;
use super::bot::echo_agent;

#[tokio::test]
async fn a_refusal_with_the_status_of_success_is_a_refusal() {
    let bot = Bot::started(echo_agent()).await;
    let blocked = "Forbidden: bot was blocked by the user";
    let body = json!({ "ok": false, "error_code": 403, "description": blocked });
    bot.telegram.fail_next("sendMessage", 1, Fault::Body(body));
    bot.say("one");
    let reason = bot.until_dead().await.reason.unwrap_or_default();
    assert!(reason.contains("blocked"), "{reason}");
}

#[tokio::test]
async fn a_page_of_a_proxy_with_the_status_of_success_confirms_nothing() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(Question {
        tool: "shell".to_owned(),
        title: "Run `ls`".to_owned(),
        input: json!({ "command": "ls" }),
        wants: Wants::Permission { grant: None },
    });
    let asked = bot
        .telegram
        .until_said(bot.group, |message| !message.buttons().is_empty())
        .await;
    bot.telegram
        .fail_next("editMessageText", 1, Fault::Status(200));
    bot.telegram
        .press_label(bot.group, asked.id, bot.ann, "Allow");
    assert!(decided.await.is_ok());
    // The card shows the decision after another try.
    bot.telegram.until_asked("editMessageText", 2).await;
    turn.reply("done");
    bot.said(2).await;
}
