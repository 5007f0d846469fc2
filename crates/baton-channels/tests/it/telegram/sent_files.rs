//! The files of a reply.

use baton_testkit::scripted_agent::{Abilities, scripted_with};
use baton_testkit::telegram::Fault;
use serde_json::Value;

use super::bot::{Bot, texts};

pub(super) const WITH_FILES: Abilities = Abilities {
    can_steer: false,
    wants_history: false,
    handles_files: true,
};

#[tokio::test]
async fn an_empty_file_is_left_out_and_people_are_told() {
    let (agent, mut script) = scripted_with(WITH_FILES);
    let bot = Bot::started(agent).await;
    bot.say("make files");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("empty.txt"), "").unwrap();
    std::fs::write(outbox.join("full.txt"), "words").unwrap();
    turn.reply("Here they are.");
    let said = bot.said(2).await;
    let names: Vec<_> = said[0].files.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["full.txt"]);
    assert_eq!(texts(&said)[1], "Not sent: empty.txt is empty.");
    bot.until_settled().await;
    assert!(bot.store.dead(1).await.unwrap().is_empty());
}

#[tokio::test]
async fn files_for_a_topic_that_was_switched_off_do_not_stay_in_the_main_chat() {
    let (agent, mut script) = scripted_with(WITH_FILES);
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(outbox.join(name), "secret").unwrap();
    }
    bot.telegram.set_forum(bot.group, false);
    turn.reply("secret of the topic");
    bot.telegram
        .until_said(bot.group, |message| {
            message.text.contains("topics of this group")
        })
        .await;
    let said = bot.telegram.bot_messages(bot.group);
    assert!(said.iter().all(|it| it.files.is_empty()), "{said:?}");
}

#[tokio::test]
async fn files_of_many_pieces_arrive_whole_also_in_the_second_form_of_their_message() {
    let (agent, mut script) = scripted_with(WITH_FILES);
    let bot = Bot::started(agent).await;
    bot.say("make files");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    let content = |number: usize| "0123456789".repeat(100_000 + number).into_bytes();
    for number in 0..2 {
        std::fs::write(outbox.join(format!("{number}.txt")), content(number)).unwrap();
    }
    let refused = "Bad Request: can't parse entities: wrong entity at byte offset 0";
    let fault = Fault::Error(400, refused, Value::Null);
    bot.telegram.fail_next("sendMediaGroup", 1, fault);
    turn.reply("**Here** they are.");
    let said = bot.said(2).await;
    for (number, message) in said.iter().enumerate() {
        let is_whole = message.files[0].bytes == content(number);
        assert!(is_whole, "{} bytes", message.files[0].bytes.len());
    }
    assert_eq!(texts(&said), ["", "Here they are."]);
}
