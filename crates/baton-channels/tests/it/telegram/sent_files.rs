//! The files of a reply.

use baton_testkit::scripted_agent::{Abilities, scripted_with};

use super::bot::Bot;

const WITH_FILES: Abilities = Abilities {
    can_steer: false,
    wants_history: false,
    handles_files: true,
};

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
